"""Folds of a data set: each leaves out one of its interior snapshots, and has a name of its own.

Imports little, because every job reads the configuration.
"""

import re
from typing import NamedTuple

_FOLD = re.compile(r"(.+)-without-(\d+)")


def fold_name(dataset: str, fold: int) -> str:
    """Name of a data set without its k-th observed snapshot."""
    return f"{dataset}-without-{fold}"


class Fold(NamedTuple):
    """A data set, or a fold of it.

    Attributes:
        dataset: the whole data set.
        left_out: k of a fold without the k-th observed snapshot; None for the whole data set.
    """

    dataset: str
    left_out: int | None


def fold_of(name: str) -> Fold:
    """The fold, or the whole data set, of a name."""
    found = _FOLD.fullmatch(name)
    return Fold(found[1], int(found[2])) if found else Fold(name, None)


def interior(observed: int) -> range:
    """Indices of the observed snapshots that can be left out: all but the first and the last of K."""
    return range(1, observed - 1)

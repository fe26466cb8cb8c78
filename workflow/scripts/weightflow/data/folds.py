"""Folds of a data set: each leaves out one of its interior snapshots, and has a name of its own.

Light, because every job reads the configuration.
"""

import re

_FOLD = re.compile(r"(.+)-without-(\d+)")


def fold_name(dataset: str, fold: int) -> str:
    """Name of a data set without its k-th observed snapshot."""
    return f"{dataset}-without-{fold}"


def fold_of(name: str) -> tuple[str, int | None]:
    """(data set, k) of a fold's name; (name, None) of any other."""
    found = _FOLD.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, None)


def interior(observed: int) -> range:
    """Numbers of the observed snapshots that can be left out: all but the first and the last of K."""
    return range(1, observed - 1)

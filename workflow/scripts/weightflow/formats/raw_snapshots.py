"""Content of a file of snapshots in any format: times, states at each time, and names of the variables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError, shown
from weightflow.formats.settings import FileSettings

_LISTED = 12  # most names in a message


@dataclass(frozen=True)
class RawSnapshots:
    """Times, states and variables of a file.

    Attributes:
        times: (T,).
        states: T arrays (N_t, d).
        variables: d names.
        paired: row n is the same trajectory at every time.
    """

    times: np.ndarray
    states: list[np.ndarray]
    variables: list[str]
    paired: bool


def default_names(variables: int) -> list[str]:
    """Names x1, x2, … of variables that neither the file nor its settings name."""
    return [f"x{i + 1}" for i in range(variables)]


def listed(names: Iterable[Any]) -> str:
    """Names for messages; of many only the first."""
    names = [shown(name) for name in names]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more if names else "(none)"


def refuse_times(settings: FileSettings, where: str) -> None:
    """Refuse the key `times` for a file that has its own.

    Raises:
        InputError: the key is set.
    """
    if settings.times:
        raise InputError(f"{where}: the file has its own times in '{settings.time_column}'; remove the key times.")


def numeric_times(values: Sequence[Any] | np.ndarray, where: str) -> np.ndarray:
    """(n,) times of n states; text and categories are converted to numbers.

    Args:
        values: one for each state.
        where: the file and the key, for messages.

    Raises:
        InputError: the list is empty, or a time is missing or not a number.
    """
    given = pd.Series(np.asarray(values))
    if given.empty:
        raise InputError(f"{where} is empty; add states.")
    if given.isna().any():
        raise InputError(f"{where} has gaps; give every state its time.")
    if given.dtype.kind in "mM":
        raise InputError(f"{where} holds dates; write times as numbers, such as hours since the first.")
    times = pd.to_numeric(given, errors="coerce")
    if (wrong := times.isna()).any():
        raise InputError(f"{where} holds {shown(given[wrong].iloc[0])!r}, which is no number; write times as numbers.")
    return times.to_numpy(dtype=float)


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse repeated names of variables.

    Raises:
        InputError: a name is repeated.
    """
    repeated = pd.Index(names)[pd.Index(names).duplicated()]
    if len(repeated):
        raise InputError(f"{where}: the variable {shown(repeated[0])} is there twice; rename one of them.")


def first_names(names: Sequence[str], count: int, where: str) -> list[str]:
    """The first variables' names.

    Args:
        names: all of the file's.
        count: number of names.
        where: the file, for messages.

    Raises:
        InputError: the file has fewer variables.
    """
    if count > len(names):
        raise InputError(f"{where}: holds {len(names)} variables, and the key variables asks for {count}; lower it.")
    return list(names[:count])


def group_by_time(times: np.ndarray, states: np.ndarray, variables: Sequence[str]) -> RawSnapshots:
    """Group n states by their times into snapshots; states keep their order.

    Args:
        times: (n,).
        states: (n, d).
        variables: d names.
    """
    found, place = np.unique(times, return_inverse=True)
    order = np.argsort(place, kind="stable")
    cuts = np.cumsum(np.bincount(place, minlength=len(found)))[:-1]
    return RawSnapshots(found, np.split(states[order], cuts), list(variables), paired=False)


def join(parts: Sequence[RawSnapshots], names: Sequence[str]) -> RawSnapshots:
    """The raw snapshots of several files as one: at each time, the states of the first file, then those of the next.

    The result is paired if all files are paired and have the same times.

    Args:
        parts: at least one.
        names: of their files, for messages.

    Raises:
        InputError: the files do not have the same variables.
    """
    first, *others = parts
    if not others:
        return first
    for name, other in zip(names[1:], others, strict=True):
        if other.variables != first.variables:
            raise InputError(
                f"{name}: has the variables {listed(other.variables)}, and {names[0]} has "
                f"{listed(first.variables)}; files that are joined must agree."
            )
    if all(part.paired and np.array_equal(part.times, first.times) for part in parts):
        joined = [np.concatenate(together) for together in zip(*(part.states for part in parts), strict=True)]
        return RawSnapshots(first.times, joined, first.variables, paired=True)
    times = np.concatenate([np.repeat(part.times, [len(s) for s in part.states]) for part in parts])
    states = np.concatenate([snapshot for part in parts for snapshot in part.states])
    return group_by_time(times, states, first.variables)

"""What a file of snapshots holds, whatever its format: times, the states at each, and the variables' names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError


_MOST_LISTED = 12


@dataclass(frozen=True)
class Recording:
    """What a file holds.

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


def numeric_times(values: Sequence, where: str) -> np.ndarray:
    """(n,) times of n states, also of text and categories that are numbers.

    Args:
        values: one for each state.
        where: the file and the key, for messages.

    Raises:
        InputError: a time is missing or no number.
    """
    given = pd.Series(np.asarray(values))
    times = pd.to_numeric(given, errors="coerce")
    if given.isna().any():
        raise InputError(f"{where} has gaps; give every state its time.")
    if (wrong := times.isna()).any():
        raise InputError(f"{where} holds {str(given[wrong].iloc[0])!r}, which is no number; write times as numbers.")
    return times.to_numpy(dtype=float)


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse variables that cannot be told apart.

    Raises:
        InputError: naming the first name that is there twice.
    """
    repeated = pd.Index(names)[pd.Index(names).duplicated()]
    if len(repeated):
        raise InputError(f"{where}: the variable {repeated[0]} is there twice; rename one of them.")


def first_or_named(names: Sequence[str], wanted: Sequence[str] | int | None, where: str) -> list[int]:
    """Places of the variables to use, by the key `variables`: all, the first n, or those that are named.

    Args:
        names: all of the file's.
        wanted: the key.
        where: the file, for messages.

    Raises:
        InputError: there are fewer, or there is none of that name.
    """
    if wanted is None:
        return list(range(len(names)))
    if isinstance(wanted, int):
        if wanted > len(names):
            raise InputError(f"{where}: has {len(names)} variables, and the key variables asks for {wanted}; lower it.")
        return list(range(wanted))
    places = {name: i for i, name in enumerate(names)}
    if absent := [name for name in wanted if name not in places]:
        raise InputError(f"{where}: no variable '{absent[0]}'; the key variables may name {listed(names)}.")
    return [places[name] for name in wanted]


def listed(names: Iterable[Any]) -> str:
    """All of a few names, and the first of many."""
    names = [str(name) for name in names]
    shown = ", ".join(names[:_MOST_LISTED])
    return shown + (f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else "") if names else "(none)"


def group_by_time(times: np.ndarray, states: np.ndarray, variables: Sequence[str]) -> Recording:
    """Snapshots of n states that each have a time; within one, states keep their order.

    Args:
        times: (n,).
        states: (n, d).
        variables: d names.
    """
    found, place = np.unique(times, return_inverse=True)
    order = np.argsort(place, kind="stable")
    cuts = np.cumsum(np.bincount(place, minlength=len(found)))[:-1]
    return Recording(found, np.split(states[order], cuts), list(variables), paired=False)


def join(recordings: Sequence[Recording], names: Sequence[str]) -> Recording:
    """One recording of several files: at each time, the states of the first file, then those of the next.

    Args:
        recordings: at least one.
        names: of their files, for messages.

    Raises:
        InputError: the files do not have the same variables.
    """
    first, *others = recordings
    if not others:
        return first
    for name, other in zip(names[1:], others, strict=True):
        if other.variables != first.variables:
            raise InputError(
                f"{name}: has the variables {', '.join(other.variables)}, and {names[0]} has "
                f"{', '.join(first.variables)}; files that are joined must agree."
            )
    times = np.concatenate([np.repeat(r.times, [len(s) for s in r.states]) for r in recordings])
    states = np.concatenate([snapshot for r in recordings for snapshot in r.states])
    return group_by_time(times, states, first.variables)

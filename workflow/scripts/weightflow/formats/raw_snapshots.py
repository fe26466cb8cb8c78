"""Content of a file of snapshots in any format: times, states at each time, and names of the variables."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError, number, shown
from weightflow.formats.settings import FileSettings

_LISTED = 12  # most names in a message
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"  # a date, with or without the time of day
_WRITTEN = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}  # dates as whole numbers, by the number of digits
_YEARS = (1900, 2100)  # of dates as whole numbers
_DAY = 86_400  # seconds


@dataclass(frozen=True)
class RawSnapshots:
    """Times, states and variables of a file.

    Attributes:
        times: (T,).
        states: T arrays (N_t, d).
        variables: d names.
        paired: row n is the same trajectory at every time.
        notes: how the file was read and what was left out, a phrase for each.
        dates: the file has dates, and `times` are seconds since 1970-01-01; `since_first` makes days of them.
        time_label: label of the time axis; None if the file does not give the unit.
    """

    times: np.ndarray
    states: list[np.ndarray]
    variables: list[str]
    paired: bool
    notes: tuple[str, ...] = ()
    dates: bool = False
    time_label: str | None = None

    def summary(self) -> str:
        """What was read, in a few lines: times, numbers of states, variables, and `notes`."""
        sizes = [len(snapshot) for snapshot in self.states]
        unit = f", {self.time_label}" if self.time_label else ""
        lines = [
            f"times ({len(sizes)}{unit}): {listed(map(number, self.times))}",
            f"states at each time: {sizes[0] if len(set(sizes)) == 1 else listed(sizes)}",
            f"variables ({len(self.variables)}): {listed(self.variables)}",
            *self.notes,
        ]
        return "\n".join(lines)


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


def read_times(values: Sequence[Any] | np.ndarray | pd.Series, where: str) -> tuple[np.ndarray, bool]:
    """(n,) times of n states, and whether they are dates.

    Dates are columns of dates, texts such as 2020-02-29 or 2020-02-29 18:30, and whole numbers that are all of the form
    20200229. Their times are in seconds since 1970-01-01, of UTC where they name an offset.

    Args:
        values: one for each state.
        where: the file and the key, for messages.

    Raises:
        InputError: the list is empty, or a time is missing or neither a number nor a date.
    """
    given = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    try:
        place, distinct = given.factorize()
    except TypeError as error:  # of lists
        raise InputError(f"{where} holds {shown(given.iloc[0])}; write times as numbers.") from error
    dates = None if given.empty or (place < 0).any() else _as_dates(pd.Series(distinct))
    if dates is None:
        return numeric_times(given, where), False
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy()[place], True


def _as_dates(distinct: pd.Series) -> pd.Series | None:
    """Dates of distinct values; None if they are not all dates."""
    if distinct.dtype.kind == "M" or isinstance(distinct.dtype, pd.DatetimeTZDtype):
        return pd.to_datetime(distinct, utc=True)
    texts = distinct.astype(str)
    if texts.str.fullmatch(_ISO).all():
        found = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
        return None if found.isna().any() else found
    if distinct.dtype.kind == "c":
        return None
    numbers = pd.to_numeric(distinct.astype(object), errors="coerce").astype(float)
    if not (numbers == numbers.round()).all() or not (numbers.abs() < 10 ** max(_WRITTEN)).all():
        return None
    texts = numbers.astype("int64").astype(str)
    if len(sizes := set(texts.str.len())) > 1 or not sizes <= _WRITTEN.keys():
        return None
    found = pd.to_datetime(texts, format=_WRITTEN[sizes.pop()], utc=True, errors="coerce")
    return found if found.dt.year.between(*_YEARS).all() else None


def numeric_times(values: Sequence[Any] | np.ndarray | pd.Series, where: str) -> np.ndarray:
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
        raise InputError(f"{where} holds durations; write times as numbers, such as hours since the first.")
    times = pd.to_numeric(given, errors="coerce")
    if (wrong := times.isna()).any():
        raise InputError(
            f"{where} holds {shown(given[wrong].iloc[0])!r}, which is no number; write times as numbers, or all "
            "of them as dates such as 2020-02-29."
        )
    return times.to_numpy(dtype=float)


def since_first(raw: RawSnapshots) -> RawSnapshots:
    """The same snapshots, dates as days since the first one."""
    if not raw.dates:
        return raw
    first = pd.Timestamp(raw.times.min(), unit="s")
    parts = "" if first == first.normalize() else " %H:%M" if first == first.floor("min") else " %H:%M:%S"
    day = first.strftime(f"%Y-%m-%d{parts}")
    note = f"the times are dates, read as days since {day}"
    label = f"day (since {day})"
    times = (raw.times - raw.times.min()) / _DAY
    return replace(raw, times=times, notes=(*raw.notes, note), dates=False, time_label=label)


def since(times: np.ndarray, time_label: str) -> np.ndarray | None:
    """Days since the first date of a data set.

    Args:
        times: (n,) seconds since 1970-01-01.
        time_label: of the data set, as `since_first` makes it.

    Returns:
        (n,), or None if the label has no date.
    """
    found = re.search(r"since ([^)]+)\)", time_label)
    return (times - pd.Timestamp(found[1]).timestamp()) / _DAY if found else None


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse repeated and empty names of variables.

    Raises:
        InputError: a name is repeated or empty.
    """
    if empty := [i for i, name in enumerate(names, start=1) if not str(name).strip()]:
        raise InputError(f"{where}: the variable {empty[0]} has no name; name it.")
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


def group_by_time(
    times: np.ndarray,
    states: np.ndarray,
    variables: Sequence[str],
    dates: bool = False,
    notes: Sequence[str] = (),
) -> RawSnapshots:
    """Group n states by their times into snapshots; states keep their order.

    Args:
        times: (n,).
        states: (n, d).
        variables: d names.
        dates: as in `RawSnapshots`.
        notes: as in `RawSnapshots`.
    """
    found, place = np.unique(times, return_inverse=True)
    order = np.argsort(place, kind="stable")
    cuts = np.cumsum(np.bincount(place, minlength=len(found)))[:-1]
    return RawSnapshots(found, np.split(states[order], cuts), list(variables), False, tuple(notes), dates)


def join(parts: Sequence[RawSnapshots], names: Sequence[str]) -> RawSnapshots:
    """The raw snapshots of several files as one: at each time, the states of the first file, then those of the next.

    The result is paired if all files are paired and have the same times.

    Args:
        parts: at least one.
        names: of their files, for messages.

    Raises:
        InputError: the files do not have the same variables, or only some have dates.
    """
    first, *others = parts
    if not others:
        return first
    for name, other in zip(names[1:], others, strict=True):
        if other.variables != first.variables:
            raise InputError(
                f"{name}: has the variables {listed(other.variables)}, and {names[0]} has "
                f"{listed(first.variables)}; files that are joined must agree (key variables)."
            )
        if other.dates != first.dates:
            dated, plain = (name, names[0]) if other.dates else (names[0], name)
            raise InputError(f"{dated}: has dates, and {plain} has numbers as times; write both in one way.")
    notes = tuple(f"{name}: {note}" for name, part in zip(names, parts, strict=True) for note in part.notes)
    if all(part.paired and np.array_equal(part.times, first.times) for part in parts):
        joined = [np.concatenate(together) for together in zip(*(part.states for part in parts), strict=True)]
        return replace(first, states=joined, notes=notes)
    times = np.concatenate([np.repeat(part.times, [len(s) for s in part.states]) for part in parts])
    states = np.concatenate([snapshot for part in parts for snapshot in part.states])
    return group_by_time(times, states, first.variables, first.dates, notes)

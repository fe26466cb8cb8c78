"""Checks of the arguments of Python's functions; settings have their own (`settings.py` in each room)."""

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError, shown
from weightflow.formats.raw_snapshots import read_times, since

MOST_SEED = 2**32 - 1  # as in configs


def whole(value: Any, least: int, where: str, what: str, most: int | None = None) -> int:
    """A whole number, also one of NumPy's.

    Args:
        value: the argument.
        least: smallest allowed value.
        where: the function, and the argument if it is not clear from `what`, for messages.
        what: what the number is, for messages.
        most: largest allowed value; None for no limit.

    Raises:
        InputError: no whole number, or one outside the range.
    """
    span = f"from {least} on" if most is None else f"from {least} to {most}"
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        raise InputError(f"{where}: {shown(repr(value))} is no {what}; give a whole number {span}.")
    return int(value)


def checked_seed(value: Any, where: str) -> int:
    """A seed of random draws; raises as `whole`."""
    return whole(value, 0, where, "seed", MOST_SEED)


def path_text(path: Any, where: str) -> str:
    """The path of a file as text.

    Raises:
        InputError: it is no path.
    """
    if not isinstance(path, str | os.PathLike) or not (text := os.fspath(path)) or not isinstance(text, str):
        raise InputError(f"{where}: {shown(repr(path))} is no path of a file; give one such as 'counts.csv'.")
    return os.path.expanduser(text)


def several(values: Any) -> list[Any]:
    """The entries of a list, an array or a column; a single value is a list of one."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        return [values]
    return list(np.ravel(values)) if isinstance(values, np.ndarray) else list(values)


def in_data_units(times: Any, time_label: str, where: str) -> Any:
    """Times in the unit of a data set: dates become days since its first date, other values stay as they are.

    Args:
        times: one, or several.
        time_label: of the data set; it has the first date if times are dates.
        where: the function, for messages.

    Raises:
        InputError: dates for a data set whose times are numbers, or a date that cannot be read.
    """
    given = several(times)
    if not any(_is_date(time) for time in given):
        return times
    seconds, are_dates = read_times(pd.Series(given), f"{where}: the list of times")
    days = since(seconds, time_label) if are_dates else None
    if days is None:
        raise InputError(f"{where}: '{shown(given[0])}' is no number as the data's times ({time_label}); give one.")
    return days if isinstance(times, Collection) and not isinstance(times, str) else float(days[0])


def _is_date(time: Any) -> bool:
    return isinstance(time, str | np.datetime64 | pd.Timestamp) or hasattr(time, "isoformat")

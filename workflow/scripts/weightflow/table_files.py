"""Tables of snapshots in long form, a row for each state: `.csv`, `.tsv`, `.parquet`."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError
from weightflow.recordings import (
    Recording,
    check_names,
    first_names,
    group_by_time,
    listed,
    numeric_times,
    refuse_times,
)

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_table(path: Path, settings: Mapping[str, Any]) -> Recording:
    """Read a table with a column of times and one for each variable.

    Args:
        path: the file.
        settings: the data set's: `time_column`, `variables`, `times`.

    Raises:
        InputError: the file is damaged, a column is missing, there twice or without numbers.
    """
    table = _read(path, settings)
    column = settings["time_column"]
    if column not in table.columns:
        raise InputError(f"{path}: no column '{column}'; set time_column to one of {listed(table)}.")
    wanted, others = settings["variables"], [name for name in table if name != column]
    variables = first_names(others, wanted, f"{path}") if isinstance(wanted, int) else list(wanted or others)
    if absent := [name for name in variables if name not in table.columns]:
        raise InputError(f"{path}: no column '{absent[0]}'; the key variables may name {listed(table)}.")
    if not variables:
        raise InputError(f"{path}: there is no column beside '{column}'; add one for each variable.")
    refuse_times(settings, f"{path}")
    times = numeric_times(table[column], f"{path}: the column '{column}'")
    for name in variables:
        if not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            raise InputError(f"{path}: the column '{name}' holds text; it must hold numbers only.")
    return group_by_time(times, _numbers(table[variables]), [str(name) for name in variables])


def _numbers(table: pd.DataFrame) -> np.ndarray:
    """(n, d) values; whole numbers stay whole, except in columns that say which are missing."""
    values = table.to_numpy()
    return values if values.dtype != object else table.to_numpy(dtype=float, na_value=np.nan)


def _read(path: Path, settings: Mapping[str, Any]) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            header = list(table)
        else:
            separator = _SEPARATORS[path.suffix]
            with path.open(newline="", encoding="utf-8-sig") as file:
                header = next(csv.reader(file, delimiter=separator), [])
            table = pd.read_csv(path, sep=separator)
    except (ValueError, OSError, csv.Error) as error:
        raise InputError(f"{path}: not a readable table; {str(error).splitlines()[0].rstrip('.')}.") from error
    named = settings["variables"]
    used = {settings["time_column"], *(named if isinstance(named, list) else header)}
    check_names([name for name in header if name in used], f"{path}")  # pandas renames the second one of a text file
    return table

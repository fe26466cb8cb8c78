"""Tables of snapshots in long form, a row for each state: `.csv`, `.tsv`, `.parquet`."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from weightflow.errors import InputError
from weightflow.recordings import Recording, check_names, group_by_time, numeric_times

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_table(path: Path, settings: Mapping[str, Any]) -> Recording:
    """Read a table with a column of times and one for each variable.

    Args:
        path: the file.
        settings: the data set's: `time_column`, `variables`, `times`.

    Raises:
        InputError: the file is damaged, a column is missing, there twice or without numbers.
    """
    table = _read(path)
    column = settings["time_column"]
    if column not in table.columns:
        raise InputError(f"{path}: no column '{column}'; set time_column to one of {', '.join(map(str, table))}.")
    variables = list(settings["variables"] or (name for name in table if name != column))
    if absent := [name for name in variables if name not in table.columns]:
        raise InputError(f"{path}: no column '{absent[0]}'; the key variables may name {', '.join(map(str, table))}.")
    if not variables:
        raise InputError(f"{path}: there is no column beside '{column}'; add one for each variable.")
    for name in variables:
        if not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            raise InputError(f"{path}: the column '{name}' holds text; it must hold numbers only.")
    if settings["times"]:
        raise InputError(f"{path}: a table has its own times in '{column}'; remove the key times.")
    times = numeric_times(table[column], f"{path}: the column '{column}'")
    return group_by_time(times, table[variables].to_numpy(), [str(name) for name in variables])


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        separator = _SEPARATORS[path.suffix]
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file, delimiter=separator), [])
        check_names(header, f"{path}")  # pandas would rename the second one
        return pd.read_csv(path, sep=separator)
    except (ValueError, OSError, pd.errors.ParserError, csv.Error) as error:
        raise InputError(f"{path}: not a readable table; {str(error).splitlines()[0].rstrip('.')}.") from error

"""Tables of snapshots in long form, a row for each state: `.csv`, `.tsv` (also compressed, `.gz`), `.parquet`."""

import csv
import gzip
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet

from weightflow.errors import InputError, shown
from weightflow.formats.raw_snapshots import (
    RawSnapshots,
    check_names,
    first_names,
    group_by_time,
    listed,
    numeric_times,
    refuse_times,
)
from weightflow.formats.settings import FileSettings
from weightflow.limits import check_array, check_bytes, check_numbers, most_bytes

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_OTHER_SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
_GZIP = b"\x1f\x8b"
_DAMAGED: tuple[type[Exception], ...] = (ValueError, OSError, EOFError, zlib.error, csv.Error)
# raised by pandas and Arrow for inconsistent tables
_DAMAGED += (LookupError, TypeError, AttributeError, ArithmeticError, NotImplementedError, MemoryError)
_CHUNK = 1 << 20
_NUMBER = 8  # bytes
_PER_LETTER = 4  # bytes in memory per letter of text: a number takes at least two letters, its separator included


def read_table(path: Path, settings: FileSettings) -> RawSnapshots:
    """Read a table with a column of times and one for each variable.

    Args:
        path: the file.
        settings: the data set's: `time_column`, `variables`, `times`.

    Raises:
        InputError: the file is damaged, or a column is missing, repeated or not numeric.
    """
    table = _read(path, settings)
    column = settings.time_column
    if column not in table.columns:
        _refuse_separator(list(table), path)
        raise InputError(f"{path}: no column '{column}'; set time_column to one of {listed(table)}.")
    wanted, others = settings.variables, [name for name in table if name != column]
    variables = first_names(others, wanted, f"{path}") if isinstance(wanted, int) else list(wanted or others)
    if absent := [name for name in variables if name not in table.columns]:
        raise InputError(f"{path}: no column '{absent[0]}'; the key variables may name {listed(table)}.")
    if not variables:
        raise InputError(f"{path}: there is no column beside '{column}'; add one for each variable.")
    if "" in variables:
        raise InputError(
            f"{path}: the column {list(table).index('') + 1} has no name, as of row numbers; name it or write the "
            "table without it (index=False, row.names=FALSE), or list the key variables."
        )
    refuse_times(settings, f"{path}")
    times = numeric_times(table[column], f"{path}: the column '{column}'")
    for name in variables:
        if not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            raise InputError(f"{path}: the column '{name}' holds {_strange(table[name])}; it must hold numbers only.")
    return group_by_time(times, _numbers(table[variables]), [str(name) for name in variables])


def _numbers(table: pd.DataFrame) -> np.ndarray:
    """(n, d) values; integers stay integers, except in tables with nullable columns."""
    values = table.to_numpy()
    return values if values.dtype != object else table.to_numpy(dtype=float, na_value=np.nan)


def _strange(column: pd.Series) -> str:
    """Description of a column that is not numeric."""
    if not isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.kind not in "OUT":
        return f"{column.dtype}"
    wrong = column[pd.to_numeric(column.astype(object), errors="coerce").isna() & column.notna()]
    return f"text ({str(wrong.iloc[0])[:40]!r})" if len(wrong) else "text"


def _refuse_separator(names: list[str], path: Path) -> None:
    """Refuse a table that is read as one column because it has another separator."""
    wanted = _SEPARATORS.get(Path(path.name.removesuffix(".gz")).suffix)
    found = [word for sign, word in _OTHER_SEPARATORS.items() if sign != wanted and sign in names[0]]
    if wanted and len(names) == 1 and found:
        raise InputError(
            f"{path}: the columns are separated by {found[0]}; separate those of a .csv by commas, of a .tsv by tabs."
        )


def _read(path: Path, settings: FileSettings) -> pd.DataFrame:
    try:
        table, header = _parquet(path) if path.suffix == ".parquet" else _text(path)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a readable table; it is not text in UTF-8, so save it as UTF-8.") from error
    except _DAMAGED as error:
        raise InputError(f"{path}: not a readable table; {shown(error).rstrip('.')}.") from error
    if len(header) != table.shape[1]:
        raise InputError(f"{path}: the first line names {len(header)} columns of {table.shape[1]}; mend it.")
    named = settings.variables
    used = {settings.time_column, *(named if isinstance(named, tuple) else header)}
    check_names([name for name in header if name in used], f"{path}")
    return table.set_axis(header, axis=1)


def _parquet(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """A table and its columns' names; the index becomes a column."""
    about = pyarrow.parquet.read_metadata(path)
    check_numbers(0, about.num_columns, f"{path}")
    check_array((about.num_rows, about.num_columns), _NUMBER, f"{path}: the table")
    check_names(pyarrow.parquet.read_schema(path).names, f"{path}")
    table = pd.read_parquet(path)
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    return table, [str(name) for name in table]


def _text(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """A table and its columns' names as in the file; pandas renames repeated ones."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    if packed != (path.suffix == ".gz"):
        raise InputError(f"{path}: compressed files end in .gz, and others do not; rename it.")
    check_bytes(_PER_LETTER * (_inflated(path) if packed else path.stat().st_size), f"{path}: the table")
    separator = _SEPARATORS[Path(path.name.removesuffix(".gz")).suffix]
    with (gzip.open if packed else open)(path, "rt", newline="", encoding="utf-8-sig") as file:
        header = next(filter(None, csv.reader(file, delimiter=separator)), [])  # pandas skips empty lines too
    check_numbers(0, len(header), f"{path}")
    table = pd.read_csv(path, sep=separator, skipinitialspace=True)
    if table.index.nlevels > 1:  # pandas takes surplus columns as names of rows
        raise InputError(f"{path}: there are rows of more values than the {len(header)} columns; mend them.")
    return table, [name.strip() for name in header]


def _inflated(path: Path) -> int:
    """Uncompressed size of a file, counted only until it exceeds the limit."""
    size = 0
    with gzip.open(path, "rb") as file:
        while _PER_LETTER * size <= most_bytes() and (chunk := file.read(_CHUNK)):
            size += len(chunk)
    return size

"""Tables of snapshots in long form, a row for each state: `.csv`, `.tsv` (also compressed, `.gz`), `.parquet`.

Text is read as spreadsheets, R and pandas write it: with any of four separators, decimal points or commas, an index
column, empty columns and rows, or separators at the end of rows.
"""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow.parquet
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from weightflow.errors import InputError, shown
from weightflow.formats.raw_snapshots import (
    RawSnapshots,
    check_names,
    first_names,
    group_by_time,
    listed,
    read_times,
    refuse_times,
    since,
)
from weightflow.formats.reading import format_of
from weightflow.formats.settings import FileSettings
from weightflow.limits import check_array, check_bytes, check_numbers, most_bytes

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_FIRST_LINE = re.compile(r'"?sep=(.)"?\s*')  # by which Excel knows the separator
_ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # others are UTF-8
_THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"  # 1,234 may also be a number between 1 and 2
_LIKE_A_NUMBER = re.compile(
    r"\s*[<>≤≥~+-]*\s*[.,]?\d[\d.,' ]*([eE][+-]?\d+)?\s*%?\s*|[+-]?(inf|infinity|nan)", re.IGNORECASE
)
_UNNAMED = re.compile(r"(Unnamed: \d+)?")  # as pandas writes and reads columns without a name
_ID = re.compile(
    r"(traj|trajectory|trajectories|rep|replicate|run|sim|simulation|reali[sz]ation|batch|row|barcode|index|idx|id)"
    r"([ _.-]?(id|no|nr|num|number|index|idx))?|(cell|sample|donor|.*[ _.-])[ _.-]?id",
    re.IGNORECASE,
)
_WORDS, _DATES = "text", "dates"
_LEAST_ROWS, _LEAST_STATES = 20, 5  # fewer values that count up may be states
_GZIP = b"\x1f\x8b"
_DAMAGED: tuple[type[Exception], ...] = (ValueError, OSError, EOFError, zlib.error, csv.Error)
# raised by pandas and Arrow for inconsistent tables
_DAMAGED += (LookupError, TypeError, AttributeError, ArithmeticError, NotImplementedError, MemoryError)
_CHUNK = 1 << 20
_NUMBER = 8  # bytes
_PER_LETTER = 4  # bytes in memory per letter of text: a number takes at least two letters, its separator included


@dataclass(frozen=True)
class _Table:
    """A table as it is in its file.

    Attributes:
        values: one column for each name.
        names: of the columns as in the file; pandas renames repeated ones.
        notes: how it was read.
    """

    values: pd.DataFrame
    names: list[str]
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> pd.Series:
        return self.values.iloc[:, self.names.index(name)]


def read_table(path: Path, settings: FileSettings) -> RawSnapshots:
    """Read a table with a column of times and one for each variable.

    Without names in `variables`, columns that are no variables are left out: empty ones, row numbers, ids and texts.

    Args:
        path: the file.
        settings: the data set's: `time_column`, `variables`, `times`.

    Raises:
        InputError: the file is damaged, or a column is missing, repeated or not numeric.
    """
    return _snapshots(_read(path, settings), settings, path)


def frame_snapshots(frame: pd.DataFrame, settings: FileSettings, where: str) -> RawSnapshots:
    """The snapshots of a table in memory, as those of a file; its index is no column.

    Args:
        frame: a row for each state.
        settings: as for `read_table`.
        where: the table, for messages.

    Raises:
        InputError: a column is missing, repeated or not numeric.
    """
    return _snapshots(_Table(_dense(frame, where), [str(name) for name in frame]), settings, where)


def _dense(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """A table without sparse columns."""
    columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
    if not any(isinstance(column.dtype, pd.SparseDtype) for column in columns):
        return frame
    check_array(frame.shape, _NUMBER, f"{where}: the table")
    dense = [column.sparse.to_dense() if isinstance(column.dtype, pd.SparseDtype) else column for column in columns]
    return pd.concat(dense, axis=1)


@dataclass(frozen=True)
class StateTable:
    """States of a table, in its rows.

    Attributes:
        frame: all columns as read.
        times: (n,) in the unit of the data.
        values: (n, d) of the variables.
    """

    frame: pd.DataFrame
    times: np.ndarray
    values: np.ndarray


def read_states(path: Path, settings: FileSettings, time_label: str) -> StateTable:
    """Read states with their times, in the order of the rows; other columns are kept.

    Args:
        path: the file.
        settings: `time_column`, and `variables` with names.
        time_label: of the data set; it has the first date if times are dates.

    Raises:
        InputError: the file is missing or damaged, a column is missing or not numeric, or a value is missing.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the path.")
    if (suffix := format_of(path).removesuffix(".gz")) not in (*_SEPARATORS, ".parquet"):
        raise InputError(f"{path}: a file of kind '{shown(suffix)}' is no table; give .csv, .tsv or .parquet.")
    table = _read(path, settings)
    frame = table.values.set_axis(table.names, axis=1)
    if not len(frame):
        raise InputError(f"{path}: there are no states; add a row for each.")
    column, variables = settings.time_column, list(cast(tuple[str, ...], settings.variables))
    if absent := [name for name in (column, *variables) if name not in table.names]:
        raise InputError(f"{path}: no column '{absent[0]}'; it needs {listed([column, *variables])}.")
    check_names([name for name in table.names if name in (column, *variables)], f"{path}")
    times, dates = read_times(table.column(column), f"{path}: the column '{column}'")
    if dates:
        days = since(times, time_label)
        if days is None:
            raise InputError(
                f"{path}: the column '{column}' holds dates, and the times of the data set are numbers; give numbers."
            )
        times = days
    for name in variables:
        values = table.column(name)
        if not _is_real(values):
            raise InputError(f"{path}: the column '{name}' holds {_strange(values)}; it must hold numbers only.")
        if values.isna().any():
            raise InputError(f"{path}: the column '{name}' has gaps; fill them, or remove those rows.")
    return StateTable(frame, times, _numbers(frame[variables]).astype(float))


@dataclass(frozen=True)
class LabelledTable:
    """Examples of a table, in its rows.

    Attributes:
        values: (n, d) inputs.
        labels: (n,) as read.
        names: d names of the inputs.
        notes: how the file was read and what was left out, a phrase for each.
    """

    values: np.ndarray
    labels: pd.Series
    names: list[str]
    notes: list[str]


def read_labelled(path: Path, label: str, inputs: Sequence[str] | None) -> LabelledTable:
    """Read a table with a column of labels and one for each input.

    Args:
        path: the file.
        label: the column of labels.
        inputs: the columns of inputs; None takes all others but empty ones, row numbers and ids.

    Raises:
        InputError: the file is damaged, or a column is missing, repeated or not of numbers.
    """
    table = _read(path, FileSettings(time_column=label, variables=tuple(inputs) if inputs else None))
    if not len(table.values):
        raise InputError(f"{path}: there are no examples; add a row for each.")
    if absent := [name for name in (label, *(inputs or ())) if name not in table.names]:
        key = "label" if absent[0] == label else "inputs"
        known = listed(filter(None, table.names))
        raise InputError(f"{path}: no column '{shown(absent[0])}'; set {key} to one of {known}.")
    left_out = {} if inputs else _no_inputs(table, label)
    names = list(inputs or (name for i, name in enumerate(table.names) if name != label and i not in left_out))
    if not names:
        raise InputError(f"{path}: there is no column of numbers beside '{shown(label)}'; add one for each input.")
    check_names([name for name in table.names if name in (label, *names)], f"{path}")
    for name in names:
        column = table.column(name)
        if not _is_real(column):
            raise InputError(
                f"{path}: the column '{shown(name)}' holds {_strange(column)}; inputs are numbers, so turn it into "
                "numbers, or list the columns of the key inputs without it."
            )
        if column.isna().any():
            raise InputError(f"{path}: the column '{shown(name)}' has gaps; fill them, or remove those rows.")
    notes = [*table.notes]
    if left_out:
        told = [f"{shown(table.names[i] or f'column {i + 1}')} ({reason})" for i, reason in left_out.items()]
        notes.append(f"left out: {listed(told)}; to keep a column, name it in the key inputs")
    places = [table.names.index(name) for name in names]
    return LabelledTable(_numbers(table.values.iloc[:, places]).astype(float), table.column(label), names, notes)


def _no_inputs(table: _Table, label: str) -> dict[int, str]:
    """Places of the columns that are no inputs, and the reasons; texts and dates are refused later."""
    times = np.zeros(len(table.values))
    reasons = {i: _reason(table, i, times) for i, name in enumerate(table.names) if name != label}
    return {i: reason for i, reason in reasons.items() if reason and reason not in (_WORDS, _DATES)}


def _snapshots(table: _Table, settings: FileSettings, path: Path | str) -> RawSnapshots:
    column, wanted = settings.time_column, settings.variables
    if column not in table.names:
        raise InputError(f"{path}: no column '{column}'; set time_column to one of {listed(table.names)}.")
    named = wanted if isinstance(wanted, tuple) else ()
    if absent := [name for name in named if name not in table.names]:
        raise InputError(f"{path}: no column '{absent[0]}'; the key variables may name {listed(table.names)}.")
    check_names([name for name in table.names if name in (column, *named)], f"{path}")
    refuse_times(settings, f"{path}")
    times, dates = read_times(table.column(column), f"{path}: the column '{column}'")
    places, notes = _chosen(table, times, settings, path)
    names = [table.names[i] for i in places]
    for i, name in zip(places, names, strict=True):
        values = table.values.iloc[:, i]
        if not _is_real(values):
            raise InputError(
                f"{path}: the column '{name}' holds {_strange(values)}; it must hold numbers only, so "
                "correct it, or list the key variables without it."
            )
    notes = [*table.notes, f"times: the column '{column}'", *notes]
    return group_by_time(times, _numbers(table.values.iloc[:, places]), names, dates, notes)


def _chosen(table: _Table, times: np.ndarray, settings: FileSettings, path: Path | str) -> tuple[list[int], list[str]]:
    """Places of the variables' columns, and a note on the others."""
    wanted, others = settings.variables, [i for i, name in enumerate(table.names) if name != settings.time_column]
    if isinstance(wanted, tuple):
        unused = [table.names[i] or "(no name)" for i in others if table.names[i] not in wanted]
        return [table.names.index(name) for name in wanted], [f"not chosen: {listed(unused)}"] if unused else []
    if not others:
        raise InputError(f"{path}: there is no column beside '{settings.time_column}'; add one for each variable.")
    reasons = {i: reason for i in others if (reason := _reason(table, i, times))}
    left_out = [f"{shown(table.names[i] or f'column {i + 1}')} ({reason})" for i, reason in reasons.items()]
    kept = [i for i in others if i not in reasons]
    if not kept and not (kept := [i for i, reason in reasons.items() if reason == _WORDS]):  # refused by their values
        raise InputError(
            f"{path}: no column beside '{settings.time_column}' is a variable: {listed(left_out)}; add one for each "
            "variable, or list them in the key variables."
        )
    names = [table.names[i] for i in kept]
    if "" in names:
        raise InputError(
            f"{path}: the column {kept[names.index('')] + 1} has no name; name it, or list the key variables."
        )
    check_names(names, f"{path}")
    count = len(first_names(names, wanted, f"{path}") if wanted else names)
    return kept[:count], [
        f"left out: {listed(left_out)}; to keep a column, name it in the key variables"
    ] if left_out else []


def _reason(table: _Table, place: int, times: np.ndarray) -> str | None:
    """Why a column is no variable; None if it is one."""
    values, name = table.values.iloc[:, place], table.names[place]
    if values.isna().all():
        return "empty"
    if _UNNAMED.fullmatch(name) and (name or place == 0):
        return "no name, as of row numbers"
    if values.dtype.kind == "M":
        return _DATES
    if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype.kind in "OUT":
        found = values.dropna().astype(object)
        words = found.map(lambda value: isinstance(value, str) and not _LIKE_A_NUMBER.fullmatch(value)).all()
        return _WORDS if words else None
    if values.dtype.kind not in "iuf" or values.isna().any() or (values != values.round()).any():
        return None
    if _ID.fullmatch(name):
        return "an id, by its name"
    return "row numbers" if _counts_up(values.to_numpy(dtype=float), times) else None


def _counts_up(values: np.ndarray, times: np.ndarray) -> bool:
    """Whether whole numbers count the rows, or number the states of each time without a gap."""
    if len(values) < _LEAST_ROWS or values.min() not in (0, 1):
        return False
    if (np.diff(values) == 1).all():
        return True
    distinct, place, sizes = np.unique(times, return_inverse=True, return_counts=True)
    order = np.lexsort((values, place))
    steps = np.diff(values[order])[np.diff(place[order]) == 0]
    return len(distinct) > 1 and sizes.min() >= _LEAST_STATES and (steps == 1).all()


def _numbers(table: pd.DataFrame) -> np.ndarray:
    """(n, d) values; integers stay integers, except in tables with nullable columns."""
    values = table.to_numpy()
    return values if values.dtype != object else table.to_numpy(dtype=float, na_value=np.nan)


def _is_real(column: pd.Series) -> bool:
    """Whether a column holds real numbers."""
    return is_numeric_dtype(column) and not is_bool_dtype(column) and column.dtype.kind != "c"


def _strange(column: pd.Series) -> str:
    """Description of a column that is not numeric."""
    if not isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.kind not in "OUT":
        return f"{column.dtype}"
    wrong = column[pd.to_numeric(column.astype(object), errors="coerce").isna() & column.notna()]
    return f"text ({str(wrong.iloc[0])[:40]!r})" if len(wrong) else "text"


def _read(path: Path, settings: FileSettings) -> _Table:
    try:
        table = _parquet(path) if format_of(path) == ".parquet" else _text(path, settings)
    except InputError:
        raise
    except UnicodeError as error:
        raise InputError(f"{path}: not a readable table; it is not text in UTF-8, so save it as UTF-8.") from error
    except _DAMAGED as error:
        raise InputError(f"{path}: not a readable table; {shown(error).rstrip('.')}.") from error
    if len(table.names) != table.values.shape[1]:
        raise InputError(
            f"{path}: the first line names {len(table.names)} columns of {table.values.shape[1]}; mend it."
        )
    return table


def _parquet(path: Path) -> _Table:
    """A table; its index becomes a column."""
    about = pyarrow.parquet.read_metadata(path)
    check_numbers(0, about.num_columns, f"{path}")
    check_array((about.num_rows, about.num_columns), _NUMBER, f"{path}: the table")
    check_names(pyarrow.parquet.read_schema(path).names, f"{path}")
    table = pd.read_parquet(path)
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    return _Table(table, [str(name) for name in table])


def _text(path: Path, settings: FileSettings) -> _Table:
    """A table, its separator and decimal mark found in the file."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    suffix = format_of(path)
    if packed != suffix.endswith(".gz"):
        raise InputError(f"{path}: compressed files end in .gz, and others do not; rename it.")
    check_bytes(_PER_LETTER * (_inflated(path) if packed else path.stat().st_size), f"{path}: the table")
    layout = _layout(path, packed, _SEPARATORS[suffix.removesuffix(".gz")], settings.time_column)
    names = layout.header()
    check_numbers(0, len(names), f"{path}")
    options: dict[str, Any] = {}
    notes: list[str] = []
    try:
        table = layout.load()
        beyond = len(table) > 0 and not isinstance(table.index, pd.RangeIndex)  # pandas takes surplus values as names
    except pd.errors.ParserError:
        beyond = True
    if beyond:
        options, notes = layout.surplus(len(names))
        table = layout.load(**options)
    mark = "."
    if len(table) == 0 or len(table.columns) != len(names):
        return _Table(table, names)
    named = settings.variables if isinstance(settings.variables, tuple) else names
    used = [i for i, name in enumerate(names) if name in (settings.time_column, *named)]
    if _may_have_commas(table.iloc[:, used]):
        other = layout.load(decimal=",", **options)
        if gained := [i for i in used if is_numeric_dtype(other.iloc[:, i]) and not is_numeric_dtype(table.iloc[:, i])]:
            lost = [i for i in used if is_numeric_dtype(table.iloc[:, i]) and not is_numeric_dtype(other.iloc[:, i])]
            _check_commas(table, names, gained, lost, path)
            table, mark = other, ","
    rows = table.notna().any(axis=1)
    notes = [f"columns separated by {_SIGNS.get(layout.separator, layout.separator)}, decimal mark '{mark}'", *notes]
    if not rows.all():
        notes.append(f"left out: {len(rows) - int(rows.sum())} empty rows")
        table = table[rows]
    return _Table(table.reset_index(drop=True), names, tuple(notes))


def _may_have_commas(table: pd.DataFrame) -> bool:
    texts = (table.iloc[:, i].dropna() for i in range(table.shape[1]) if table.iloc[:, i].dtype == object)
    return any(column.astype(str).str.fullmatch(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?").any() for column in texts)


def _check_commas(
    table: pd.DataFrame, names: Sequence[str], gained: Sequence[int], lost: Sequence[int], path: Path
) -> None:
    """Refuse decimal commas beside decimal points, and those that may separate thousands."""
    texts = [column[column.astype(str).str.contains(",")] for i in gained if (column := table.iloc[:, i].dropna()).size]
    example = texts[0].iloc[0]
    if lost:
        raise InputError(
            f"{path}: the column '{names[gained[0]]}' has decimal commas ({example!r}) and the column "
            f"'{names[lost[0]]}' decimal points; save the table with one decimal mark, or list the key variables."
        )
    if all(column.str.fullmatch(_THOUSANDS).all() for column in texts):
        raise InputError(
            f"{path}: the column '{names[gained[0]]}' holds text ({example!r}), where the comma may separate thousands "
            "or be a decimal mark; save the table with decimal points and without separators of thousands."
        )


@dataclass(frozen=True)
class _Layout:
    """How a text is a table.

    Attributes:
        path: the file.
        packed: whether it is compressed.
        encoding: of the text.
        separator: one character.
        skipped: lines before the header.
    """

    path: Path
    packed: bool
    encoding: str
    separator: str
    skipped: int

    def rows(self) -> Iterator[list[str]]:
        """The rows, the header first, without empty lines, as pandas skips them."""
        with (gzip.open if self.packed else open)(self.path, "rt", newline="", encoding=self.encoding) as file:
            lines = islice(file, self.skipped, None)
            yield from filter(None, csv.reader(lines, delimiter=self.separator, skipinitialspace=True))

    def header(self) -> list[str]:
        """Names of the columns."""
        return [name.strip() for name in next(self.rows(), [])]

    def load(self, **options: Any) -> pd.DataFrame:
        """The table by pandas."""
        return pd.read_csv(
            self.path,
            sep=self.separator,
            skipinitialspace=True,
            skiprows=self.skipped,
            encoding="utf-8" if self.encoding == "utf-8-sig" else self.encoding,
            compression="gzip" if self.packed else None,
            **options,
        )

    def surplus(self, count: int) -> tuple[dict[str, Any], list[str]]:
        """Options of pandas for rows of more values than the header has names, and a note on them.

        Args:
            count: number of names.

        Raises:
            InputError: such rows are neither those of R, with row names, nor end in empty values.
        """
        sizes, filled = set(), False
        for row in islice(self.rows(), 1, None):
            sizes.add(len(row))
            filled |= any(value.strip() for value in row[count:])
        if not filled:
            return {"index_col": False, "usecols": range(count)}, ["left out: separators at the end of rows"]
        if sizes == {count + 1}:
            return {}, ["left out: the row names, which the first line does not name"]
        raise InputError(f"{self.path}: there are rows of more values than the {count} columns; mend them.")


def _layout(path: Path, packed: bool, usual: str, time_column: str) -> _Layout:
    """The layout whose header names the column of times; the usual separator is tried first."""
    with (gzip.open if packed else open)(path, "rb") as file:
        start = file.read(_CHUNK)
    encoding = next((name for mark, name in _ENCODINGS.items() if start.startswith(mark)), "utf-8-sig")
    first = start.decode(encoding, errors="replace").split("\n")[0]
    if said := _FIRST_LINE.fullmatch(first):
        return _Layout(path, packed, encoding, said[1], 1)
    layouts = [_Layout(path, packed, encoding, sign, 0) for sign in dict.fromkeys([usual, *_SIGNS])]
    found = next((one for one in layouts if time_column in one.header()), None)
    return found or max(layouts, key=lambda one: len(one.header()))


def _inflated(path: Path) -> int:
    """Uncompressed size of a file, counted only until it exceeds the limit."""
    size = 0
    with gzip.open(path, "rb") as file:
        while _PER_LETTER * size <= most_bytes() and (chunk := file.read(_CHUNK)):
            size += len(chunk)
    return size

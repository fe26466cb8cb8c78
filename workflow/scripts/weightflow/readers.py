"""Reading users' files: `.npy` arrays and long-form `.csv`/`.tsv` tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError

AXES = {"trajectory": 0, "time": 1, "variable": 2}


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


def read_recording(path: str | Path, settings: Mapping[str, Any]) -> Recording:
    """Read a user's file by its suffix.

    Args:
        path: the file.
        settings: the data set's settings: `axes`, `times`, `time_column`, `variables`.

    Raises:
        InputError: the file is missing, unreadable, or not of the shape its settings say.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the data set's key 'file'.")
    if path.suffix not in READERS:
        raise InputError(f"{path}: the suffix '{path.suffix}' is not known; use {', '.join(READERS)}.")
    return READERS[path.suffix](path, settings)


def default_names(variables: int) -> list[str]:
    """Names x1, x2, … of variables that neither the file nor its settings name."""
    return [f"x{i + 1}" for i in range(variables)]


def _read_npy(path: Path, settings: Mapping[str, Any]) -> Recording:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        if any(sign in str(error) for sign in ("Object arrays", "Python objects", "pickle")):
            raise InputError(
                f"{path}: holds Python objects or is not a .npy file; save a plain numeric array with numpy.save."
            ) from error
        raise InputError(f"{path}: the file is truncated or not a .npy array; save it again.") from error
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: the file is truncated or not a .npy array; save it again.") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iufb":
        raise InputError(f"{path}: expected numbers, found {getattr(array, 'dtype', 'an archive')}; convert them.")
    axes = settings["axes"]
    if array.ndim != 3:
        raise InputError(
            f"{path}: has {array.ndim} axes {array.shape}; expected 3, named by the key axes: {', '.join(axes)}."
        )
    array = np.array(array.transpose([axes.index(axis) for axis in AXES]))
    _, points, d = array.shape
    if points == 0 or d == 0:
        raise InputError(f"{path}: has no times or no variables, shape {array.shape}; check the key axes.")
    times = np.asarray(settings["times"] or range(points), dtype=float)
    variables = list(settings["variables"] or default_names(d))
    if len(variables) != d:
        raise InputError(f"{path}: holds {d} variables but the key variables names {len(variables)}; name each once.")
    return Recording(times, list(array.swapaxes(0, 1)), variables, paired=True)


def _read_table(path: Path, settings: Mapping[str, Any]) -> Recording:
    try:
        table = pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",")
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: not a readable table; {str(error).splitlines()[0]}.") from error
    column = settings["time_column"]
    if column not in table.columns:
        raise InputError(f"{path}: no column '{column}'; set time_column to one of {', '.join(map(str, table))}.")
    variables = list(settings["variables"] or (name for name in table if name != column))
    if absent := [name for name in (*variables,) if name not in table.columns]:
        raise InputError(f"{path}: no column '{absent[0]}'; the key variables may name {', '.join(map(str, table))}.")
    if not variables:
        raise InputError(f"{path}: there is no column beside '{column}'; add one for each variable.")
    for name in (column, *variables):
        if not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            raise InputError(f"{path}: the column '{name}' holds text; it must hold numbers only.")
    if table[column].isna().any():
        raise InputError(f"{path}: the column '{column}' has gaps; give every row its time.")
    if settings["times"]:
        raise InputError(f"{path}: a table has its own times in '{column}'; remove the key times.")
    groups = list(table.groupby(column, sort=True))
    return Recording(
        np.array([time for time, _ in groups], dtype=float),
        [group[variables].to_numpy() for _, group in groups],
        [str(name) for name in variables],
        paired=False,
    )


READERS = {".npy": _read_npy, ".csv": _read_table, ".tsv": _read_table}

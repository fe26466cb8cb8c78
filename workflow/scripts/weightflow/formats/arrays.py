"""Arrays of snapshots in NumPy's own formats: `.npy` of trajectories, `.npz` of states with a time each."""

import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from weightflow.errors import InputError
from weightflow.formats.raw_snapshots import (
    RawSnapshots,
    check_names,
    default_names,
    first_names,
    group_by_time,
    listed,
    read_times,
    refuse_times,
)
from weightflow.formats.settings import FileSettings
from weightflow.limits import check_array, check_numbers

AXES = {"trajectory": 0, "time": 1, "variable": 2}
_PICKLED = ("Object arrays", "Python objects", "pickle")
# raised by zipfile and NumPy for unknown compression, encryption and invalid headers
_DAMAGED: tuple[type[Exception], ...]
_DAMAGED = (OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError, TypeError)
_DAMAGED += (ArithmeticError, LookupError, AttributeError, SyntaxError, struct.error, tokenize.TokenError, MemoryError)
_HEAD = 16_384  # bytes; NumPy refuses headers of more than 10 000, but only after reading their declared length
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npy(path: Path, settings: FileSettings) -> RawSnapshots:
    """Read an array of trajectories, times and variables, in the order of `axes`.

    Args:
        path: the file.
        settings: the data set's: `axes`, `times`, `variables`.

    Raises:
        InputError: the file is damaged, holds no numbers, or has another shape.
    """
    try:
        _check_length(path)
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGED as error:
        if any(sign in str(error) for sign in _PICKLED):
            raise InputError(
                f"{path}: holds Python objects or is not a .npy file; save a plain numeric array with numpy.save."
            ) from error
        raise InputError(f"{path}: the file is truncated or not a .npy array; save it again.") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iufb":
        raise InputError(f"{path}: expected numbers, found {getattr(array, 'dtype', 'an archive')}; convert them.")
    axes = settings.axes
    if array.ndim != 3:
        raise InputError(
            f"{path}: has {array.ndim} axes {array.shape}; expected 3, named by the key axes: {', '.join(axes)}."
        )
    _, points, d = (array.shape[axes.index(axis)] for axis in AXES)
    check_numbers(points, d, f"{path}")
    check_array(array.shape, array.itemsize, f"{path}: the array")
    array = np.array(array.transpose([axes.index(axis) for axis in AXES]))
    if points == 0 or d == 0:
        raise InputError(f"{path}: has no times or no variables, shape {array.shape}; check the key axes.")
    times, dates = read_times(settings.times or range(points), f"{path}: the key times")
    names = _names(d, settings, path)
    states = list(array[..., : len(names)].swapaxes(0, 1))
    return RawSnapshots(times, states, names, paired=True, notes=(f"axes: {', '.join(axes)}",), dates=dates)


def read_npz(path: Path, settings: FileSettings) -> RawSnapshots:
    """Read an archive with an array of states (n, d) and one of their times (n,).

    Args:
        path: the file.
        settings: the data set's: `matrix`, `time_column`, `variables`.

    Raises:
        InputError: the file is damaged or pickled, an array is missing, or the two do not fit.
    """
    refuse_times(settings, f"{path}")
    states, times = read_arrays(path, {key: getattr(settings, key) for key in ("matrix", "time_column")})
    at = f"{path}: the array '{settings.matrix}'"
    if states.dtype.kind not in "iufb":
        raise InputError(f"{at} holds {states.dtype}, not numbers; convert it.")
    if states.ndim != 2 or not states.shape[1]:
        raise InputError(f"{at} has shape {states.shape}; expected (states, variables).")
    check_numbers(0, states.shape[1], f"{path}")
    if times.shape != (len(states),):
        raise InputError(
            f"{at} has {len(states)} states and '{settings.time_column}' has shape {times.shape}; give one time "
            "for each state."
        )
    times, dates = read_times(times, f"{path}: the array '{settings.time_column}'")
    names = _names(states.shape[1], settings, path)
    notes = [f"states: the array '{settings.matrix}'", f"times: the array '{settings.time_column}'"]
    return group_by_time(times, states[:, : len(names)], names, dates, notes)


def array_names(path: Path) -> list[str]:
    """Names of the arrays of an .npz.

    Raises:
        InputError: the file is damaged, or one array.
    """
    with _opened(path) as archive:
        return list(archive.files)


def read_arrays(path: Path, names: Mapping[str, str]) -> list[np.ndarray]:
    """Arrays of an .npz.

    Args:
        path: the file.
        names: of the arrays, by the key of the settings that gives each.

    Raises:
        InputError: the file is damaged or pickled, or an array is missing or too large.
    """
    with _opened(path) as archive:
        return [_member(archive, name, key, path) for key, name in names.items()]


@contextmanager
def _opened(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    try:
        archive = np.load(path, allow_pickle=False)
    except _DAMAGED as error:
        raise InputError(f"{path}: the file is truncated or not an .npz archive; save it again.") from error
    if isinstance(archive, np.ndarray):
        raise InputError(f"{path}: holds one array, not an archive of them; rename it to .npy or use numpy.savez.")
    with archive:
        yield archive


def _member(archive: np.lib.npyio.NpzFile, name: str, key: str, path: Path) -> np.ndarray:
    if name not in archive.files:
        raise InputError(f"{path}: no array '{name}'; set {key} to one of {listed(archive.files)}.")
    try:
        if archive.zip is None:
            raise ValueError("the archive is closed")
        with archive.zip.open(f"{name}.npy") as member:
            shape, dtype = _header(member)
        if dtype.hasobject:
            raise InputError(
                f"{path}: the array '{name}' holds Python objects, which are pickled; save plain numbers, or texts "
                "as str, with numpy.savez."
            )
        check_array(shape, dtype.itemsize, f"{path}: the array '{name}'")  # NumPy inflates exactly this much
        return archive[name]
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError(f"{path}: the array '{name}' is truncated or damaged; save the file again.") from error


def _check_length(path: Path) -> None:
    """Refuse an array that is longer than its file; NumPy's own computation of the size may overflow."""
    with path.open("rb") as file:
        if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
            return  # not read as an array
        file.seek(0)
        shape, dtype = _header(file)
    if not dtype.hasobject and prod(shape) * dtype.itemsize > path.stat().st_size:
        raise EOFError("the file ends before its array does")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an array, from the first bytes of its file."""
    head = io.BytesIO(file.read(_HEAD))
    shape, _, dtype = _HEADERS[np.lib.format.read_magic(head)](head)
    return shape, dtype


def _names(variables: int, settings: FileSettings, path: Path) -> list[str]:
    """Names of all variables, or of the first n if the key `variables` is a number n."""
    if isinstance(settings.variables, int):
        return first_names(default_names(variables), settings.variables, f"{path}")
    names = list(settings.variables or default_names(variables))
    if len(names) != variables:
        raise InputError(
            f"{path}: holds {variables} variables but the key variables names {len(names)}; name each once."
        )
    check_names(names, f"{path}")
    return names

"""Single cells in `.h5ad` files: a matrix of cells by variables, and the time of every cell in `obs`."""

from collections.abc import Sequence
from math import prod
from operator import mul
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from anndata.io import read_elem
from scipy.sparse import csc_matrix, csr_matrix, issparse, spmatrix

from weightflow.errors import InputError
from weightflow.formats import hdf5_probe
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
from weightflow.limits import check_array, check_bytes, check_numbers

_GROUPS = ("layers", "obsm")
_RAW = "raw/X"  # the counts that scanpy keeps beside a normalised X
_READ = ("obs", "var", "X", "raw", *_GROUPS)
_OF_TEXT = 64  # bytes of a short text in Python
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError)  # as of h5py


def read_h5ad(path: Path, settings: FileSettings) -> RawSnapshots:
    """Read the cells of one matrix; other matrices of the file are not loaded.

    Args:
        path: the file.
        settings: the data set's: `matrix` (X, raw/X, layers/NAME or obsm/NAME), `time_column` (of `obs`), `variables`.

    Raises:
        InputError: the file is no HDF5 or no AnnData, is locked, a key is missing, or the matrix holds no numbers.
    """
    hdf5_probe.check_survives(path)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        if "lock" in str(error):
            raise InputError(
                f"{path}: is locked by a program that has it open for writing, such as a notebook; close it there, or, "
                "on a file system without locks, set HDF5_USE_FILE_LOCKING=FALSE."
            ) from error
        raise InputError(f"{path}: not a readable .h5ad (HDF5) file; write it again with anndata.") from error
    with file:
        try:
            return _raw_snapshots(file, settings, path)
        except InputError:
            raise
        except _DAMAGED as error:
            raise InputError(f"{path}: the file is damaged; write it again with anndata.") from error


def _raw_snapshots(file: h5py.File, settings: FileSettings, path: Path) -> RawSnapshots:
    for name in _READ:
        _refuse_link(file, name, path)
    if any(isinstance(file.get(name), h5py.Dataset) and file[name].dtype.names for name in ("obs", "var")):
        raise InputError(f"{path}: written by an anndata before 0.7; read and write it with a newer one.")
    if not all(name in file and _encoding(file[name]) == "dataframe" for name in ("obs", "var")):
        raise InputError(f"{path}: HDF5, but not AnnData: there is no table obs or var; write it with anndata.")
    refuse_times(settings, f"{path}")
    cells, key = _element(file, "obs", path), settings.time_column
    if key not in cells:
        raise InputError(f"{path}: obs has no '{key}'; set time_column to one of {listed(cells)}.")
    values, names = _matrix(file, settings.matrix, len(cells), path)
    values, names = _chosen(values, names, settings.variables, path)
    times, dates = read_times(cells[key], f"{path}: obs '{key}'")
    notes = [f"states: the matrix {settings.matrix}", f"times: obs '{key}'"]
    return group_by_time(times, _dense(values, f"{path}: the matrix '{settings.matrix}'"), names, dates, notes)


def _encoding(element: h5py.Group | h5py.Dataset) -> str | None:
    """AnnData's type of an element, which R and Julia write as bytes."""
    found = element.attrs.get("encoding-type")
    found = found.decode(errors="replace") if isinstance(found, bytes) else found
    return found if isinstance(found, str) else None


def _element(file: h5py.File, key: str, path: Path) -> Any:
    _check_size(file, key, path)
    try:
        return read_elem(file[key])
    except Exception as error:  # some exceptions of anndata have no public name
        raise InputError(f"{path}: '{key}' is damaged or unknown to anndata; write the file again.") from error


def _matrix(file: h5py.File, key: str, cells: int, path: Path) -> tuple[np.ndarray | spmatrix, list[str]]:
    """(cells, variables) values and the variables' names."""
    groups = [group for group in _GROUPS if isinstance(file.get(group), h5py.Group)]
    raw = [_RAW] if isinstance(file.get("raw"), h5py.Group) else []
    keys = ["X", *raw, *(f"{group}/{name}" for group in groups for name in file[group])]
    for name in keys:
        _refuse_link(file, name, path)
    there = [name for name in keys if name in file and _encoding(file[name]) != "null"]
    if key not in there:
        raise InputError(f"{path}: no matrix '{key}'; set matrix to one of {listed(there)}.")
    found = _half_precision(file, key, path)
    found, at = _element(file, key, path) if found is None else found, f"{path}: the matrix '{key}'"
    table = "raw/var" if key == _RAW else "var"
    _refuse_link(file, table, path)
    names = None if key.startswith("obsm/") else [str(name) for name in _element(file, table, path).index]
    if isinstance(found, pd.DataFrame):
        names, found = [str(name) for name in found], found.to_numpy()
    if issparse(found):
        _check_places(found, at)
    if found.dtype.kind not in "iufb":
        raise InputError(f"{at} holds {found.dtype}, not numbers only; convert it.")
    if found.ndim != 2:
        raise InputError(f"{at} has shape {found.shape}; expected (cells, variables).")
    check_numbers(0, found.shape[1], f"{at}")
    names = names or default_names(found.shape[1])
    if found.shape != (cells, len(names)):
        raise InputError(
            f"{at} has shape {found.shape}, and there are {cells} cells of {len(names)} variables; write it again."
        )
    return found, names


def _half_precision(file: h5py.File, key: str, path: Path) -> spmatrix | None:
    """A sparse matrix of 16-bit numbers in single precision, as SciPy has no smaller one; None for other elements."""
    kind = {"csr_matrix": csr_matrix, "csc_matrix": csc_matrix}.get(_encoding(element := file[key]) or "")
    if kind is None or element["data"].dtype != np.float16:
        return None
    _check_size(file, key, path)
    check_bytes(element["data"].size * np.dtype(np.float32).itemsize, f"{path}: '{key}'")
    parts = element["data"][()].astype(np.float32), element["indices"][()], element["indptr"][()]
    return kind(parts, shape=tuple(map(int, element.attrs["shape"])))


def _chosen(
    values: np.ndarray | spmatrix, names: list[str], wanted: Sequence[str] | int | None, path: Path
) -> tuple[np.ndarray | spmatrix, list[str]]:
    """Columns of the wanted variables, chosen before a sparse matrix is made dense and could fill the memory."""
    if isinstance(wanted, int):
        wanted = first_names(names, wanted, f"{path}")
    check_names([name for name in names if name in wanted] if wanted else names, f"{path}")
    if not wanted:
        return values, names
    places = {name: place for place, name in enumerate(names)}
    if absent := [name for name in wanted if name not in places]:
        raise InputError(f"{path}: no variable '{absent[0]}'; the key variables may name {listed(names)}.")
    return values[:, [places[name] for name in wanted]], list(wanted)


def _check_size(file: h5py.File, key: str, path: Path) -> None:
    """Refuse an element that lies in other files or would fill the memory: unwritten chunks take no disk space."""
    at, names = f"{path}: '{key}'", []
    if isinstance(element := file[key], h5py.Dataset):
        parts = [element]
    else:
        element.visititems_links(lambda name, _: names.append(name))  # h5py drops exceptions
        for name in names:
            _refuse_link(element, name, path)
        parts = [part for name in names if isinstance(part := element[name], h5py.Dataset)]
    if any(part.is_virtual or part.external for part in parts):
        raise InputError(f"{at} keeps its values in other files; write the file again with anndata.")
    each = [_OF_TEXT if part.dtype.hasobject else part.dtype.itemsize for part in parts]
    sizes = [max(part.size or 0, prod(part.chunks or ())) for part in parts]
    check_bytes(sum(map(mul, sizes, each)), at)


def _refuse_link(group: h5py.Group, name: str, path: Path) -> None:
    """Refuse soft and external links, which may lead to other files; anndata writes none."""
    link = group.get(name, h5py.HardLink(), getlink=True)
    if not isinstance(link, h5py.HardLink):
        raise InputError(f"{path}: '{name}' is a link to another place; write the file again with anndata.")


def _check_places(matrix: spmatrix, at: str) -> None:
    """Refuse a sparse matrix with indices out of range: SciPy would write its values outside of its memory."""
    try:
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise InputError(f"{at} has indices of rows or columns out of range; write it again.") from error


def _dense(values: np.ndarray | spmatrix, at: str) -> np.ndarray:
    if isinstance(values, np.ndarray):
        return values
    check_array(values.shape, values.dtype.itemsize, at)
    if np.isnan(values.data).any():
        raise InputError(f"{at} holds NaN among its sparse values; remove or mend those cells.")
    return values.toarray()

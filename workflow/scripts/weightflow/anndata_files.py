"""Single cells in `.h5ad` files: a matrix of cells by variables, and the time of every cell in `obs`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from anndata.io import read_elem
from scipy.sparse import issparse

from weightflow.errors import InputError
from weightflow.recordings import Recording, check_names, default_names, group_by_time, numeric_times

_GROUPS = ("layers", "obsm")


def read_h5ad(path: Path, settings: Mapping[str, Any]) -> Recording:
    """Read the cells of one matrix; the others of the file are not loaded.

    Args:
        path: the file.
        settings: the data set's: `matrix` (X, layers/NAME or obsm/NAME), `time_column` (of `obs`), `variables`.

    Raises:
        InputError: the file is no HDF5 or no AnnData, a key is missing, or the matrix holds no numbers.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: not a readable .h5ad (HDF5) file; write it again with anndata.") from error
    with file:
        if "obs" not in file:
            raise InputError(f"{path}: HDF5, but not AnnData: there is no obs; write it with anndata.")
        cells = read_elem(file["obs"])
        key = settings["time_column"]
        if key not in cells:
            raise InputError(f"{path}: obs has no '{key}'; set time_column to one of {_listed(cells.columns)}.")
        values, names = _matrix(file, settings["matrix"], path)
    times = numeric_times(cells[key], f"{path}: obs '{key}'")
    return group_by_time(times, *_chosen(values, names, settings["variables"], path))


def _matrix(file: h5py.File, key: str, path: Path) -> tuple[np.ndarray, list[str]]:
    """(cells, variables) values and the variables' names."""
    there = [name for name in ("X", *(f"{g}/{k}" for g in _GROUPS for k in file.get(g, ()))) if name in file]
    if key not in there:
        raise InputError(f"{path}: no matrix '{key}'; set matrix to one of {_listed(there)}.")
    found, at = read_elem(file[key]), f"{path}: the matrix '{key}'"
    names = None if key.startswith("obsm/") else [str(name) for name in read_elem(file["var"]).index]
    if isinstance(found, pd.DataFrame):
        names, found = [str(name) for name in found], found.to_numpy()
    if found.dtype.kind not in "iufb":
        raise InputError(f"{at} holds {found.dtype}, not numbers only; convert it.")
    if issparse(found):
        if np.isnan(found.data).any():
            raise InputError(f"{at} holds NaN among its sparse values; remove or mend those cells.")
        found = found.toarray()
    if found.ndim != 2:
        raise InputError(f"{at} has shape {found.shape}; expected (cells, variables).")
    return found, names or default_names(found.shape[1])


def _chosen(values: np.ndarray, names: list[str], wanted: list[str] | None, path: Path) -> tuple[np.ndarray, list[str]]:
    check_names(names, f"{path}")
    if wanted is None:
        return values, names
    places = pd.Index(names).get_indexer(wanted)
    if (places < 0).any():
        raise InputError(
            f"{path}: no variable '{wanted[int(places.argmin())]}'; the key variables may name {_listed(names)}."
        )
    return values[:, places], list(wanted)


def _listed(names: Any) -> str:
    """All of a few names, and the first of many."""
    names = [str(name) for name in names]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") if names else "(none)"

"""Reading users' files, each format by the module that knows it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weightflow.errors import InputError
from weightflow.formats.arrays import read_npy, read_npz
from weightflow.formats.raw_snapshots import Recording, join
from weightflow.formats.tables import read_table


def as_files(given: str | Sequence[str] | None) -> list[str]:
    """A key that holds nothing, one entry or a list of them, as a list."""
    return [] if not given else [given] if isinstance(given, str) else list(given)


def format_of(path: str | Path) -> str:
    """The suffix that tells a file's format, with what it is compressed by."""
    path = Path(path)
    return "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix


def read_recording(paths: str | Path | Sequence[str | Path], settings: Mapping[str, Any]) -> Recording:
    """Read a user's file, or several that are joined, by their suffixes.

    Args:
        paths: the file or files.
        settings: the data set's settings: `axes`, `times`, `time_column`, `matrix`, `variables`.

    Raises:
        InputError: a file is missing, unreadable, or not of the shape its settings say.
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    return join([_read(path, settings) for path in files], [str(path) for path in files])


def _read(path: Path, settings: Mapping[str, Any]) -> Recording:
    if not os.path.isfile(path):  # false also of names that no system takes
        raise InputError(f"{path}: there is no such file; check the data set's key 'file'.")
    if (suffix := format_of(path)) not in READERS:
        raise InputError(f"{path}: the suffix '{suffix}' is not known; use {', '.join(READERS)}.")
    return READERS[suffix](path, settings)


def _read_h5ad(path: Path, settings: Mapping[str, Any]) -> Recording:
    from weightflow.formats.h5ad import read_h5ad  # takes a second, for those who have such files alone

    return read_h5ad(path, settings)


READERS = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".csv": read_table,
    ".csv.gz": read_table,
    ".tsv": read_table,
    ".tsv.gz": read_table,
    ".parquet": read_table,
    ".h5ad": _read_h5ad,
}

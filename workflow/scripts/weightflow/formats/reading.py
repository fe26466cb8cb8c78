"""Reading users' files, each format by the module that knows it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weightflow.errors import InputError
from weightflow.formats.registry import READERS
from weightflow.formats.settings import FileSettings

if TYPE_CHECKING:
    from weightflow.formats.raw_snapshots import RawSnapshots  # which loads pandas, and every job reads the config


def as_files(given: str | Sequence[str] | None) -> list[str]:
    """A key that holds nothing, one entry or a list of them, as a list."""
    return [] if not given else [given] if isinstance(given, str) else list(given)


def format_of(path: str | Path) -> str:
    """The suffix that tells a file's format, with what it is compressed by."""
    path = Path(path)
    return "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix


def read_raw_snapshots(paths: str | Path | Sequence[str | Path], settings: FileSettings) -> "RawSnapshots":
    """Read a user's file, or several that are joined, by their suffixes.

    Args:
        paths: the file or files.
        settings: the data set's settings: `axes`, `times`, `time_column`, `matrix`, `variables`.

    Raises:
        InputError: a file is missing, unreadable, or not of the shape its settings say.
    """
    from weightflow.formats.raw_snapshots import join

    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    return join([_read(path, settings) for path in files], [str(path) for path in files])


def _read(path: Path, settings: FileSettings) -> "RawSnapshots":
    if not os.path.isfile(path):  # false also of names that no system takes
        raise InputError(f"{path}: there is no such file; check the data set's key 'file'.")
    if (suffix := format_of(path)) not in READERS:
        raise InputError(f"{path}: the suffix '{suffix}' is not known; use {', '.join(READERS)}.")
    return READERS[suffix].read.load()(path, settings)

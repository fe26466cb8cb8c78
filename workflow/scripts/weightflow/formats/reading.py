"""Reading of users' files, each format by its reader."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weightflow.errors import InputError
from weightflow.formats.registry import READERS
from weightflow.formats.settings import FileSettings

if TYPE_CHECKING:
    from weightflow.formats.raw_snapshots import RawSnapshots  # loads pandas, and every job reads the config


def as_files(given: str | Sequence[str] | None) -> list[str]:
    """Value of a key (None, one entry or a list of entries) as a list."""
    return [] if not given else [given] if isinstance(given, str) else list(given)


def format_of(path: str | Path) -> str:
    """Suffix of a file's format, with that of its compression."""
    path = Path(path)
    return "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix


def read_raw_snapshots(paths: str | Path | Sequence[str | Path], settings: FileSettings) -> "RawSnapshots":
    """Read a user's file, or several files and join them.

    Args:
        paths: the file or files.
        settings: the data set's settings: `axes`, `times`, `time_column`, `matrix`, `variables`.

    Raises:
        InputError: a file is missing or unreadable, or does not match the settings.
    """
    from weightflow.formats.raw_snapshots import join

    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    return join([_read(path, settings) for path in files], [str(path) for path in files])


def _read(path: Path, settings: FileSettings) -> "RawSnapshots":
    if not os.path.isfile(path):  # False also for invalid names
        raise InputError(f"{path}: there is no such file; check the data set's key 'file'.")
    if (suffix := format_of(path)) not in READERS:
        raise InputError(f"{path}: the suffix '{suffix}' is not known; use {', '.join(READERS)}.")
    return READERS[suffix].read.load()(path, settings)

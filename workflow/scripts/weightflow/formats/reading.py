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


_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")


def as_files(given: str | Sequence[str] | None) -> list[str]:
    """Value of a key (None, one entry or a list of entries) as a list."""
    return [] if not given else [given] if isinstance(given, str) else list(given)


def format_of(path: str | Path) -> str:
    """Suffix of a file's format, with that of its compression."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    return "".join(suffixes[-2:] if suffixes[-1:] == [".gz"] else suffixes[-1:])


def unknown_format(path: str | Path) -> str:
    """End of a sentence about a file of another format."""
    if format_of(path) in _WORKBOOKS:
        return "it is a workbook, which is not read; save its sheet as CSV in UTF-8 and give that file."
    return f"its suffix is not known; use {', '.join(READERS)}."


def read_raw_snapshots(paths: str | Path | Sequence[str | Path], settings: FileSettings) -> "RawSnapshots":
    """Read a user's file, or several files and join them.

    Args:
        paths: the file or files.
        settings: the data set's settings: `axes`, `times`, `time_column`, `matrix`, `variables`.

    Raises:
        InputError: a file is missing or unreadable, or does not match the settings.
    """
    from weightflow.formats.raw_snapshots import join, since_first

    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    return since_first(join([_read(path, settings) for path in files], [str(path) for path in files]))


def _read(path: Path, settings: FileSettings) -> "RawSnapshots":
    if not os.path.isfile(path):  # False also for invalid names
        raise InputError(f"{path}: there is no such file; check the data set's key 'file'.")
    if (suffix := format_of(path)) not in READERS:
        raise InputError(f"{path}: {unknown_format(path)}")
    return READERS[suffix].read.load()(path, settings)

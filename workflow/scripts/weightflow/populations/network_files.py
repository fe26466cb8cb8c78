"""The files of a population's networks; without torch, for checks before a run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weightflow.errors import InputError, shown

SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt")


def network_files(files: str | Path | Sequence[str | Path], where: str = "networks") -> list[Path]:
    """The files of networks: all in a folder, those of a pattern, or a list; numbers in names are ordered as numbers.

    Args:
        files: a folder, a pattern or a list.
        where: the place of `files`, for messages.

    Raises:
        InputError: there are fewer than two, or one of the list is missing.
    """
    found = found_files(files)
    if missing := [file for file in found if not file.is_file()]:
        raise InputError(f"{where}: there is no file {shown(str(missing[0]))}; check the path.")
    if len(found) < 2:
        raise InputError(
            f"{where}: {shown(str(files))} has {len(found) or 'no'} file{'s' * (not found)} of networks "
            f"({', '.join(SUFFIXES)}); a population needs two at least."
        )
    return found


def found_files(files: str | Path | Sequence[str | Path]) -> list[Path]:
    """As `network_files`, without checks: [] for a folder that is missing."""
    if not isinstance(files, str | Path):
        return [Path(file) for file in files]
    place = Path(files)
    inside = place.iterdir() if place.is_dir() else place.parent.glob(place.name)
    return sorted((file for file in inside if file.suffix in SUFFIXES), key=_natural)


def _natural(file: Path) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", file.name)]

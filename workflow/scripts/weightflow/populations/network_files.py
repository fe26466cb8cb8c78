"""The files of a population's networks; without torch, for checks before a run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weightflow.errors import InputError, shown

SUFFIXES = (".safetensors", ".pt", ".pth")


def network_files(files: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files of networks: all in a folder, those of a pattern, or a list; numbers in names are ordered as numbers.

    Raises:
        InputError: there are fewer than two.
    """
    if isinstance(files, str | Path):
        place = Path(files)
        inside = place.iterdir() if place.is_dir() else place.parent.glob(place.name)
        found = sorted((file for file in inside if file.suffix in SUFFIXES), key=_natural)
    else:
        found = [Path(file) for file in files]
    if len(found) < 2:
        raise InputError(
            f"networks: {shown(str(files))} has {len(found)} files of networks ({', '.join(SUFFIXES)}); a population "
            "needs two at least."
        )
    return found


def _natural(file: Path) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", file.name)]

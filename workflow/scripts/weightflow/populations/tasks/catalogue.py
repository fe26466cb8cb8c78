"""The tasks that classifiers learn, by name: those that come with scikit-learn, and `resources/tasks.yaml`.

The latter is a catalogue of image data sets, with their files, sources and content.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from weightflow.errors import InputError, shown
from weightflow.populations.tasks.registry import BUILT_IN, IMAGE_FORMATS
from weightflow.settings import Many, NameIn, Settings, Sha256, Url, Written
from weightflow.yaml_files import read_yaml

FOLDER = Path("resources", "data")  # in a run's working folder


class TaskFile(Settings):
    """A file that is fetched."""

    file: Annotated[
        str,
        Written(
            "[A-Za-z0-9][A-Za-z0-9._-]*",
            "a file's name is of letters, digits, dots, dashes and underscores, and begins with a letter or a digit",
        ),
    ]
    """Its name."""
    url: Url
    """Where it comes from."""
    sha256: Sha256
    """Checksum that it must have."""
    content_sha256: Sha256 | None = None
    """Checksum of the unpacked content of a .gz, which a file that was compressed anew may have instead."""


class TaskEntry(Settings):
    """A data set of labelled images, as the catalogue has it."""

    title: str
    """What they show, and who made them."""
    format: Annotated[str, NameIn(IMAGE_FORMATS)]
    """How the files are written; tells which of them there are."""
    shape: Annotated[Many[Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=3, max_length=3)]
    """Channels, height and width of an image."""
    classes: Annotated[int, Field(ge=2, le=10_000)]
    """Number of labels."""
    files: dict[str, TaskFile]
    """Its files, by what they are for."""


@dataclass(frozen=True)
class Source:
    """A file that is fetched.

    Attributes:
        path: its place on disk.
        url: its source.
        sha256: its checksum.
        content_sha256: checksum of its unpacked content, if known.
    """

    path: Path
    url: str
    sha256: str
    content_sha256: str | None = None


@dataclass(frozen=True)
class DataSet:
    """Labelled images.

    Attributes:
        title: what they show, and who made them.
        format: how the files are written, one of `IMAGE_FORMATS`.
        shape: channels, height and width of an image.
        classes: number of labels.
        files: by their use.
    """

    title: str
    format: str
    shape: tuple[int, ...]
    classes: int
    files: Mapping[str, Source]


def read_catalogue(path: str | Path, folder: str | Path = FOLDER) -> dict[str, DataSet]:
    """Data sets by name.

    Args:
        path: of the catalogue.
        folder: holds the files of the data set NAME in its folder NAME.

    Raises:
        InputError: not YAML, a missing, unknown or malformed key, or other files than those of the format.
    """
    content = read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path}: expected a mapping of data sets by name.")
    if wrong := [name for name in content if not re.fullmatch("[a-z][a-z0-9_]*", str(name))]:
        raise InputError(
            f"{path}: '{shown(wrong[0])}' cannot be used; a name has small letters, digits and '_', and starts with a "
            "letter, as it becomes part of file names."
        )
    entries = {name: TaskEntry.of(entry, str(path), name) for name, entry in content.items()}
    return {name: _data_set(entry, Path(folder, name), f"{path}: {name}") for name, entry in entries.items()}


def input_shapes(catalogue: Mapping[str, DataSet]) -> dict[str, tuple[int, ...]]:
    """Shapes of the inputs of every task by name, built in or of a catalogue."""
    shapes = {name: task.shape for name, task in BUILT_IN.items()}
    return shapes | {name: task.shape for name, task in catalogue.items()}


def label_counts(catalogue: Mapping[str, DataSet]) -> dict[str, int]:
    """Number of labels of every task by name, built in or of a catalogue."""
    return {name: task.classes for name, task in (BUILT_IN | dict(catalogue)).items()}


def _data_set(entry: TaskEntry, folder: Path, where: str) -> DataSet:
    files, expected = entry.files, IMAGE_FORMATS[entry.format].files
    if files.keys() != set(expected):
        raise InputError(
            f"{where}.files: are for {shown(', '.join(files)) or 'nothing'}; the format {entry.format} has files "
            f"for {', '.join(expected)}."
        )
    sources = {use: Source(folder / own.file, own.url, own.sha256, own.content_sha256) for use, own in files.items()}
    if len({source.path for source in sources.values()}) < len(sources):
        raise InputError(f"{where}.files: two of them have the same name; give each its own.")
    return DataSet(entry.title, entry.format, entry.shape, entry.classes, sources)

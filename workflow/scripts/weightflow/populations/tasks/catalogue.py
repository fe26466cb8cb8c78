"""The tasks that classifiers learn, by name: those that come with scikit-learn, and `resources/tasks.yaml`.

The latter is a catalogue of image data sets: their files, where those come from, and what they hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weightflow.errors import InputError, shown
from weightflow.populations.tasks.registry import BUILT_IN, IMAGE_FORMATS
from weightflow.schema import check_schema, read_schema
from weightflow.yaml_files import read_yaml

SCHEMA = Path(__file__).resolve().parents[4] / "schemas" / "tasks.schema.yaml"
FOLDER = Path("resources", "data")  # of a run's working folder


@dataclass(frozen=True)
class Source:
    """A file that is fetched.

    Attributes:
        path: where it goes.
        url: where it comes from.
        sha256: checksum that it must have.
    """

    path: Path
    url: str
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """Labelled images.

    Attributes:
        title: what they show, and who made them.
        format: how the files are written, one of `IMAGE_FORMATS`.
        shape: channels, height and width of an image.
        classes: number of labels.
        files: by what they are for.
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
        folder: whose folder NAME is for the files of the data set NAME.

    Raises:
        InputError: not YAML, a missing, unknown or malformed key, or other files than those of the format.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a mapping of data sets by name.")
    check_schema(content, read_schema(SCHEMA), str(path))
    return {name: _data_set(entry, Path(folder, name), f"{path}: {name}") for name, entry in content.items()}


def input_shapes(catalogue: Mapping[str, DataSet]) -> dict[str, tuple[int, ...]]:
    """Shapes of the inputs of every task by name, built in or of a catalogue."""
    return {name: task.shape for name, task in {**BUILT_IN, **catalogue}.items()}


def _data_set(entry: Mapping, folder: Path, where: str) -> DataSet:
    files, expected = entry["files"], IMAGE_FORMATS[entry["format"]].files
    if files.keys() != set(expected):
        raise InputError(
            f"{where}.files: are for {shown(', '.join(files)) or 'nothing'}; the format {entry['format']} has files "
            f"for {', '.join(expected)}."
        )
    sources = {use: Source(folder / own["file"], own["url"], own["sha256"]) for use, own in files.items()}
    if len({source.path for source in sources.values()}) < len(sources):
        raise InputError(f"{where}.files: two of them have the same name; give each its own.")
    return DataSet(entry["title"], entry["format"], tuple(entry["shape"]), entry["classes"], sources)

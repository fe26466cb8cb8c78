"""Files of a user's own examples: their formats by suffix, and the labels beside images in IDX."""

from pathlib import Path

from weightflow.errors import InputError
from weightflow.formats.reading import format_of
from weightflow.populations.tasks.registry import EXAMPLE_FORMATS, FOLDER, IDX, ExampleFormat
from weightflow.populations.tasks.settings import ExampleSettings


def example_format(path: str, settings: ExampleSettings) -> ExampleFormat:
    """The format of a file or folder of a user's examples.

    Args:
        path: one of the paths of the settings.
        settings: tell files from folders.

    Raises:
        InputError: the suffix of a file is unknown.
    """
    suffix = FOLDER if path in (settings.folder, settings.test_folder) else format_of(path)
    if suffix not in EXAMPLE_FORMATS:
        known = ", ".join(own for own in EXAMPLE_FORMATS if own != FOLDER)
        raise InputError(f"{path}: its suffix is not known; use {known}, or name a folder of images by the key folder.")
    return EXAMPLE_FORMATS[suffix]


def labels_beside(images: str | Path) -> Path:
    """The file of labels that belongs to an IDX file of images, by its name.

    Raises:
        InputError: the name does not contain images.
    """
    path = Path(images)
    if "images" not in path.name:
        raise InputError(
            f"{path}: a .gz must be an IDX file with images in its name, as train-images-idx3-ubyte.gz, and its labels "
            "beside it in train-labels-idx1-ubyte.gz; rename both."
        )
    return path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))


def files_of_examples(settings: ExampleSettings) -> list[str]:
    """The files and folders of a user's examples, with those of labels in IDX.

    Raises:
        InputError: as `example_format` and `labels_beside`.
    """
    found = []
    for path in filter(None, (settings.source, settings.test_source)):
        beside = example_format(path, settings) is EXAMPLE_FORMATS[IDX]
        found += [path, str(labels_beside(path))] if beside else [path]
    return found

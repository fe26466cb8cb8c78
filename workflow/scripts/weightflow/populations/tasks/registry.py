"""Tasks that come with scikit-learn, and the formats of image data sets and of users' examples.

Tasks of images are in `resources/tasks.yaml` (catalogue.py).
"""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class BuiltInTask:
    """A data set that comes with scikit-learn, and is read by its name.

    Attributes:
        description: its examples.
        shape: of an input.
        classes: number of labels.
    """

    description: str
    shape: tuple[int, ...]
    classes: int


@dataclass(frozen=True)
class ImageFormat:
    """A format of labelled images.

    Attributes:
        description: how its files are written.
        files: the use of each file.
        read: function of the files' paths by use to the labelled images without the test part, and to the test part,
            if the authors name one.
    """

    description: str
    files: tuple[str, ...]
    read: Lazy


@dataclass(frozen=True)
class ExampleFormat:
    """A format of a user's own examples.

    Attributes:
        description: content of a file.
        read: function of (path, `examples` of the settings) to the examples without the test part, and to the test
            part, if the file has one.
        keys: of the settings that say which parts of the file are read.
        needed: those of them that have no default.
    """

    description: str
    read: Lazy
    keys: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


BUILT_IN: dict[str, BuiltInTask] = {
    "iris": BuiltInTask("150 flowers of three species, by four lengths", (4,), 3),
    "wine": BuiltInTask("178 wines of three cultivars, by thirteen measurements", (13,), 3),
    "breast_cancer": BuiltInTask("569 benign or malignant tumours, by thirty measurements", (30,), 2),
    "digits": BuiltInTask("1797 handwritten digits of 8 × 8 pixels", (1, 8, 8), 10),
}

IMAGE_FORMATS: dict[str, ImageFormat] = {
    "idx": ImageFormat(
        "IDX files of images and of labels",
        ("training images", "training labels", "test images", "test labels"),
        Lazy("weightflow.populations.tasks.images", "idx_parts"),
    ),
    "cifar": ImageFormat(
        "the binary version of CIFAR-10, an archive",
        ("archive",),
        Lazy("weightflow.populations.tasks.images", "cifar_parts"),
    ),
    "stl": ImageFormat(
        "the binary version of STL-10, an archive",
        ("archive",),
        Lazy("weightflow.populations.tasks.images", "stl_parts"),
    ),
    "svhn": ImageFormat(
        "MATLAB arrays",
        ("training", "test"),
        Lazy("weightflow.populations.tasks.images", "svhn_parts"),
    ),
    "folders": ImageFormat(
        "an archive with a folder of images for each label",
        ("archive",),
        Lazy("weightflow.populations.tasks.images", "folders_parts"),
    ),
}

_TABLE = ExampleFormat(
    "a table with a row for each example",
    Lazy("weightflow.populations.tasks.example_files", "table_examples"),
    ("inputs", "label"),
    ("label",),
)
FOLDER, IDX = "folder", ".gz"

EXAMPLE_FORMATS: dict[str, ExampleFormat] = {
    ".npz": ExampleFormat(
        "arrays of inputs and labels",
        Lazy("weightflow.populations.tasks.example_files", "array_examples"),
        ("inputs", "label"),
    ),
    ".csv": _TABLE,
    ".csv.gz": _TABLE,
    ".tsv": _TABLE,
    ".tsv.gz": _TABLE,
    ".parquet": _TABLE,
    ".zip": ExampleFormat(
        "an archive with a folder of images for each label",
        Lazy("weightflow.populations.tasks.example_files", "zip_examples"),
    ),
    IDX: ExampleFormat(
        "an IDX file of images, with that of the labels beside it",
        Lazy("weightflow.populations.tasks.example_files", "idx_examples"),
    ),
    ".tar.gz": ExampleFormat(
        "an archive as CIFAR-10 or STL-10", Lazy("weightflow.populations.tasks.example_files", "tar_examples")
    ),
    ".mat": ExampleFormat("a MATLAB file as SVHN", Lazy("weightflow.populations.tasks.example_files", "mat_examples")),
    FOLDER: ExampleFormat(
        "a folder with a subfolder of images for each label",
        Lazy("weightflow.populations.tasks.example_files", "folder_examples"),
    ),
}

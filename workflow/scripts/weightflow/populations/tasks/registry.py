"""Tasks that come with scikit-learn, and the formats of image data sets.

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
    """

    description: str
    shape: tuple[int, ...]


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


BUILT_IN: dict[str, BuiltInTask] = {
    "iris": BuiltInTask("150 flowers of three species, by four lengths", (4,)),
    "wine": BuiltInTask("178 wines of three cultivars, by thirteen measurements", (13,)),
    "breast_cancer": BuiltInTask("569 benign or malignant tumours, by thirty measurements", (30,)),
    "digits": BuiltInTask("1797 handwritten digits of 8 × 8 pixels", (1, 8, 8)),
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

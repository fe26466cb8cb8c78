"""Settings of tasks."""

from typing import Annotated

from pydantic import Field

from weightflow.settings import AList, ANumber, AText, ByShape, FilePath, Settings, Share, Unique

ImageSide = Annotated[int, Field(ge=1, le=1024)]
Label = Annotated[Annotated[int, Field(ge=-1_000_000, le=1_000_000), ANumber] | Annotated[str, AText], ByShape]
Labels = Annotated[Unique[Label], Field(min_length=2)]


class SplitSettings(Settings):
    """Parts of the task's examples: training, validation for every choice, and test for the results."""

    validation: Share = 0.2
    """Share of the examples for validation."""
    test: Share = 0.3
    """Share of the examples for the test."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the split, the same for all seeds of the run."""
    stratified: bool = False
    """Whether every part has each label in its share of all examples."""
    examples: Annotated[int, Field(ge=3, le=1_000_000_000)] | None = None
    """Largest number of examples that are split, drawn by the seed, so that populations train faster; the test part of
    the data's authors stays whole. null takes all."""


class ExampleSettings(Settings):
    """Your own labelled examples, in a file or a folder, instead of a task.

    Labels are texts or whole numbers. They are sorted and numbered.
    """

    file: FilePath | None = None
    """Your file: a table (.csv, .tsv, also .gz, or .parquet) with a row for each example; arrays (.npz); a .zip with a
    folder of images for each label; or images as MNIST (NAME-images-NAME.gz, with NAME-labels-NAME.gz beside it),
    CIFAR-10 or STL-10 (.tar.gz) and SVHN (.mat) have them. Relative paths start in the working folder or, if there is
    no such file, in the folder of the config; ~ is the home folder."""
    folder: FilePath | None = None
    """Your folder, with a subfolder of images (PNG or JPEG) for each label."""
    test_file: FilePath | None = None
    """File with the test part, if the authors of the data define one; null splits the examples."""
    test_folder: FilePath | None = None
    """The same as a folder of images."""
    inputs: Annotated[Annotated[str, AText] | Annotated[Unique[str], Field(min_length=1), AList], ByShape] | None = None
    """Columns of a table; null takes all but that of the labels, empty ones, row numbers and ids. Array of an .npz,
    (examples, features) or images (examples, height, width), with channels, 1 or 3, in the second or the last place;
    null takes x, X or inputs."""
    label: str | None = None
    """Column of a table, or array of an .npz, with the label of each example; a table needs it, null takes y or labels
    of an .npz."""

    @property
    def source(self) -> str:
        """The file or folder."""
        return self.file or self.folder or ""

    @property
    def test_source(self) -> str | None:
        """The file or folder of the test part."""
        return self.test_file or self.test_folder

"""Tasks that classifiers learn: labelled inputs, in three parts of which training sees one and no choice the last.

Small ones come with scikit-learn; images are read from the files that their authors give (image_files.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.schema import unknown
from weightflow.storage import parts_of, read_tensors, write_tensors
from weightflow.task_catalogue import DataSet

KIND = "task"
PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class Labelled:
    """Inputs and their labels.

    Attributes:
        inputs: (N, features) or (N, channels, height, width), float32.
        labels: (N,) from 0 on.
    """

    inputs: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Task:
    """What classifiers learn and are judged by.

    Attributes:
        training: what they are trained on; the scale of all inputs is measured here.
        validation: what every choice is made by.
        test: what only the results are measured on.
        classes: number of labels.
    """

    training: Labelled
    validation: Labelled
    test: Labelled
    classes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an input."""
        return self.training.inputs.shape[1:]


def split_task(everything: Labelled, settings: Mapping[str, Any], test: Labelled | None = None) -> Task:
    """Split, and scale by the training part: tables by feature, images as a whole.

    Args:
        everything: all that there is, or all but the test part.
        settings: shares `validation` and `test`, and the `seed` of the split.
        test: the test part, where the authors of the data name one.

    Raises:
        InputError: a part is empty, or a label is missing in training.
    """
    order = seeding.stream(settings["seed"], "task").permutation(len(everything.labels))
    held = [0 if test else round(settings["test"] * len(order)), round(settings["validation"] * len(order))]
    parts = np.split(order, np.cumsum(held))
    found = [Labelled(everything.inputs[own], everything.labels[own]) for own in parts]
    found[0] = test or found[0]
    training = found[2]
    classes = 1 + max((int(part.labels.max()) for part in found if len(part.labels)), default=-1)
    if not all(len(part.labels) for part in found) or len(np.unique(training.labels)) < classes:
        raise InputError(
            f"task: of {len(order)} examples a share of {settings['validation']} for validation and {settings['test']} "
            f"for the test leaves a part without examples, or training without some of the {classes} labels; change "
            "the shares."
        )
    image = training.inputs.ndim > 2
    mean, spread = (getattr(training.inputs, what)(axis=None if image else 0) for what in ("mean", "std"))
    scale = np.where(spread > 0, spread, 1)
    scaled = [Labelled(((part.inputs - mean) / scale).astype(np.float32), part.labels) for part in found]
    return Task(scaled[2], scaled[1], scaled[0], classes)


def built_in(name: str) -> Labelled:
    """A data set that comes with scikit-learn: digits as images of one channel, the others as tables."""
    from sklearn import datasets  # a second, and most jobs read no task

    found = getattr(datasets, f"load_{name}")()
    inputs = found.images[:, None] if name == "digits" else found.data
    return Labelled(inputs.astype(np.float32), found.target.astype(np.int64))


BUILT_IN: tuple[str, ...] = ("iris", "wine", "breast_cancer", "digits")


def named_task(name: str, settings: Mapping[str, Any], catalogue: Mapping[str, DataSet]) -> Task:
    """The task of a name, split and scaled.

    Args:
        name: one of `BUILT_IN`, or of the catalogue, whose files are there.
        settings: as `split_task` takes them; `test` counts where the authors of the data name no test part.
        catalogue: of images.

    Raises:
        InputError: an unknown name, a file that is missing or damaged, or as `split_task`.
    """
    if name in BUILT_IN:
        return split_task(built_in(name), settings)
    if name not in catalogue:
        raise InputError(f"task: {unknown('name', name, [*BUILT_IN, *catalogue])}")
    from weightflow.image_files import read_parts  # Pillow and SciPy, and most jobs read no images

    everything, test = read_parts(catalogue[name])
    return split_task(everything, settings, test)


def write_task(path: str | Path, task: Task, **metadata: Any) -> None:
    """Write a task."""
    parts = {part: getattr(task, part) for part in PARTS}
    tensors = {f"{part}.{what}": getattr(own, what) for part, own in parts.items() for what in ("inputs", "labels")}
    write_tensors(path, KIND, tensors, classes=task.classes, **metadata)


def read_task(path: str | Path) -> Task:
    """Read a task.

    Raises:
        InputError: the file is damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        own = [Labelled(*(artefact.tensors[f"{part}.{what}"] for what in ("inputs", "labels"))) for part in PARTS]
        return Task(*own, int(artefact.metadata["classes"]))

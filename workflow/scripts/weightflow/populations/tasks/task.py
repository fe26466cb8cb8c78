"""Tasks that classifiers learn: labelled inputs in a training, a validation and a test part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "task"
PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class Labelled:
    """Inputs and their labels.

    Attributes:
        inputs: (N, features) or (N, channels, height, width); float32 in a task.
        labels: (N,) from 0 on.
    """

    inputs: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Task:
    """Labelled inputs in three parts.

    Attributes:
        training: for training; the scale of all inputs comes from it.
        validation: for all choices.
        test: for results only.
        classes: number of labels.
        labels: their names, if they have any.
    """

    training: Labelled
    validation: Labelled
    test: Labelled
    classes: int
    labels: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an input."""
        return self.training.inputs.shape[1:]


def moments_of(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of inputs (n, …): of tables by feature, of images as a whole."""
    axis = None if inputs.ndim > 2 else 0
    return inputs.mean(axis), inputs.std(axis)


def split_task(
    everything: Labelled,
    settings: SplitSettings,
    test: Labelled | None = None,
    scale: str = "training",
    where: str = "task",
    kept: Sequence[int] | None = None,
) -> Task:
    """Split, and scale by the training part: tables by feature, images as a whole.

    Args:
        everything: all examples, or all but the test part.
        settings: shares `validation` and `test`, the `seed` of the split, whether it is `stratified`, and the largest
            number of `examples`.
        test: the authors' test part, if they name one.
        scale: training, or none to keep the inputs as they are.
        where: the source of the examples, for messages.
        kept: labels that are kept, in the order of their new numbers; None keeps all. They are chosen in each part of
            the whole, so that no test example of one choice is a training example of another.

    Raises:
        InputError: a part is empty, or a label is missing in training.
    """
    order = seeding.stream(settings.seed, "task").permutation(len(everything.labels))
    if settings.stratified:
        order = _spread_labels(everything.labels, order)
    order = order[: settings.examples]
    held = [0 if test else round(settings.test * len(order)), round(settings.validation * len(order))]
    parts = np.split(order, np.cumsum(held))
    own, validation, training = (Labelled(everything.inputs[part], everything.labels[part]) for part in parts)
    training, validation, test = found = [of_labels(part, kept) for part in (training, validation, test or own)]
    classes = len(kept) if kept else 1 + max((int(part.labels.max()) for part in found if len(part.labels)), default=-1)
    if not all(len(part.labels) for part in found) or len(np.unique(training.labels)) < classes:
        raise InputError(
            f"{where}: of {len(order)} examples a share of {settings.validation} for validation and {settings.test} "
            f"for the test leaves a part without examples, or training without some of the {classes} labels; change "
            "the shares or the seed of split."
        )
    if scale == "none":
        training, validation, test = (Labelled(part.inputs.astype(np.float32), part.labels) for part in found)
        return Task(training, validation, test, classes)
    mean, spread = moments_of(training.inputs)
    unit = np.where(spread > 0, spread, 1)
    training, validation, test = (
        Labelled(((part.inputs - mean) / unit).astype(np.float32), part.labels) for part in found
    )
    return Task(training, validation, test, classes)


def _spread_labels(labels: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(N,) an order in which every label is evenly spread, so that parts of consecutive examples are stratified.

    Args:
        labels: (N,).
        order: (N,) a random order, which the examples of each label keep among themselves.
    """
    places = np.empty(len(order))
    for label in np.unique(labels):
        own = np.flatnonzero(labels[order] == label)
        places[own] = (np.arange(len(own)) + 0.5) / len(own)
    return order[np.argsort(places, kind="stable")]


def of_labels(part: Labelled, kept: Sequence[int] | None) -> Labelled:
    """The examples of some labels, numbered by their place in `kept`."""
    if kept is None:
        return part
    own = np.isin(part.labels, kept)
    order = np.argsort(kept)
    labels = order[np.searchsorted(np.asarray(kept)[order], part.labels[own])]
    return Labelled(part.inputs[own], labels.astype(np.int64))


def write_task(path: str | Path, task: Task, **metadata: Any) -> None:
    """Write a task."""
    parts = {part: getattr(task, part) for part in PARTS}
    tensors = {f"{part}.{what}": getattr(own, what) for part, own in parts.items() for what in ("inputs", "labels")}
    names = {"labels": task.labels} if task.labels else {}
    write_tensors(path, KIND, tensors, classes=task.classes, **names, **metadata)


def read_task(path: str | Path) -> Task:
    """Read a task.

    Raises:
        InputError: the file is damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        own = [Labelled(*(artefact.tensors[f"{part}.{what}"] for what in ("inputs", "labels"))) for part in PARTS]
        training, validation, test = own
        names = tuple(map(str, artefact.metadata.get("labels", ())))
        task = Task(training, validation, test, int(artefact.metadata["classes"]), names)
        if names and len(names) != task.classes:
            raise ValueError(f"{len(names)} names are not those of {task.classes} labels")
        for part in own:
            fits = part.inputs.shape == (*part.labels.shape, *task.shape) and part.labels.dtype == np.int64
            if not fits or not len(part.labels) or part.labels.min() < 0 or part.labels.max() >= task.classes:
                raise ValueError(f"{part.labels.shape} labels do not fit inputs {part.inputs.shape}, or the classes")
        return task

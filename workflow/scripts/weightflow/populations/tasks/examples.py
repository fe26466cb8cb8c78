"""A user's own examples: labels with names, checked inputs, and the task that is made of them."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError, shown
from weightflow.formats.raw_snapshots import listed
from weightflow.populations.tasks.example_files import RawExamples
from weightflow.populations.tasks.example_sources import example_format
from weightflow.populations.tasks.selection import EVERYTHING, Selection, kept_labels, resized
from weightflow.populations.tasks.settings import ExampleSettings, SplitSettings
from weightflow.populations.tasks.task import Labelled, Task, of_labels, split_task

_ALLOWED = "labels are texts or whole numbers"
_LARGEST = 1e18  # size of an input; the squares of larger ones exceed 32 bits
_MOST_LABELS = 10_000


@dataclass(frozen=True)
class OwnExamples:
    """A user's examples.

    Attributes:
        source: their file or folder, for messages.
        everything: all examples, or all but the test part.
        test: the test part, if the authors define one.
        labels: the labels' names, in the order of their numbers.
        notes: how the files were read, a phrase for each.
    """

    source: str
    everything: Labelled
    test: Labelled | None
    labels: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an input."""
        return self.everything.inputs.shape[1:]

    def counts(self) -> dict[str, int]:
        """Number of examples of each label, without those of the test part."""
        found = np.bincount(self.everything.labels, minlength=len(self.labels))
        return dict(zip(self.labels, found.tolist(), strict=True))

    def summary(self) -> str:
        """What was read, in a few lines."""
        test = f", and {len(self.test.labels)} of the test part" if self.test else ""
        size = " × ".join(map(str, self.shape))
        lines = [
            f"examples: {len(self.everything.labels)}{test}",
            f"shape of an input: {size}{' (channels, height and width)' if len(self.shape) > 1 else ''}",
            f"labels ({len(self.labels)}): {listed(f'{name} ({count})' for name, count in self.counts().items())}",
            *self.notes,
        ]
        return "\n".join(lines)


def read_examples(settings: ExampleSettings) -> OwnExamples:
    """Read and check a user's examples.

    Raises:
        InputError: a file is missing, damaged or too large, its format is unknown, inputs are no finite numbers, labels
            are missing or all the same, or the test part has other inputs or labels.
    """
    source, test_source = settings.source, settings.test_source
    parts = _read(source, settings)
    if test_source is not None:
        if len(parts) > 1:
            raise InputError(f"{source}: has a test part of its own; remove the key of another one.")
        own = settings.but(inputs=parts[0].names or settings.inputs)
        parts = [parts[0], _read(test_source, own)[0]]
    sources = [source, test_source or source]
    named = [
        (_checked(raw.inputs, len(raw.labels), at), label_names(raw.labels, at))
        for raw, at in zip(parts, sources, strict=False)
    ]
    (inputs, names), *others = named
    labels = in_order(names)
    if len(labels) < 2:
        raise InputError(f"{source}: all examples have the label '{shown(labels[0])}'; two labels are the least.")
    if len(labels) > _MOST_LABELS:
        raise InputError(f"{source}: has {len(labels)} labels, and {_MOST_LABELS} is the most; check the key label.")
    test = None
    for own_inputs, own_names in others:
        _check_test(own_inputs, own_names, inputs, labels, sources)
        test = Labelled(own_inputs, _numbers(own_names, labels))
    notes = [
        note if len(parts) == 1 else f"{at}: {note}"
        for raw, at in zip(parts, sources, strict=False)
        for note in raw.notes
    ]
    return OwnExamples(source, Labelled(inputs, _numbers(names, labels)), test, labels, tuple(dict.fromkeys(notes)))


def in_size(examples: OwnExamples, selection: Selection) -> OwnExamples:
    """The examples with images of the chosen size; raises as `resized`."""
    test = examples.test and resized(examples.test, selection)
    return replace(examples, everything=resized(examples.everything, selection), test=test)


def selected(examples: OwnExamples, selection: Selection) -> OwnExamples:
    """The examples with images of the chosen size and the chosen labels only.

    Raises:
        InputError: a label is unknown, or as `resized`.
    """
    found, kept = in_size(examples, selection), kept_labels(examples.labels, selection)
    test = found.test and of_labels(found.test, kept)
    return replace(found, everything=of_labels(found.everything, kept), test=test, labels=_named(examples, kept))


def own_task(examples: OwnExamples, settings: SplitSettings, scale: str, selection: Selection = EVERYTHING) -> Task:
    """The task of a user's examples, split and scaled; arguments and errors as for `named_task`."""
    found, kept = in_size(examples, selection), kept_labels(examples.labels, selection)
    task = split_task(found.everything, settings, found.test, scale, examples.source, kept)
    return replace(task, labels=_named(examples, kept))


def _named(examples: OwnExamples, kept: Sequence[int] | None) -> tuple[str, ...]:
    """Names of the kept labels."""
    return examples.labels if kept is None else tuple(examples.labels[number] for number in kept)


def check_other(name: str, inputs: Sequence[int], shape: Sequence[int], where: str) -> None:
    """Refuse another task for fine-tuning with another shape than that of a user's examples.

    Args:
        name: the other task.
        inputs: shape of its inputs.
        shape: of the examples' inputs.
        where: the key of the other task, for messages.

    Raises:
        InputError: naming the key and the fix.
    """
    if tuple(inputs) != tuple(shape):
        raise InputError(
            f"{where}: inputs of {name} have shape {tuple(inputs)}, and the examples "
            f"{tuple(shape)}; remove {name}, or name a task of the same shape."
        )


def label_names(labels: np.ndarray, where: str) -> np.ndarray:
    """Labels as texts.

    Args:
        labels: (N,) texts, whole numbers or truth values.
        where: the file, for messages.

    Raises:
        InputError: a label is missing, neither text nor a whole number, or cannot be shown.
    """
    try:
        places, distinct = pd.factorize(labels)
    except TypeError as error:  # of lists
        raise InputError(f"{where}: {_ALLOWED}, not {shown(labels[0])}; check the key label.") from error
    if (places < 0).any():
        raise InputError(f"{where}: the example {int(np.argmax(places < 0)) + 1} has no label; add it, or remove it.")
    return np.array([_name(label, where) for label in distinct], dtype=object)[places]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels in the order of their numbers: by size if all are whole numbers, else as texts."""
    distinct = set(names)
    if all(re.fullmatch(r"-?\d+", name) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))


def _name(label: Any, where: str) -> str:
    if isinstance(label, bytes):
        label = label.decode("utf-8", errors="replace")
    if isinstance(label, float | np.floating) and float(label).is_integer():
        label = int(label)
    if not isinstance(label, str | int | np.integer | np.bool_):
        raise InputError(f"{where}: {_ALLOWED}, not {shown(label)}; check the key label.")
    name = str(label)
    if not name.strip() or not name.isprintable():
        raise InputError(f"{where}: the label {shown(ascii(name))} is empty or cannot be shown; rename it.")
    return name


def _read(path: str, settings: ExampleSettings) -> list[RawExamples]:
    own = example_format(path, settings)
    if path not in (settings.folder, settings.test_folder) and not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file; check the path.")
    return own.read.load()(Path(path), settings)


def _checked(inputs: np.ndarray, labels: int, where: str) -> np.ndarray:
    """Inputs as real numbers, those of images in 32 bits."""
    if len(inputs) != labels:
        raise InputError(f"{where}: holds {len(inputs)} inputs and {labels} labels; give one label for each input.")
    if not inputs.size:
        raise InputError(f"{where}: holds no examples, or examples without inputs, shape {inputs.shape}; add some.")
    if not np.isfinite(inputs).all():
        raise InputError(
            f"{where}: holds NaN or infinity in the example {int(np.argwhere(~np.isfinite(inputs))[0, 0]) + 1}; fill "
            "the gaps, or remove the example."
        )
    if max(abs(float(inputs.max())), abs(float(inputs.min()))) > _LARGEST:
        raise InputError(f"{where}: holds inputs larger than {_LARGEST:g}; give them in another unit.")
    return np.ascontiguousarray(inputs, np.float32 if inputs.ndim > 2 else np.float64)


def _check_test(
    inputs: np.ndarray, names: np.ndarray, training: np.ndarray, labels: tuple[str, ...], sources: list[str]
) -> None:
    """Refuse a test part with other inputs or labels than the rest."""
    if inputs.shape[1:] != training.shape[1:]:
        raise InputError(
            f"{sources[1]}: its inputs have shape {inputs.shape[1:]}, and those of {sources[0]} {training.shape[1:]}; "
            "give files that belong together."
        )
    if unknown := sorted(set(names) - set(labels)):
        raise InputError(
            f"{sources[1]}: has the label '{shown(unknown[0])}', which {sources[0]} does not have; add examples of it "
            "there, or remove them here."
        )


def _numbers(names: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    places = {name: i for i, name in enumerate(labels)}
    return np.array([places[name] for name in names], dtype=np.int64)

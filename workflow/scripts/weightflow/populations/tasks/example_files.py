"""Readers of a user's own examples: tables, arrays and images to inputs with a label each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from weightflow.errors import InputError
from weightflow.formats.arrays import array_names, read_arrays
from weightflow.formats.raw_snapshots import listed
from weightflow.formats.reading import as_files
from weightflow.formats.tables import read_labelled
from weightflow.limits import check_array
from weightflow.populations.tasks.example_sources import labels_beside
from weightflow.populations.tasks.images import (
    ClassedImages,
    read_folder,
    read_idx,
    read_svhn,
    read_zip,
    tar_parts,
)
from weightflow.populations.tasks.settings import ExampleSettings
from weightflow.populations.tasks.task import Labelled

_INPUTS, _LABELS = ("x", "X", "inputs"), ("y", "labels")  # usual names of arrays
_CHANNELS = (1, 3)
_FLOAT = 4  # bytes


@dataclass(frozen=True)
class RawExamples:
    """Examples as they are in a file.

    Attributes:
        inputs: (N, features) or (N, channels, height, width).
        labels: (N,) of any type.
        names: of the columns of a table, for the test part.
        notes: how the file was read, a phrase for each.
    """

    inputs: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def table_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """Rows of a table; raises as `read_labelled`."""
    label = settings.label or ""
    table = read_labelled(path, label, as_files(settings.inputs) or None)
    notes = [*table.notes, f"inputs: the columns {listed(table.names)}", f"labels: the column '{label}'"]
    return [RawExamples(table.values, table.labels.to_numpy(dtype=object), tuple(table.names), tuple(notes))]


def array_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """Two arrays of an .npz.

    Raises:
        InputError: the file is damaged, or an array is missing, of another type, of another shape or too large.
    """
    given = as_files(settings.inputs)
    if len(given) > 1:
        raise InputError(f"{path}: the key inputs names {len(given)} arrays; name the one with the inputs.")
    known = array_names(path)
    named = {
        "inputs": _array(given[0] if given else None, _INPUTS, "inputs", known, path),
        "label": _array(settings.label, _LABELS, "label", known, path),
    }
    inputs, labels = read_arrays(path, named)
    at = f"{path}: the array '{named['inputs']}'"
    if inputs.dtype.kind not in "iufb":
        raise InputError(f"{at} holds {inputs.dtype}, and inputs are numbers; convert it.")
    if labels.shape == (len(labels), 1):
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(
            f"{path}: the array '{named['label']}' has shape {labels.shape}; give one label for each example, as "
            "numpy.argmax(labels, 1) makes of indicators."
        )
    check_array(inputs.shape, inputs.itemsize + _FLOAT, at)
    inputs, shape = _with_channels(inputs, at)
    notes = (f"inputs: the array '{named['inputs']}', {shape}", f"labels: the array '{named['label']}'")
    return [RawExamples(inputs, labels, notes=notes)]


def zip_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """Images of a .zip; raises as `read_zip`."""
    return [_classed(read_zip(path))]


def folder_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """Images of a folder; raises as `read_folder`."""
    return [_classed(read_folder(path))]


def idx_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """Images of an IDX file, and the labels beside it; raises as `labels_beside` and `read_idx`."""
    return [_numbered(read_idx(path, labels_beside(path)))]


def tar_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """The training and the test part of an archive as CIFAR-10 or STL-10 have it; raises as `tar_parts`."""
    return [_numbered(part) for part in tar_parts(path)]


def mat_examples(path: Path, settings: ExampleSettings) -> list[RawExamples]:
    """Images of a MATLAB file as SVHN has it; raises as `read_svhn`."""
    return [_numbered(read_svhn(path))]


def _array(name: str | None, usual: Sequence[str], key: str, known: Sequence[str], path: Path) -> str:
    """The name of an array: the given one, or the only usual one of the file."""
    if name is not None:
        return name
    found = [own for own in usual if own in known]
    if len(found) != 1:
        raise InputError(
            f"{path}: holds the arrays {listed(known)}, {'several' if found else 'none'} of them {' or '.join(usual)}; "
            f"set {key} to one."
        )
    return found[0]


def _with_channels(inputs: np.ndarray, at: str) -> tuple[np.ndarray, str]:
    """Inputs (N, features) or (N, channels, height, width), and how their axes were read."""
    if inputs.ndim == 2:
        return inputs, "(examples, features)"
    if inputs.ndim == 3:
        return inputs[:, None], "images (examples, height, width) of one channel"
    if inputs.ndim == 4 and inputs.shape[1] in _CHANNELS:
        return inputs, "images (examples, channels, height, width)"
    if inputs.ndim == 4 and inputs.shape[3] in _CHANNELS:
        return inputs.transpose(0, 3, 1, 2), "images (examples, height, width, channels)"
    raise InputError(
        f"{at} has shape {inputs.shape}; expected (examples, features), or images (examples, height, width), with "
        "channels, 1 or 3, in the second or the last place."
    )


def _classed(found: ClassedImages) -> RawExamples:
    labels = np.array(found.classes, dtype=object)[found.images.labels]
    notes = (f"left out: {found.ignored} files that are no images",) if found.ignored else ()
    return RawExamples(found.images.inputs, labels, notes=("pixels: 0 to 1", *notes))


def _numbered(found: Labelled) -> RawExamples:
    return RawExamples(found.inputs, found.labels, notes=("pixels: 0 to 1",))

"""Tasks by their names: small ones come with scikit-learn, images are read from their authors' files."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from sklearn import datasets

from weightflow.errors import InputError, unknown
from weightflow.formats.downloads import check_sum
from weightflow.populations.tasks.catalogue import DataSet
from weightflow.populations.tasks.images import read_parts
from weightflow.populations.tasks.registry import BUILT_IN
from weightflow.populations.tasks.selection import EVERYTHING, Selection, fitted, kept_labels, resized
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import Labelled, Task, split_task


def built_in(name: str) -> Labelled:
    """A data set that comes with scikit-learn: digits as images of one channel, the others as tables."""
    found = getattr(datasets, f"load_{name}")()
    inputs = found.images[:, None] if name == "digits" else found.data
    return Labelled(inputs.astype(np.float32), found.target.astype(np.int64))


def named_task(
    name: str,
    settings: SplitSettings,
    catalogue: Mapping[str, DataSet],
    scale: str = "training",
    selection: Selection = EVERYTHING,
) -> Task:
    """The task of a name, split and scaled.

    Args:
        name: one of `BUILT_IN`, or of the catalogue, with its files in place.
        settings: as for `split_task`; `test` applies if the authors of the data name no test part.
        catalogue: of images.
        scale: as for `split_task`.
        selection: size of the images, and the labels that are kept.

    Raises:
        InputError: an unknown name, a file that is missing, damaged or not the catalogue's, a selection that does not
            fit, or as `split_task`.
    """
    everything, test = _read(name, catalogue)
    kept = kept_labels([str(number) for number in range(int(everything.labels.max()) + 1)], selection)
    everything, test = resized(everything, selection), resized(test, selection) if test else None
    return split_task(everything, settings, test, scale, kept=kept)


def fitted_task(
    name: str,
    settings: SplitSettings,
    catalogue: Mapping[str, DataSet],
    shape: tuple[int, ...],
    scale: str = "training",
    where: str = "task",
) -> Task:
    """The task of a name as networks of another task read it, split, and scaled by its own training part.

    Args:
        name: as for `named_task`.
        settings: as for `split_task`.
        catalogue: of images.
        shape: of the networks' input.
        scale: as for `split_task`.
        where: the key of the task, for messages.

    Raises:
        InputError: as `named_task`, or the inputs do not fit, as `fitted`.
    """
    everything, test = _read(name, catalogue)
    everything = replace(everything, inputs=fitted(everything.inputs, shape, name, where))
    test = test and replace(test, inputs=fitted(test.inputs, shape, name, where))
    return split_task(everything, settings, test, scale)


def _read(name: str, catalogue: Mapping[str, DataSet]) -> tuple[Labelled, Labelled | None]:
    """All examples but the test part, and the test part if the authors name one; raises as `named_task`."""
    if name not in BUILT_IN and name not in catalogue:
        raise InputError(f"task: {unknown('name', name, [*BUILT_IN, *catalogue])}")
    if name in BUILT_IN:
        return built_in(name), None
    for source in catalogue[name].files.values():
        check_sum(source.path, source.sha256, "the catalogue of tasks", source.content_sha256)
    return read_parts(catalogue[name])

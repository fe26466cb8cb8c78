"""Tasks by their names: small ones come with scikit-learn, images are read from their authors' files."""

from collections.abc import Mapping

import numpy as np
from sklearn import datasets

from weightflow.errors import InputError, unknown
from weightflow.formats.downloads import check_sum
from weightflow.populations.tasks.catalogue import DataSet
from weightflow.populations.tasks.images import read_parts
from weightflow.populations.tasks.registry import BUILT_IN
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import Labelled, Task, split_task


def built_in(name: str) -> Labelled:
    """A data set that comes with scikit-learn: digits as images of one channel, the others as tables."""
    found = getattr(datasets, f"load_{name}")()
    inputs = found.images[:, None] if name == "digits" else found.data
    return Labelled(inputs.astype(np.float32), found.target.astype(np.int64))


def named_task(name: str, settings: SplitSettings, catalogue: Mapping[str, DataSet], scale: str = "training") -> Task:
    """The task of a name, split and scaled.

    Args:
        name: one of `BUILT_IN`, or of the catalogue, with its files in place.
        settings: as for `split_task`; `test` applies if the authors of the data name no test part.
        catalogue: of images.
        scale: as for `split_task`.

    Raises:
        InputError: an unknown name, a file that is missing, damaged or not the catalogue's, or as `split_task`.
    """
    if name in BUILT_IN:
        return split_task(built_in(name), settings, scale=scale)
    if name not in catalogue:
        raise InputError(f"task: {unknown('name', name, [*BUILT_IN, *catalogue])}")
    for source in catalogue[name].files.values():
        check_sum(source.path, source.sha256, "the catalogue of tasks", source.content_sha256)
    everything, test = read_parts(catalogue[name])
    return split_task(everything, settings, test, scale)

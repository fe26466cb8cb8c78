"""Log-likelihoods of a user's states."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from weightflow.data.snapshots import Snapshots
from weightflow.errors import InputError, number, shown
from weightflow.formats.settings import FileSettings
from weightflow.formats.tables import StateTable, read_states
from weightflow.prediction.fitted import FittedModel
from weightflow.prediction.moving_density import NetworkDensity
from weightflow.storage import atomic

_ROUNDING = 1e-9  # share of the range within which a time is the first or the last snapshot's


def read_scored(path: Path, settings: FileSettings, data: Snapshots, ends: Sequence[str]) -> StateTable:
    """The states to score.

    Args:
        path: a table with the data set's column of times and its variables.
        settings: of the data set's files.
        data: the prepared data set.
        ends: models that end at the last snapshot.

    Raises:
        InputError: a missing column, a state that is none of the data set's, or a time that no model reaches.
    """
    names = data.representation.names if data.representation is not None else data.variables
    table = read_states(path, settings.but(variables=tuple(names)), data.time_label)
    first, last = data.observed_times[0], data.observed_times[-1]
    for end in (first, last):  # times of files are rounded
        table.times[np.abs(table.times - end) <= _ROUNDING * (last - first)] = end
    if table.times.min() < first:
        raise InputError(
            f"{path}: the time {number(table.times.min())} is before the first snapshot {number(first)}, where no "
            "model is defined; remove those rows."
        )
    if ends and table.times.max() > last:
        raise InputError(
            f"{path}: the time {number(table.times.max())} is past the last snapshot {number(last)}, where "
            f"{', '.join(ends)} must end; remove those rows, or set models.*.continuation.path."
        )
    wrong = data.discrete & (table.values != np.round(table.values))
    if wrong.any():
        raise InputError(
            f"{path}: it holds {shown(table.values[wrong][0])}, and the data set {settings.file or 'simulated'} is of "
            "counts; give whole numbers."
        )
    return table


def describe_scored(table: StateTable, data: Snapshots) -> str:
    """What was read, in one line."""
    past = int((table.times > data.observed_times[-1]).sum())
    told = f"{len(table.times)} states from time {number(table.times.min())} to {number(table.times.max())}"
    return f"{told}; {past} of them past the last snapshot, where no data test the models" if past else told


def score_states(table: StateTable, data: Snapshots, models: Iterable[FittedModel]) -> pd.DataFrame:
    """The table with a column MODEL-seedN for each model: natural logarithms of probabilities or densities.

    Densities are in the units of the file, or of principal components; −∞ marks counts that the model excludes.
    """
    made = data.representation
    states = table.values if made is None else made.states(table.values)
    states = states.astype(np.int64) if data.discrete else states
    volume = 0.0 if data.scaling is None else float(data.scaling.log_scales.sum())
    times, which = np.unique(table.times, return_inverse=True)
    found = {}
    for model in models:
        scores = np.empty(len(states))
        for k, weights in enumerate(model.weights(times).split(1)):
            scores[which == k] = NetworkDensity(model.backbone, weights, data.space, 0).log_prob(states[which == k])
        found[f"{model.name}-seed{model.seed}"] = scores + volume
    return pd.concat([table.frame, pd.DataFrame(found, index=table.frame.index)], axis=1)


def write_scored(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table in the format of its suffix: .csv, .tsv or .parquet."""
    with atomic(path) as temporary:
        if Path(path).suffix == ".parquet":
            table.to_parquet(temporary, index=False)
        else:
            separator = "\t" if Path(path).suffix == ".tsv" else ","
            table.to_csv(temporary, index=False, sep=separator, float_format="%.10g")

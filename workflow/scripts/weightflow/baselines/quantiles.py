"""Straight lines of each variable's quantiles."""

import numpy as np

from weightflow.baselines.intervals import lines
from weightflow.data.snapshots import Snapshots
from weightflow.prediction.predictions import Prediction
from weightflow.transport.quantile_path import quantile_path


def quantiles(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Each variable's quantiles on straight lines in time, at the ranks of all states of the nearer snapshot.

    Past the last snapshot, the lines through the last two continue, at the ranks of the last.
    """
    states = []
    for k, share in zip(*lines(data), strict=True):
        earlier, later = data.observed[k : k + 2]
        moved = quantile_path(earlier, later, share, later if share > 0.5 else earlier, rng)
        states.append(data.space.project(moved, rng))
    return Prediction(data.times, states)

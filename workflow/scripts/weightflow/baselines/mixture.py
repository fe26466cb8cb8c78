"""The mixture of the two neighbouring snapshots."""

import numpy as np

from weightflow.baselines.intervals import neighbours
from weightflow.data.snapshots import Snapshots
from weightflow.prediction.predictions import Prediction


def mixture(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """All states of the two neighbouring snapshots, weighted by nearness in time."""
    states, weights = [], []
    for k, share in zip(*neighbours(data), strict=True):
        parts = [(data.observed[k], 1 - share), (data.observed[min(k + 1, len(data.observed) - 1)], share)]
        parts = [(part, weight) for part, weight in parts if weight > 0]
        states.append(np.concatenate([part for part, _ in parts]))
        weights.append(np.concatenate([np.full(len(part), weight / len(part)) for part, weight in parts]))
    return Prediction(data.times, states, weights)

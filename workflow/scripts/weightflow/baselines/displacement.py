"""Displacement interpolation (McCann 1997) between neighbouring snapshots."""

import numpy as np

from weightflow.baselines.intervals import lines
from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import exactly
from weightflow.prediction.predictions import Prediction
from weightflow.transport.couplings import chain


def displacement(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Straight lines between optimally coupled states of neighbouring snapshots; the last ones continue."""
    particles = chain([exactly(snapshot, samples, rng) for snapshot in data.observed], rng)
    states = []
    for k, share in zip(*lines(data), strict=True):
        states.append(data.space.project((1 - share) * particles[k] + share * particles[k + 1], rng))
    return Prediction(data.times, states)

"""Cubic splines through states that are coupled from snapshot to snapshot."""

import numpy as np

from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import exactly
from weightflow.prediction.predictions import Prediction
from weightflow.transport.couplings import chain, transport_spline


def chained_transport(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """A cubic spline through particles that are coupled from snapshot to snapshot."""
    path = transport_spline(data.observed_times, chain([exactly(s, samples, rng) for s in data.observed], rng))
    return Prediction(data.times, [data.space.project(path(time), rng) for time in data.times])

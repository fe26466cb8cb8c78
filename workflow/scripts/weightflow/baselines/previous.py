"""The last observed snapshot."""

import numpy as np

from weightflow.data.snapshots import Snapshots
from weightflow.prediction.predictions import Prediction


def previous(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """All states of the last observed snapshot."""
    return Prediction(data.times, [data.observed[k] for k in data.before(data.times)])

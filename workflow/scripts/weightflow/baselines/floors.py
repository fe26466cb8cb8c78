"""Floors: how far the truth is from itself."""

import numpy as np

from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import exactly
from weightflow.errors import InputError
from weightflow.prediction.predictions import Prediction


def bootstrap(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """The truth resampled: the distance from the truth that sampling alone leaves."""
    return Prediction(data.times, [s[rng.integers(len(s), size=min(samples, len(s)))] for s in data.truth])


def independent(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Independent states of the same system at the same time; none where the truth is all there is.

    Raises:
        InputError: the data set has no second part.
    """
    if not data.independent:
        raise InputError("this data set has no second part; set its heldout to have the independent floor.")
    parts = zip(data.independent, data.truth, strict=True)
    # Where nothing is learnt, all states of a file judge, in both parts.
    apart = [s[:0] if np.array_equal(s, truth) else s for s, truth in parts]
    return Prediction(data.times, [exactly(s, min(samples, len(s)), rng) for s in apart])

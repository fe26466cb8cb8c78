"""Floors: the distance between two samples of the truth."""

import numpy as np

from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import exactly
from weightflow.errors import InputError
from weightflow.prediction.predictions import Prediction


def bootstrap(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """The truth resampled with replacement."""
    return Prediction(data.times, [s[rng.integers(len(s), size=min(samples, len(s)))] for s in data.truth])


def independent(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Independent states of the same system at the same time; empty at times without a second part.

    Raises:
        InputError: the data set has no second part.
    """
    if not data.independent:
        raise InputError("this data set has no second part; set its heldout to have the independent floor.")
    parts = zip(data.independent, data.truth, strict=True)
    # At times without training states, both parts hold all states of the file, so none are independent.
    apart = [s[:0] if np.array_equal(s, truth) else s for s, truth in parts]
    return Prediction(data.times, [exactly(s, min(samples, len(s)), rng) for s in apart])

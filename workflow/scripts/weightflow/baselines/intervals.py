"""Position of each time of a data set between observed snapshots."""

import numpy as np

from weightflow.data.snapshots import Snapshots


def neighbours(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the observed snapshot at or before it, and the elapsed share of the interval."""
    observed = data.observed_times
    k = data.before(data.times)
    following = np.minimum(k + 1, len(observed) - 1)
    length = np.where(following > k, observed[following] - observed[k], 1.0)
    return k, np.clip((data.times - observed[k]) / length, 0, 1)


def lines(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the interval between observed snapshots, and the elapsed share of the interval.

    Past the last snapshot, k is the index of the last interval, and the share is above 1.
    """
    observed = data.observed_times
    k = np.minimum(data.before(data.times), len(observed) - 2)
    return k, (data.times - observed[k]) / (observed[k + 1] - observed[k])

"""Where each time of a data set lies between observed snapshots."""

import numpy as np

from weightflow.data.snapshots import Snapshots


def neighbours(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the observed snapshot at or before it, and the share of the way to the next."""
    observed = data.observed_times
    k = data.before(data.times)
    following = np.minimum(k + 1, len(observed) - 1)
    length = np.where(following > k, observed[following] - observed[k], 1.0)
    return k, np.clip((data.times - observed[k]) / length, 0, 1)


def lines(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the first of two observed snapshots, and the share of the way from it to the next.

    Past the last snapshot these are the last two, and the share is above 1.
    """
    observed = data.observed_times
    k = np.minimum(data.before(data.times), len(observed) - 2)
    return k, (data.times - observed[k]) / (observed[k + 1] - observed[k])

"""Relaxation: how far a mean is on its way from one snapshot to the next, where it does not move evenly.

A mean that relaxes at rate κ has made (1 − e^{−κu}) / (1 − e^{−κ}) of its way when the share u of the time is
over: κ > 0 is fast at first, κ < 0 late, κ = 0 even.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

_FASTEST = 50.0


def relax(rate: np.ndarray, share: float) -> np.ndarray:
    """Shares of the way, of the shape of the rates (per length of the interval), at a share of the time."""
    rate = np.asarray(rate, dtype=float)
    moving = np.where(np.abs(rate) < 1e-8, 1.0, rate)
    return np.where(np.abs(rate) < 1e-8, share, np.expm1(-moving * share) / np.expm1(-moving))


def own_rates(snapshots: Sequence[np.ndarray], times: np.ndarray) -> np.ndarray:
    """A rate for each variable, per length of the first interval, from the means of the first three snapshots.

    The second mean has made some share of the way from the first to the third. Of the rates that explain it within
    one standard error, the one nearest to an even motion is taken. Even are also variables that overshoot,
    which no relaxation explains.

    Args:
        snapshots: K arrays (N_k, d); all move evenly where K < 3.
        times: (K,).

    Returns:
        (d,).
    """
    if len(snapshots) < 3:
        return np.zeros(snapshots[0].shape[1])
    means = np.stack([snapshot.mean(0) for snapshot in snapshots[:3]])
    errors = np.stack([snapshot.var(0) / len(snapshot) for snapshot in snapshots[:3]])
    length = (times[2] - times[0]) / (times[1] - times[0])
    return np.array([_rate(*variable, length) for variable in zip(means.T, errors.T, strict=True)])


def _rate(means: np.ndarray, errors: np.ndarray, length: float) -> float:
    """Rate from three means and their squared errors; `length` is that of both intervals over the first's."""
    way = means[2] - means[0]
    if way == 0:
        return 0.0
    share = (means[1] - means[0]) / way
    slopes = np.array([share - 1, 1.0, -share]) / way
    error = np.sqrt(slopes**2 @ errors)
    target = np.clip(1 / length, share - error, share + error)
    if target == 1 / length or not 0 < target < 1:
        return 0.0

    def behind(rate: float) -> float:
        return float(relax(np.array(rate * length), 1 / length)) - target

    if behind(-_FASTEST) > 0 or behind(_FASTEST) < 0:
        return float(np.sign(target - 1 / length) * _FASTEST)
    return float(brentq(behind, -_FASTEST, _FASTEST))

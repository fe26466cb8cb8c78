"""Counts with given means, variances and correlations.

Each count has the distribution of Panjer's class (Panjer 1981) with its mean and variance: binomial if the variance is
smaller than the mean, Poisson if equal, negative binomial if larger. Correlations are those of a Gaussian copula.
"""

import numpy as np
from scipy.special import ndtr

from weightflow.transport.moment_path import Bridge

_LARGE = 300.0  # means above it have rounded Gaussian noise
_FACTORS = np.linspace(1, 0.05, 20)  # by which predictions are shrunk, the mildest that leaves room for rounding
_FURTHEST, _MORE = 12, 20  # standard deviations and counts above the mean at which the recursion ends
_RANK = 1e-6  # of the largest eigenvalue; smaller ones are relations between variables
_NEAR = 1e-6  # of a variance over a mean to one, below which a count is Poisson


def draw_counts(bridge: Bridge, rng: np.random.Generator) -> np.ndarray:
    """(n, d) values with the moments of a bridge: counts, except those around large means, which are real.

    A prediction between two integers needs noise to become a count. So predictions are shrunk towards the mean until
    they and this noise together have the right variance. Noise beyond that of rounding has a variance in proportion to
    the count's mean, as the number of survivors among independent molecules has.
    """
    predicted = _shrunk(bridge)
    spread = predicted.std(0)
    rest = bridge.covariance - np.atleast_2d(predicted.T @ predicted / len(predicted))
    values, vectors = np.linalg.eigh(rest)
    rest = (vectors * np.maximum(values, 0)) @ vectors.T
    variances = np.maximum(np.diag(rest), 0)
    means = np.maximum(bridge.mean + predicted, 0.0)
    average = means.mean(0)
    rounding = _rounding(means)
    excess = variances - rounding.mean(0)
    shares = np.divide(means, average, out=np.ones_like(means), where=average > 0)
    own = np.where(excess > 0, rounding + excess * shares, variances)
    scale = np.divide(1.0, np.sqrt(variances), out=np.zeros_like(variances), where=variances > 0)
    normal = rng.multivariate_normal(np.zeros(len(variances)), rest, len(means), method="eigh") * scale
    per = np.divide(variances, average, out=np.zeros_like(average), where=average > 0)
    thirds = bridge.third - (predicted**3).mean(0) - 3 * per * spread**2
    found = means + np.sqrt(own) * normal
    for v in np.flatnonzero(variances > 0):
        skew = thirds[v] / variances[v]
        found[:, v] = _counts(ndtr(normal[:, v]), means[:, v], own[:, v], skew, found[:, v])
    return found


def _counts(levels: np.ndarray, means: np.ndarray, variances: np.ndarray, skew: float, large: np.ndarray) -> np.ndarray:
    """(n,) counts at levels 0 … 1, with third central moments `skew` times the variances where that can be.

    A count that starts at c and seldom changes is c plus a small count, not a small count itself: the distribution of
    Panjer's class is shifted by the integer that gives the third moment. Where the mean is far above this shift, the
    values of `large`, with Gaussian noise, are taken.
    """
    above = 2 * variances / max(skew + 1, _NEAR)  # mean above the shift
    shift = np.maximum(np.round(means - above), 0)
    shift = np.minimum(shift, np.floor(means))
    small = means - shift < _LARGE
    large = large.copy()
    if small.any():
        large[small] = shift[small] + _quantile(levels[small], (means - shift)[small], variances[small])
    return large


def _shrunk(bridge: Bridge) -> np.ndarray:
    """(n, d) predictions that leave room for the noise of rounding, and explain no more than the covariance."""
    predicted, room = bridge.predicted, np.diag(bridge.covariance)
    factors = np.zeros(len(room))
    for factor in _FACTORS:
        least = _rounding(np.maximum(bridge.mean + factor * predicted, 0)).mean(0)
        fits = factor**2 * predicted.var(0) + least <= room
        factors = np.where(fits & (factors == 0), factor, factors)
    predicted = predicted * factors
    # Directions in which the predictions vary more than the states.
    values, vectors = np.linalg.eigh(bridge.covariance)
    kept = values > _RANK * max(values[-1], 1e-300)
    half, back = vectors[:, kept] * np.sqrt(values[kept]), vectors[:, kept] / np.sqrt(values[kept])
    white = predicted @ back
    ratio, turn = np.linalg.eigh(np.atleast_2d(white.T @ white / len(white)))
    return white @ (turn / np.sqrt(np.maximum(ratio, 1))) @ turn.T @ half.T


def _rounding(means: np.ndarray) -> np.ndarray:
    """Variances of stochastic rounding to integers; no count with such a mean has a smaller one."""
    part = np.mod(means, 1)
    return part * (1 - part)


def _quantile(levels: np.ndarray, means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """(n,) counts at levels 0 … 1 of the distributions, by Panjer's recursion p_k = p_{k−1} (a + b/k)."""
    over = np.maximum(variances, np.maximum(_rounding(means), 1e-9)) / np.maximum(means, 1e-12)
    a = 1 - 1 / over
    a = np.where(np.abs(a) < _NEAR, _NEAR, a)
    b = means * (1 - a) - a
    with np.errstate(under="ignore"):
        chance = np.exp(np.maximum(means * (1 - a) / a * np.log1p(-a), -700))
    total, found = chance.copy(), np.zeros(len(means))
    top = int(np.ceil((means + _FURTHEST * np.sqrt(variances) + _MORE).max()))
    active = np.flatnonzero(levels > total)
    for k in range(1, top + 1):
        if not active.size:
            break
        chance[active] *= np.maximum(a[active] + b[active] / k, 0)
        total[active] += chance[active]
        found[active] = k
        active = active[(levels[active] > total[active]) & (chance[active] > 0)]
    return found

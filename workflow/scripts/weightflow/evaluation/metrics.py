"""Distances between a prediction and the truth, from samples or from probabilities.

`w_marginal` and `jsd_marginal` follow the code released with the paper, so that numbers are comparable; the
joint distances are exact optimal transport (POT). Samples may carry weights that sum to one. Distances of a density
from a law whose probabilities are known are in laws/law.py.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import ot
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from weightflow.density.weighted_states import merge_duplicates

_SMOOTHING = 1e-10
RELEASED_BANDWIDTHS = (0.1, 1.0, 10.0)
_MAX_ITERATIONS = 2_000_000
_NEGLIGIBLE = 1e-13  # mass below this is rounding error
_PAIRS_AT_ONCE = 2_000_000  # distances held at a time, 16 MB


def w_marginal(p: np.ndarray, q: np.ndarray) -> float:
    """Optimal transport between the d rows of p and of q as points in R^levels (the released definition)."""
    uniform = ot.unif(len(p))
    return float(ot.emd2(uniform, uniform, cdist(p, q)))


def w1_variables(
    x: np.ndarray, y: np.ndarray, x_weights: np.ndarray | None = None, y_weights: np.ndarray | None = None
) -> float:
    """W1 between samples (n, d) and (m, d) in each variable, mean over the variables."""
    return float(np.mean([wasserstein_distance(u, v, x_weights, y_weights) for u, v in zip(x.T, y.T, strict=True)]))


def jsd_marginal(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen–Shannon divergence, mean over the d rows, natural logarithm, smoothed by 1e-10 (as released)."""
    p, q = (_smooth(p), _smooth(q))
    middle = (p + q) / 2
    return float(0.5 * (_kl(p, middle) + _kl(q, middle)).mean())


def w_joint(
    x: np.ndarray, y: np.ndarray, x_weights: np.ndarray | None = None, y_weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Exact Wasserstein distances (W1, W2) with Euclidean cost between samples (n, d) and (m, d)."""
    x, a = merge_duplicates(x, x_weights)
    y, b = merge_duplicates(y, y_weights)
    return _w1(x, y, a, b), float(np.sqrt(_w2_squared(x, y, a, b)))


def w2_squared(x: np.ndarray, y: np.ndarray) -> float:
    """Squared exact Wasserstein distance W2² with Euclidean cost between samples (n, d) and (m, d)."""
    (x, a), (y, b) = merge_duplicates(x), merge_duplicates(y)
    return _w2_squared(x, y, a, b)


def mmd(
    x: np.ndarray, y: np.ndarray, x_weights: np.ndarray | None = None, y_weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Unbiased squared maximum mean discrepancy with Gaussian kernels.

    Returns:
        As released (the sum over σ = 0.1, 1 and 10), and with σ the median distance between x and y.
    """
    a = np.full(len(x), 1 / len(x)) if x_weights is None else x_weights
    b = np.full(len(y), 1 / len(y)) if y_weights is None else y_weights
    # Unbiased: pairs of a sample with itself are left out, and the other pairs rescaled.
    a_self, b_self = (a**2).sum(), (b**2).sum()
    (x, a), (y, b) = merge_duplicates(x, a), merge_duplicates(y, b)
    sigmas = np.array([*RELEASED_BANDWIDTHS, _median_distance(x, y, a, b)])
    xx, yy, xy = _kernel_means(x, x, a, a, sigmas), _kernel_means(y, y, b, b, sigmas), _kernel_means(x, y, a, b, sigmas)
    found = (xx - a_self) / (1 - a_self) + (yy - b_self) / (1 - b_self) - 2 * xy
    return float(found[:-1].sum()), float(found[-1])


def _w1(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """W1 between unique states; mass that both have at a state stays there, so only the rest is transported.

    W1 depends only on the difference of the two measures (Kantorovich–Rubinstein); W2 does not.
    """
    states, place = np.unique(np.concatenate([x, y]), axis=0, return_inverse=True)
    surplus = np.bincount(place.ravel(), np.concatenate([a, -b]))
    giving, taking = surplus > _NEGLIGIBLE, surplus < -_NEGLIGIBLE
    moved = surplus[giving].sum()
    if moved == 0:
        return 0.0
    supply, demand = surplus[giving] / moved, surplus[taking] / surplus[taking].sum()
    return float(moved * ot.emd2(supply, demand, cdist(states[giving], states[taking]), numItermax=_MAX_ITERATIONS))


def _w2_squared(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    found = ot.emd2(a, b, cdist(x, y, "sqeuclidean"), numItermax=_MAX_ITERATIONS)
    return float(max(found, 0.0))


def _kernel_means(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Mean of the Gaussian kernel of each width over all pairs."""
    found = np.zeros(len(sigmas))
    for squares, mass in _squared_distances(x, y, a, b):
        found += [mass @ np.exp(-0.5 / sigma**2 * squares) for sigma in sigmas]
    return found


def _squared_distances(
    x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Squared distances of all pairs and their weights, in parts; equal small integers are merged."""
    whole = x.dtype.kind in "iu" and y.dtype.kind in "iu"
    rows = max(1, _PAIRS_AT_ONCE // len(y))
    for start in range(0, len(x), rows):
        squares = cdist(x[start : start + rows], y, "sqeuclidean").ravel()
        mass = np.outer(a[start : start + rows], b).ravel()
        if whole and squares.max() < len(squares):
            gathered = np.bincount(squares.astype(np.int64), mass)
            squares = np.flatnonzero(gathered)
            mass = gathered[squares]
        yield squares, mass


def _median_distance(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Weighted median of the distances between two samples; 1 where more than half of the pairs coincide.

    With more pairs than fit at once, only every n-th state of the larger sample is used.
    """
    if len(x) < len(y):
        x, y, a, b = y, x, b, a
    step = -(-len(x) * len(y) // _PAIRS_AT_ONCE)
    parts = list(_squared_distances(x[::step], y, a[::step], b))
    squares, mass = (np.concatenate(values) for values in zip(*parts, strict=True))
    order = np.argsort(squares)
    middle = np.searchsorted(mass[order].cumsum(), 0.5 * mass.sum())
    return float(np.sqrt(squares[order[middle]])) or 1.0


def _smooth(p: Sequence[float] | np.ndarray) -> np.ndarray:
    p = np.asarray(p) + _SMOOTHING
    return p / p.sum(axis=-1, keepdims=True)


def _kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return (p * np.log(p / q)).sum(axis=-1)

"""New networks without a flow: baselines for generators of weights, and draws about good networks' latent vectors.

Every baseline has the mean of the training networks and the variance of each weight.
"""

import numpy as np

_JITTER = 0.25  # noise of near copies, in standard deviations of each weight
GOOD = 0.3  # share of the networks, the best on validation data, about which latent vectors are drawn


def gaussian(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, P) draws of a Gaussian with the mean and variance of each weight of networks (N, P)."""
    drawn = weights.mean(0) + weights.std(0) * rng.standard_normal((count, weights.shape[1]))
    return drawn.astype(weights.dtype)


def covariance(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, P) draws of a Gaussian with the mean and the covariance of networks (N, P), of rank N − 1 at most."""
    mixed = rng.standard_normal((count, len(weights))) @ (weights - weights.mean(0)) / len(weights) ** 0.5
    return (weights.mean(0) + mixed).astype(weights.dtype)


def kernel(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, P) draws of a Gaussian kernel density of networks (N, P), the bandwidth of each weight by Scott's rule.

    The dimension in the rule is min(N, P), since N networks lie in a space of at most N dimensions.
    """
    return _smoothed(weights, count, len(weights) ** (-1 / (4 + min(weights.shape))), rng)


def jittered(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, P) of networks (N, P) with a little noise: the accuracy of mere nearness to them."""
    return _smoothed(weights, count, _JITTER, rng)


def _smoothed(weights: np.ndarray, count: int, bandwidth: float, rng: np.random.Generator) -> np.ndarray:
    """Draws of a kernel density that keeps the variance (Silverman & Young 1987); bandwidth in deviations."""
    kept = (1 - bandwidth**2) ** 0.5 * (weights - weights.mean(0))[rng.integers(len(weights), size=count)]
    drawn = weights.mean(0) + kept + bandwidth * weights.std(0) * rng.standard_normal(kept.shape)
    return drawn.astype(weights.dtype)


def about_good(latent: np.ndarray, scores: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, z) draws of kernel densities about the latent vectors (N, z) of the best networks.

    Coordinates are treated as independent (Schürholt et al. 2022).

    Args:
        latent: (N, z) of the networks.
        scores: (N,) of the networks on validation data.
        count: of draws.
        rng: for all draws.
    """
    best = latent[np.argsort(-scores, kind="stable")[: max(2, round(GOOD * len(scores)))]]
    chosen = np.take_along_axis(best, rng.integers(len(best), size=(count, latent.shape[1])), axis=0)
    bandwidth = len(best) ** (-1 / 5) * best.std(0)
    return chosen + bandwidth * rng.standard_normal(chosen.shape)

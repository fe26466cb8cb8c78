"""New networks without a flow: baselines for generators of weights.

Every baseline has the mean of the training networks. At the usual value of its knob, all but midpoints have the
variance of each weight.
"""

from collections.abc import Callable

import numpy as np


def gaussian(weights: np.ndarray, count: int, rng: np.random.Generator, width: float = 1) -> np.ndarray:
    """(count, P) draws of a Gaussian with the mean and variance of each weight of networks (N, P).

    Args:
        weights: (N, P).
        count: of draws.
        rng: for all draws.
        width: factor of the standard deviation.
    """
    mean, spread = moments_of_weights(weights)
    spread = np.float32(width) * spread
    return one_by_one(count, len(mean), lambda: mean + spread * rng.standard_normal(len(mean), dtype=np.float32))


def covariance(weights: np.ndarray, count: int, rng: np.random.Generator, width: float = 1) -> np.ndarray:
    """(count, P) draws of a Gaussian with the mean and the covariance of networks (N, P), of rank N − 1 at most.

    Arguments as for `gaussian`.
    """
    mean, number = moments_of_weights(weights)[0], len(weights)

    def draw() -> np.ndarray:
        shares = rng.standard_normal(number).astype(np.float32) * np.float32(width / number**0.5)
        return mean + (shares - shares.mean()) @ weights  # the networks' mean has no share

    return one_by_one(count, len(mean), draw)


def kernel(weights: np.ndarray, count: int, rng: np.random.Generator, factor: float = 1) -> np.ndarray:
    """(count, P) draws of a Gaussian kernel density of networks (N, P), the bandwidth of each weight by Scott's rule.

    The dimension in the rule is min(N, P), since N networks lie in a space of at most N dimensions.

    Args:
        weights: (N, P).
        count: of draws.
        rng: for all draws.
        factor: of the rule's bandwidth, at most 1.
    """
    return _smoothed(weights, count, factor * len(weights) ** (-1 / (4 + min(weights.shape))), rng)


def jittered(weights: np.ndarray, count: int, rng: np.random.Generator, bandwidth: float = 0.25) -> np.ndarray:
    """(count, P) of networks (N, P) with noise: the accuracy of mere nearness to them.

    Args:
        weights: (N, P).
        count: of draws.
        rng: for all draws.
        bandwidth: of the noise, in standard deviations of each weight, at most 1.
    """
    return _smoothed(weights, count, bandwidth, rng)


def mixed(weights: np.ndarray, count: int, rng: np.random.Generator, share: float = 0.5) -> np.ndarray:
    """(count, P) mixtures of two of the networks (N, P); midpoints are far from both, if these are far from each other.

    Args:
        weights: (N, P).
        count: of draws.
        rng: for all draws.
        share: of the second network.
    """
    pairs = iter(pairs_of(len(weights), count, rng))
    return one_by_one(count, weights.shape[1], lambda: mixture(weights, next(pairs), share))


def number_of_pairs(networks: int) -> int:
    """Number of different pairs of networks."""
    return networks * (networks - 1) // 2


def pairs_of(networks: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 2) indices of different networks; no pair comes again before all have come. Of one network, itself."""
    whole = number_of_pairs(networks)
    if not whole or not count:
        return np.zeros((count, 2), dtype=int)
    rounds = [min(whole, count - start) for start in range(0, count, whole)]
    places = np.concatenate([rng.choice(whole, size, replace=False) for size in rounds])
    second = ((1 + np.sqrt(1 + 8 * places)) / 2).astype(int)  # pairs are numbered by their second network
    return rng.permuted(np.stack([places - second * (second - 1) // 2, second], axis=1), axis=1)


def mixture(values: np.ndarray, pair: np.ndarray, share: float) -> np.ndarray:
    """(…) of values (N, …) between those of a pair (2,); `share` is that of the second."""
    one, two = values[pair]
    return one * np.float32(1 - share) + two * np.float32(share)


def moments_of_weights(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P,) mean and standard deviation of each weight of networks (N, P), network by network."""
    mean = weights.mean(0, dtype=np.float32)
    squares = np.zeros_like(mean)
    for network in weights:
        squares += np.square(network - mean)
    return mean, np.sqrt(squares / len(weights))


def _smoothed(weights: np.ndarray, count: int, bandwidth: float, rng: np.random.Generator) -> np.ndarray:
    """Draws of a kernel density that keeps the variance (Silverman & Young 1987); bandwidth in deviations."""
    mean, spread = moments_of_weights(weights)
    kept, width = np.float32((1 - bandwidth**2) ** 0.5), np.float32(bandwidth)

    def draw() -> np.ndarray:
        about = kept * (weights[rng.integers(len(weights))] - mean)
        return mean + about + width * spread * rng.standard_normal(len(mean), dtype=np.float32)

    return one_by_one(count, len(mean), draw)


def one_by_one(count: int, size: int, draw: Callable[[], np.ndarray]) -> np.ndarray:
    """(count, P) of draws (P,), in single precision: large networks need no more memory than they have themselves."""
    found = np.empty((count, size), dtype=np.float32)
    for i in range(count):
        found[i] = draw()
    return found

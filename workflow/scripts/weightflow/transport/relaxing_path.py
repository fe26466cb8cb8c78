"""Paths of mean and covariance of variables that relax, each at its own rate, with rates that means leave open.

If nothing is known of a system but its snapshots, each variable is taken for a birth–death process: births at a
constant rate and deaths at rate κ per molecule, or births in proportion where κ < 0. Its jumps have a size that
restores the second snapshot's variance. Means of the first three snapshots determine κ only within their errors; where
relaxation is over before the second snapshot, they give a lower bound. So rates are drawn from their posterior
distribution.
"""

from collections.abc import Sequence

import numpy as np

from weightflow.transport.moment_path import KNOTS, MomentPath, covariance, third_moments
from weightflow.transport.relaxation import relax

FASTEST = 8.0  # largest rate per length of the first interval; a faster relaxation is over within a third of it
_SLOWEST = 0.1  # smallest rate but 0; a slower relaxation covers a tenth of the interval, and is as a line
_GRID = 20  # rates of either sign
_INEXACT = 0.05  # of the ways to the second and third mean, by which a relaxation at one rate may miss
_FINE = 4  # steps of the quadrature between two knots


def possible_rates(
    snapshots: Sequence[np.ndarray], times: np.ndarray, count: int, rng: np.random.Generator, fastest: float = FASTEST
) -> np.ndarray:
    """(count, d) rates κ per length of the first interval, drawn from their posterior distribution.

    The prior is log-uniform in the size of κ. The likelihood is that of the second mean given the first and third, if
    the variable relaxes about at one rate up to the third snapshot. With two snapshots the prior alone decides.

    Args:
        snapshots: K arrays (N_k, d).
        times: (K,).
        count: number of draws.
        rng: random generator.
        fastest: largest size of κ.
    """
    variables = snapshots[0].shape[1]
    sizes = np.geomspace(_SLOWEST, fastest, _GRID)
    rates = np.concatenate([-sizes[::-1], [0.0], sizes])
    surprise = np.zeros((len(rates), variables))
    if len(snapshots) > 2:
        means = np.stack([snapshot.mean(0) for snapshot in snapshots[:3]])
        errors = np.stack([snapshot.var(0) / len(snapshot) for snapshot in snapshots[:3]])
        length = (times[2] - times[0]) / (times[1] - times[0])
        shares = relax(rates * length, 1 / length)[:, None]
        missed = means[1] - (1 - shares) * means[0] - shares * means[2]
        ways = np.abs(means[1:] - means[0]).sum(0)
        squared = (_INEXACT * ways) ** 2 + errors[1] + (1 - shares) ** 2 * errors[0] + shares**2 * errors[2]
        surprise = missed**2 / np.maximum(squared, 1e-12)
    weights = np.exp(-0.5 * (surprise - surprise.min(0)))
    levels = (np.arange(count)[:, None] + rng.random((1, variables))) / count  # systematic draws, in random order
    cumulative = np.cumsum(weights, 0) / weights.sum(0)
    places = [np.searchsorted(c, u) for c, u in zip(cumulative.T, levels.T, strict=True)]
    drawn = rates[np.minimum(np.stack(places, 1), len(rates) - 1)]
    return rng.permuted(drawn, axis=0)


def relaxing_path(rates: np.ndarray, start: np.ndarray, end: np.ndarray) -> MomentPath:
    """The path between two snapshots (N, d) and (M, d) of variables that relax at rates (d,)."""
    shares = np.linspace(0, 1, KNOTS)
    fine = np.linspace(0, 1, _FINE * (KNOTS - 1) + 1)
    means = start.mean(0) + _covered(rates, fine) * (end.mean(0) - start.mean(0))
    slopes = np.gradient(means, fine, axis=0)
    noise = np.abs(slopes + rates * means) + np.abs(rates) * np.abs(means)
    pairs = np.sqrt(noise[:, :, None] * noise[:, None, :])
    spreads = _sourced(rates[:, None] + rates, covariance(start), covariance(end), pairs, fine)
    variances = np.maximum(np.einsum("gii->gi", spreads), 0)
    skewing = noise + 3 * np.abs(rates) * variances
    skews = _sourced(3 * rates, third_moments(start), third_moments(end), skewing, fine)
    values, vectors = np.linalg.eigh(spreads)
    spreads = np.einsum("gij,gj,gkj->gik", vectors, np.maximum(values, 0), vectors)
    kept = slice(None, None, _FINE)
    since = np.stack([np.diag(np.exp(-rates * u)) for u in shares])
    onward = np.stack([np.diag(np.exp(-rates * (1 - u))) for u in shares])
    return MomentPath(shares, means[kept], spreads[kept], skews[kept], onward, since)


def _covered(rates: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return np.stack([relax(rates, share) for share in shares])


def _sourced(
    rates: np.ndarray, start: np.ndarray, end: np.ndarray, source: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Solution of dy/du = −rate · y + f · source(u) from start to end, which fix f; by the trapezoidal rule."""
    step = shares[1]
    fade = np.exp(-rates * step)
    made = np.zeros_like(source)
    for i in range(1, len(shares)):
        made[i] = fade * made[i - 1] + step / 2 * (fade * source[i - 1] + source[i])
    faded = np.exp(-np.multiply.outer(shares, rates)) * start
    factor = np.divide(end - faded[-1], made[-1], out=np.zeros_like(end), where=made[-1] > 0)
    return faded + factor * made

"""Optimal transport between snapshots: couplings, displacement, and the chained transport spline.

None of this uses a network, and all of it uses the observed training snapshots alone.
"""

from collections.abc import Sequence

import numpy as np
import ot
from scipy.interpolate import CubicSpline


def couple(source: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) index of a target state for each source state, from the exact plan with squared cost.

    Where the plan splits a state's mass (unequal sizes), one of its targets is drawn.
    """
    plan = ot.emd(ot.unif(len(source)), ot.unif(len(target)), ot.dist(source, target), numItermax=1_000_000)
    cumulative = plan.cumsum(axis=1)
    levels = rng.random((len(source), 1)) * cumulative[:, -1:]
    return np.minimum((cumulative <= levels).sum(axis=1), len(target) - 1)


def chain(snapshots: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(K, N, d) particles that start at the first snapshot's states and follow the couplings through all."""
    particles = [snapshots[0].astype(float)]
    for snapshot in snapshots[1:]:
        target = snapshot.astype(float)
        particles.append(target[couple(particles[-1], target, rng)])
    return np.stack(particles)


def transport_spline(snapshots: Sequence[np.ndarray], times: np.ndarray, rng: np.random.Generator) -> CubicSpline:
    """A cubic spline (not-a-knot) through every chained particle: t to (N, d)."""
    return CubicSpline(times, chain(snapshots, rng), axis=0)


def round_to_counts(values: np.ndarray, states: int, rng: np.random.Generator) -> np.ndarray:
    """Stochastic rounding, unbiased in the mean, kept within 0 … states − 1."""
    return np.clip(np.floor(values + rng.random(values.shape)), 0, states - 1).astype(np.int64)

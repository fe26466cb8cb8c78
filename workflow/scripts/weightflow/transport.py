"""Optimal transport between snapshots: couplings, displacement, and the chained transport spline.

None of this uses a network, and all of it uses the observed training snapshots alone.
"""

from collections.abc import Sequence

import numpy as np
import ot
from scipy.interpolate import CubicSpline

MAX_EXACT = 4000  # states on a side; the exact plan's time grows faster than the square


def couple(source: np.ndarray, target: np.ndarray, rng: np.random.Generator, at_once: int = MAX_EXACT) -> np.ndarray:
    """(N,) index of a target state for each source state, from the exact plan with squared cost.

    Where the plan splits a state's mass (unequal sizes), one of its targets is drawn. Beyond `at_once` states
    on a side, both sides are cut at random into equally many parts that are coupled one by one (minibatch
    optimal transport, Fatras et al. 2020).

    Args:
        source: (N, d).
        target: (M, d).
        rng: of ties, splits and parts.
        at_once: most states on a side of one exact plan.
    """
    parts = -(-max(len(source), len(target)) // at_once)
    parts = min(parts, len(source), len(target))
    if parts == 1:
        return _couple_exactly(source, target, rng)
    chosen = np.empty(len(source), dtype=np.int64)
    rows, columns = (np.array_split(rng.permutation(len(side)), parts) for side in (source, target))
    for row, column in zip(rows, columns, strict=True):
        chosen[row] = column[_couple_exactly(source[row], target[column], rng)]
    return chosen


def chain(snapshots: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(K, N, d) particles that start at the first snapshot's states and follow the couplings through all."""
    particles = [snapshots[0].astype(float)]
    for snapshot in snapshots[1:]:
        target = snapshot.astype(float)
        particles.append(target[couple(particles[-1], target, rng)])
    return np.stack(particles)


def transport_spline(times: np.ndarray, particles: np.ndarray) -> CubicSpline:
    """A cubic spline (not-a-knot) in time (K,) through every chained particle (K, N, d): t to (N, d)."""
    return CubicSpline(times, particles, axis=0)


def _couple_exactly(source: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    plan = ot.emd(ot.unif(len(source)), ot.unif(len(target)), ot.dist(source, target), numItermax=1_000_000)
    cumulative = plan.cumsum(axis=1)
    levels = rng.random((len(source), 1)) * cumulative[:, -1:]
    return np.minimum((cumulative <= levels).sum(axis=1), len(target) - 1)

"""Optimal transport between snapshots: couplings, displacement, and the chained transport spline.

It uses no network, and only the observed training snapshots.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ot
from scipy.interpolate import CubicSpline, PchipInterpolator

_MAX_UNBALANCED = 500  # states on a side of an unbalanced plan; its time grows with their product
_UNBALANCED_STEPS = 500
_LEAST_MASS = 1e-9  # of the largest entry
_ALIKE = 3.0  # ratio of neighbouring intervals up to which a cubic spline through states hardly overshoots
_ROUNDING = 1e-9  # of ratios
MAX_EXACT = 4000  # states on a side; the exact plan's time grows faster than the square


def couple(source: np.ndarray, target: np.ndarray, rng: np.random.Generator, at_once: int = MAX_EXACT) -> np.ndarray:
    """(N,) index of a target state for each source state, from the exact plan with squared cost.

    Where the plan splits a state's mass (unequal sizes), one of its targets is drawn. If the product of their sizes is
    larger than that of two sides of `at_once` states, both sides are cut at random into equally many parts that are
    coupled one by one (minibatch optimal transport, Fatras et al. 2020).

    Args:
        source: (N, d).
        target: (M, d).
        rng: of ties, splits and parts.
        at_once: most states on a side of one exact plan.
    """
    parts = _parts(len(source), len(target), at_once)
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


def transport_spline(times: np.ndarray, particles: np.ndarray) -> CubicSpline | PchipInterpolator:
    """A smooth curve in time (K,) through every chained particle (K, N, d), by `smooth_curve`: t to (N, d)."""
    return smooth_curve(times, particles, "not-a-knot")


def smooth_curve(
    times: np.ndarray, values: np.ndarray, ends: str, alike: float = _ALIKE
) -> CubicSpline | PchipInterpolator:
    """A smooth curve through values at increasing times.

    It is a cubic spline if neighbouring intervals have ratios up to `alike`. Else the differences across a short
    interval, which are mostly sampling error, would bend the spline far out of the range of its values, so it is a
    monotone cubic interpolant (PCHIP), which stays between neighbouring values.

    Args:
        times: (K,).
        values: (K, …).
        ends: condition of the spline at its ends, as scipy names it.
        alike: largest ratio of neighbouring intervals of a spline.

    Returns:
        A function of a time, or of times, to values.
    """
    lengths = np.diff(times)
    ratios = lengths[1:] / lengths[:-1]
    if max(ratios.max(initial=1), (1 / ratios).max(initial=1)) > alike * (1 + _ROUNDING):
        return PchipInterpolator(times, values, axis=0)
    return CubicSpline(times, values, axis=0, bc_type=ends)


@dataclass(frozen=True)
class GrowingPlan:
    """An unbalanced coupling: pairs of states whose mass grows or shrinks on the way, each exponentially.

    Attributes:
        rows, columns: (E,) indices of the states of each pair, at the start and at the end.
        start, end: (E,) mass of each pair at the two ends; each sums to one, evenly over that end's states in pairs.
    """

    rows: np.ndarray
    columns: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def draw(self, share: float, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(count,) rows and columns of pairs at a share of the way, in proportion to their mass there.

        The draws are systematic, so that as few pairs as possible repeat, and in random order.
        """
        mass = self.start ** (1 - share) * self.end**share
        levels = (np.arange(count) + rng.random()) / count * mass.sum()
        chosen = np.minimum(np.searchsorted(mass.cumsum(), levels), len(mass) - 1)
        chosen = rng.permutation(chosen)
        return self.rows[chosen], self.columns[chosen]

    def images(self, target: np.ndarray, sources: int) -> np.ndarray:
        """(sources, d) mean target of each source state, weighted by mass; NaN for a source in no pair.

        Args:
            target: (M, d).
            sources: N.
        """
        return _means(self.rows, self.start, target[self.columns], sources)

    def origins(self, source: np.ndarray, targets: int) -> np.ndarray:
        """(targets, d) mean source of each target state, as `images`.

        Args:
            source: (N, d).
            targets: M.
        """
        return _means(self.columns, self.end, source[self.rows], targets)


def couple_growing(source: np.ndarray, target: np.ndarray, growth: float, rng: np.random.Generator) -> GrowingPlan:
    """Couple two snapshots by unbalanced optimal transport (Chizat et al. 2018), which can create and destroy mass.

    Cells divide and die, so a snapshot's composition can change although no cell moves. The objective is the squared
    cost plus Kullback–Leibler divergences of the plan's marginals from uniform ones, weighted by the mean cost over
    `growth`. The mass of a pair at either end is that of the plan, corrected to be uniform over the end's states. Many
    states are cut at random into parts, as by `couple`.

    Args:
        source: (N, d).
        target: (M, d).
        growth: 0 keeps all mass; larger values create and destroy more. The iteration converges slowly below 0.1.
        rng: of the parts.
    """
    at_once = MAX_EXACT if growth == 0 else _MAX_UNBALANCED
    parts = _parts(len(source), len(target), at_once)
    sides = (np.array_split(rng.permutation(len(side)), parts) for side in (source, target))
    found = []
    for own, others in zip(*sides, strict=True):
        cost = ot.dist(source[own].astype(float), target[others].astype(float))
        even = ot.unif(len(own)), ot.unif(len(others))
        if growth == 0 or cost.max() == 0:
            plan = ot.emd(*even, cost, numItermax=1_000_000)
        else:
            weight = cost.mean() / growth
            plan = ot.unbalanced.mm_unbalanced(*even, cost, weight, div="kl", numItermax=_UNBALANCED_STEPS)
        rows, columns = np.nonzero(plan > _LEAST_MASS * plan.max())
        found.append((own[rows], others[columns], plan[rows, columns]))
    rows, columns, mass = map(np.concatenate, zip(*found, strict=True))
    start = mass / (np.bincount(rows, mass, len(source))[rows] * len(source))
    end = mass / (np.bincount(columns, mass, len(target))[columns] * len(target))
    return GrowingPlan(rows, columns, start / start.sum(), end / end.sum())


def _parts(source: int, target: int, at_once: int) -> int:
    """Number of parts that two sides are cut into.

    The product of two parts' sizes is at most that of two sides of `at_once` states. So a small side is not cut apart
    for the sake of a large one.
    """
    return min(math.ceil(math.sqrt(source * target) / at_once), source, target)


def _means(places: np.ndarray, mass: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """(count, d) means of values (E, d) by place (E,), weighted by mass (E,)."""
    total = np.bincount(places, mass, count)
    sums = np.stack([np.bincount(places, mass * column, count) for column in values.T], axis=1)
    return np.divide(sums, total[:, None], out=np.full_like(sums, np.nan), where=total[:, None] > 0)


def _couple_exactly(source: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    plan = ot.emd(
        ot.unif(len(source)),
        ot.unif(len(target)),
        ot.dist(source.astype(float), target.astype(float)),
        numItermax=1_000_000,
    )
    cumulative = plan.cumsum(axis=1)
    levels = rng.random((len(source), 1)) * cumulative[:, -1:]
    return np.minimum((cumulative <= levels).sum(axis=1), len(target) - 1)

"""Paths of cells between snapshots: unbalanced couplings, in which cells divide and die, and curves through them.

Two snapshots determine neither the number of divisions and deaths between them nor the curvature of the paths. So there
are several strengths of growth and several ways, which `weightflow.teaching` compares.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from weightflow.transport.couplings import GrowingPlan, couple_growing, smooth_curve
from weightflow.transport.ways import MEAN, MONOTONE, SPLINE, STRAIGHT

_ALIKE = 10.0  # ratio of neighbouring intervals of a spline; wider than for one path, as left-out snapshots judge ways


class GrowingPaths:
    """Straight and curved paths between pairs of cells of neighbouring snapshots.

    Args:
        snapshots: K arrays (N_k, d).
        times: (K,).
        streams: a generator for each of the K − 1 intervals, of the parts of large snapshots.
    """

    def __init__(self, snapshots: Sequence[np.ndarray], times: np.ndarray, streams: Sequence[np.random.Generator]):
        self.times, self._streams = np.asarray(times, dtype=float), streams
        self.snapshots = [snapshot.astype(float) for snapshot in snapshots]
        self._plans: dict[tuple[int, float], GrowingPlan] = {}
        self._beyond: dict[tuple[int, float, int], np.ndarray] = {}

    @cached_property
    def _mean_curve(self) -> CubicSpline | PchipInterpolator:
        means = np.stack([snapshot.mean(0) for snapshot in self.snapshots])
        return _curve(SPLINE, self.times, means)

    @cached_property
    def diffusion(self) -> np.ndarray:
        """(d,) variance of the steps between balanced couples per unit of time, the mean over intervals."""
        found = []
        for k, length in enumerate(np.diff(self.times)):
            plan = self.plan(k, 0.0)
            steps = self.snapshots[k + 1][plan.columns] - self.snapshots[k][plan.rows]
            away = steps - plan.end @ steps
            found.append(plan.end @ away**2 / length)
        return np.mean(found, axis=0)

    def plan(self, k: int, growth: float) -> GrowingPlan:
        """The coupling across an interval; computed once.

        Args:
            k: the interval after the k-th snapshot.
            growth: ≥ 0, as of `couple_growing`.
        """
        if (k, growth) not in self._plans:
            start, end = self.snapshots[k : k + 2]
            self._plans[k, growth] = couple_growing(start, end, growth, self._streams[k])
        return self._plans[k, growth]

    def states(self, k: int, share: float, growth: float, way: str, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) states at a share of an interval, pairs drawn in proportion to their mass there.

        Args:
            k: the interval after the k-th snapshot.
            share: between 0 and 1.
            growth: of the couplings.
            way: straight: lines between the two cells. mean: lines, shifted by the spline through the means of all
                snapshots. monotone and spline: the monotone (PCHIP) and the natural cubic curve through the two cells,
                the mean cell that the first came from and the mean cell that the second goes to.
            count: number of states.
            rng: of the draws.
        """
        rows, columns = self.plan(k, growth).draw(share, count, rng)
        start, end = self.snapshots[k][rows], self.snapshots[k + 1][columns]
        line, time = start + share * (end - start), self.times[k] + share * (self.times[k + 1] - self.times[k])
        if way == STRAIGHT or len(self.times) == 2:
            return line
        if way == MEAN:
            first, last = (self._mean_curve(self.times[i]) for i in (k, k + 1))
            return line + self._mean_curve(time) - (first + share * (last - first))
        places, values = [k, k + 1], [start, end]
        if k > 0:
            before = self._cells_at(k - 1, growth, k)[rows]
            places, values = [k - 1, *places], [self._or_on_the_line(before, start, end, k, k - 1), *values]
        if k + 2 < len(self.times):
            after = self._cells_at(k + 2, growth, k + 1)[columns]
            places, values = [*places, k + 2], [*values, self._or_on_the_line(after, start, end, k, k + 2)]
        return _curve(way, self.times[places], np.stack(values))(time)

    def _cells_at(self, place: int, growth: float, of: int) -> np.ndarray:
        """(N, d) mean cells of a snapshot that the N cells of a neighbouring one came from or go to; computed once."""
        key = place, growth, of
        if key not in self._beyond:
            own, others = self.snapshots[of], self.snapshots[place]
            plan = self.plan(min(place, of), growth)
            self._beyond[key] = (plan.origins if place < of else plan.images)(others, len(own))
        return self._beyond[key]

    def _or_on_the_line(self, cells: np.ndarray, start: np.ndarray, end: np.ndarray, k: int, place: int) -> np.ndarray:
        """Cells at another snapshot; those in no pair are where the line through their pair of interval k leads."""
        slope = (end - start) / (self.times[k + 1] - self.times[k])
        return np.where(np.isnan(cells), start + (self.times[place] - self.times[k]) * slope, cells)


def _curve(way: str, times: np.ndarray, values: np.ndarray) -> CubicSpline | PchipInterpolator:
    """The curve through values (K, …)."""
    if way == MONOTONE:
        return PchipInterpolator(times, values, axis=0)
    return smooth_curve(times, values, "natural", _ALIKE)

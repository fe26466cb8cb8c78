"""A curve of weights: a natural cubic spline in weight space with its own knots.

It has more knots than there are anchors, so it can follow changes between snapshots. The knots are closest
together after the first snapshot, where a distribution that starts from a point changes like √t.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "weight spline"


@dataclass(frozen=True)
class WeightSpline:
    """Knots of the curve.

    Attributes:
        times: (M,) increasing, in the data's unit.
        weights: (M, P) weights at the knots.
    """

    times: np.ndarray
    weights: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """(T, P) weights at times (T,).

        Beyond the knots the curve continues as a straight line. A natural spline has no curvature at its ends, so the
        continued curve stays twice differentiable, and the fit's penalty on curvature does not grow.
        """
        return natural_basis(self.times, times) @ self.weights

    def slope(self, time: float) -> np.ndarray:
        """(P,) derivative at a time within the knots."""
        return CubicSpline(self.times, self.weights, axis=0, bc_type="natural")(time, 1)


_HORIZON = 0.5  # of the range of the snapshots: how far past the last one a curve is taught
_MOST_AHEAD = 4  # lengths of the last interval that have knots of their own past the last snapshot


def taught_until(observed: np.ndarray) -> float:
    """The time up to which a curve is taught past the last of the snapshots at times (K,)."""
    return float(observed[-1] + _HORIZON * (observed[-1] - observed[0]))


def times_ahead(observed: np.ndarray, each: int) -> np.ndarray:
    """Times past the last snapshot, up to half of the snapshots' range, evenly spaced.

    Args:
        observed: (K,) times of the snapshots.
        each: number of times per length of the last interval. Where half of the range is more than four lengths, four
            times as many are spaced over it.
    """
    reach = taught_until(observed) - observed[-1]
    lengths = min(_MOST_AHEAD, max(1, round(reach / (observed[-1] - observed[-2]))))
    return observed[-1] + reach * np.arange(1, lengths * each + 1) / (lengths * each)


def knot_times(observed: np.ndarray, each: int, first: int, ahead: int = 0) -> np.ndarray:
    """Times of the knots.

    Args:
        observed: (K,) times of the snapshots.
        each: intervals between knots in each interval between snapshots.
        first: those in the first interval, whose lengths grow linearly (times with the square of the index).
        ahead: those in every length of the last interval past the last snapshot, as of `times_ahead`; 0 ends there.

    Returns:
        (M,) with M = first + (K − 2) · each + 1, and those ahead; every snapshot's time is among them.
    """
    head = observed[0] + (observed[1] - observed[0]) * (np.arange(first) / first) ** 2
    rest = [np.linspace(a, b, each, endpoint=False) for a, b in itertools.pairwise(observed[1:])]
    past = times_ahead(observed, ahead) if ahead else observed[:0]
    return np.concatenate([head, *rest, observed[-1:], past])


def natural_basis(knots: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(T, M) values at times (T,) of the natural cubic splines that are 1 at one knot and 0 at the others."""
    curves = CubicSpline(knots, np.eye(len(knots)), axis=0, bc_type="natural")
    inside = np.clip(times, knots[0], knots[-1])
    return curves(inside) + (times - inside)[:, None] * curves(inside, 1)


def through(times: np.ndarray, weights: np.ndarray, knots: np.ndarray) -> WeightSpline:
    """The natural spline through weights (K, P) at times (K,), written with other knots (M,)."""
    return WeightSpline(knots, natural_basis(times, knots) @ weights)


def write_spline(path: str | Path, curve: WeightSpline, **metadata: Any) -> None:
    """Write the knots."""
    write_tensors(path, KIND, {"times": curve.times, "weights": curve.weights}, **metadata)


def read_spline(path: str | Path) -> WeightSpline:
    """Read the knots."""
    tensors = read_tensors(path, KIND, finite=True).tensors
    with parts_of(path):
        if tensors["weights"].shape[:1] != tensors["times"].shape:
            raise ValueError
        return WeightSpline(**tensors)

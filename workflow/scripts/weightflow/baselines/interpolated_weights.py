"""Interpolating the anchors' weights in time, without learning anything: the baselines of the method's path."""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import CubicSpline, interp1d


def interpolate_weights(kind: str, times: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weights between anchors.

    Args:
        kind: a name of `INTERPOLATIONS`.
        times: (K,) of the anchors.
        weights: (K, P).
        at: (T,) times within the anchors' range.

    Returns:
        (T, P).
    """
    return INTERPOLATIONS[kind](times, weights)(at)


def _linear(times: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return interp1d(times, weights, axis=0)


def _natural_spline(times: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return CubicSpline(times, weights, axis=0, bc_type="natural")


INTERPOLATIONS = {"weights_linear": _linear, "weights_spline": _natural_spline}

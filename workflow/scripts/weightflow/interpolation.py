"""Interpolating the anchors' weights in time, without learning anything: the baselines of the method's path."""

import numpy as np
from scipy.interpolate import CubicSpline, interp1d

FINE_POINTS = 201


def interpolate_weights(kind: str, times: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weights between anchors.

    Args:
        kind: 'weights_linear', or 'weights_spline' for the natural cubic spline.
        times: (K,) of the anchors.
        weights: (K, P).
        at: (T,) times within the anchors' range.

    Returns:
        (T, P).
    """
    if kind == "weights_linear":
        return interp1d(times, weights, axis=0)(at)
    return CubicSpline(times, weights, axis=0, bc_type="natural")(at)


def fine_times(times: np.ndarray) -> np.ndarray:
    """A grid over the observed range that a figure of the path looks smooth on."""
    return np.linspace(times[0], times[-1], FINE_POINTS)

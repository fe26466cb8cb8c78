"""Interpolation of the anchors' weights in time, without training."""

import numpy as np
from scipy.interpolate import CubicSpline, interp1d


def linear(times: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weights on straight lines between the anchors.

    Args:
        times: (K,) times of the anchors.
        weights: (K, P).
        at: (T,) times within the anchors' range.

    Returns:
        (T, P).
    """
    return interp1d(times, weights, axis=0)(at)


def natural_spline(times: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weights on a natural cubic spline through the anchors; arguments as of `linear`."""
    return CubicSpline(times, weights, axis=0, bc_type="natural")(at)

"""Arrays of a prediction for figures: joint probabilities on a grid, and the path of the weights on a fine time grid.

Figures do not import torch, so a prediction stores these arrays.
"""

import math
from dataclasses import dataclass, field

import numpy as np

FINE_POINTS = 201


@dataclass(frozen=True)
class FigureGrids:
    """Arrays for figures; each is empty where a prediction has none.

    Attributes:
        joints: (T, B, B) probabilities of two variables by the density at the prediction's times, in bins of
            `bin_counts(L, B)` counts or between the prediction's `edges`.
        pair: (2,) indices of these two variables.
        path_times: (F,) times of `fine_times`.
        path_weights: (F, P) weights of the moving network at these.
        frame_times: (G,) times between those of the prediction, for an animation; empty for predictions with many
            times or without joints.
        frame_joints: (G, B, B) probabilities as in `joints`, at these.
    """

    joints: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))
    pair: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    path_times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    path_weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    frame_times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    frame_joints: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def show(self, pair: tuple[int, int]) -> bool:
        """Whether `joints` belong to these two variables, in this order."""
        return len(self.joints) > 0 and tuple(self.pair) == tuple(pair)


def fine_times(times: np.ndarray) -> np.ndarray:
    """(F,) equally spaced times from the first to the last, for smooth figures of the path."""
    return np.linspace(times[0], times[-1], FINE_POINTS)


def bin_counts(states: int, bins: int) -> int:
    """Number of counts in a bin of `FigureGrids.joints`, if `bins` bins cover all states."""
    return math.ceil(states / bins)

"""The motion of a density: means, bands and joint densities on a grid of times of its own, for figures."""

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from weightflow.data.snapshots import Snapshots
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "motion"
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of the quantiles
POINTS = 81  # times of the means and quantiles
PICTURES = 6  # times of the joint densities
MOST_VARIABLES = 4  # in pairs
_ARRAYS = ("times", "means", "quantiles", "picture_times", "pairs", "joints")


@dataclass(frozen=True)
class Motion:
    """A density in motion, from the first snapshot to the last, in the units of the file.

    Attributes:
        times: (M,) evenly spaced times and those of the snapshots.
        means: (M, d).
        quantiles: (M, 5, d) at `LEVELS`.
        picture_times: (J,).
        pairs: (R, 2) indices i < j of variables; empty for a single variable.
        joints: (J, R, B, B) probabilities of the bins of `FigureGrids.joints`; empty if there are too many bins.
    """

    times: np.ndarray
    means: np.ndarray
    quantiles: np.ndarray
    picture_times: np.ndarray
    pairs: np.ndarray
    joints: np.ndarray


def picture_times(data: Snapshots) -> np.ndarray:
    """(J,) times from the first snapshot to the last, in turn at a snapshot and between two of them."""
    times = data.observed_times
    spread = np.linspace(times[0], times[-1], PICTURES)
    chosen = [times[0], times[-1]]
    for k, time in enumerate(spread[1:-1]):
        after = int(np.clip(np.searchsorted(times, time), 1, len(times) - 1))
        nearest = times[np.abs(times - time).argmin()]
        between = k % 2 == 0 or nearest in chosen
        chosen.append((times[after - 1] + times[after]) / 2 if between else nearest)
    found = np.unique(chosen)
    return found if len(found) == PICTURES else spread


def varying_pairs(data: Snapshots) -> list[tuple[int, int]]:
    """All pairs of the first four variables with more than two values; of the first two if fewer have."""
    pooled = np.concatenate(data.observed)
    many = [v for v in range(len(data.variables)) if len(np.unique(pooled[:, v])) > 2][:MOST_VARIABLES]
    return list(combinations(many if len(many) > 1 else range(len(data.variables))[:2], 2))


def write_motion(path: str | Path, motion: Motion, **metadata: object) -> None:
    """Write a motion."""
    write_tensors(path, KIND, {name: getattr(motion, name) for name in _ARRAYS}, **metadata)


def read_motion(path: str | Path) -> Motion:
    """Read a motion."""
    tensors = read_tensors(path, KIND).tensors
    with parts_of(path):
        return Motion(**{name: tensors[name] for name in _ARRAYS})

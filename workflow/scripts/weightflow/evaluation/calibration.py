"""Calibration: how often held-out states lie where a model says, by probability integral transforms.

A count x has the transform spread evenly from F(x − 1) to F(x) (Czado, Gneiting & Held, Biometrics 2009), so that the
transforms of a perfect model are uniform for counts too, without random numbers.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from weightflow.data.snapshots import Snapshots
from weightflow.evaluation.moments import Run
from weightflow.prediction.predictions import Prediction

PARTS = 10  # of the histogram of transforms
COVERAGES = (0.5, 0.9)  # of the central intervals


def inside(share: float) -> str:
    """Name of the column of a central interval."""
    return f"inside_{round(100 * share)}"


_HISTOGRAM = [f"pit_{k + 1}" for k in range(PARTS)]
_INSIDE = [inside(share) for share in COVERAGES]
COLUMNS = ["dataset", "model", "seed", "time", "seen", "variable", "states", *_INSIDE, *_HISTOGRAM]


def tabulate_calibration(runs: Iterable[Run]) -> pd.DataFrame:
    """Shares of held-out states in central intervals and in tenths of the distribution function.

    Args:
        runs: models with marginals; of a fold, only the left-out time is used.

    Returns:
        Table with `COLUMNS`, a row for every run, time and variable with states that the model was not trained on.
    """
    rows = []
    for run in runs:
        data, prediction = run.data, run.prediction
        if not len(prediction.marginals):
            continue
        for t in _tested(data):
            states = _held(data, t)
            for v, name in enumerate(data.variables):
                low, high = transforms(prediction, t, v, states[:, v])
                within = [_mean_share(low, high, (1 - share) / 2, (1 + share) / 2) for share in COVERAGES]
                tenths = [_mean_share(low, high, k / PARTS, (k + 1) / PARTS) for k in range(PARTS)]
                about = [run.dataset, run.model, run.seed, data.times[t], bool(data.is_observed[t]), name, len(states)]
                rows.append([*about, *within, *tenths])
    return pd.DataFrame(rows, columns=COLUMNS)


def transforms(prediction: Prediction, t: int, variable: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends (n,), (n,) of the interval that each value's transform is spread over; equal for real values.

    Args:
        prediction: with marginals.
        t: index of the time.
        variable: index of the variable.
        values: (n,).
    """
    masses = prediction.marginals[t, variable].astype(float)
    if len(prediction.edges):
        lost = max(0.0, 1 - masses.sum())  # beyond the bins; half of it on either side
        found = np.interp(values, prediction.edges[variable], lost / 2 + np.append(0, masses.cumsum()), 0, 1)
        return found, found
    reached = np.append(0, masses.cumsum() / masses.sum())
    places = np.clip(values.astype(int), 0, len(masses) - 1)  # the last one holds all larger counts, too
    return reached[places], reached[places + 1]


def _tested(data: Snapshots) -> list[int]:
    """Indices of times with states that no model was trained on."""
    if data.left_out is not None:
        return [data.left_out]
    return [t for t in range(len(data.times)) if data.times[t] >= data.observed_times[0] and len(_held(data, t))]


def _held(data: Snapshots, t: int) -> np.ndarray:
    """States at a time that no model was trained on."""
    if data.left_out is not None:
        return data.truth[t]
    held = data.heldout[t] if data.heldout else data.training[t][:0]
    return held if len(held) or data.is_observed[t] else data.training[t]


def _mean_share(low: np.ndarray, high: np.ndarray, start: float, end: float) -> float:
    """Mean share of the intervals from low to high between start and end; of points, the last part holds its end."""
    width = high - low
    overlap = np.clip(np.minimum(high, end) - np.maximum(low, start), 0, None)
    point = (low >= start) & ((low < end) | (end >= 1))
    return float(np.where(width > 0, overlap / np.where(width > 0, width, 1), point).mean())

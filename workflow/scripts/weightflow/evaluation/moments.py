"""Moments of each variable, predicted and true: mean, variance, skewness and excess kurtosis."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weightflow.data.snapshots import Snapshots
from weightflow.prediction.predictions import Prediction

MOMENTS = ("mean", "variance", "skewness", "kurtosis")
COLUMNS = ["dataset", "model", "seed", "time", "seen", "variable", "moment", "predicted", "true"]


@dataclass(frozen=True)
class Run:
    """One run's predictions, and the truth that they are compared with.

    Attributes:
        dataset: name of the data set, or of a fold.
        model: that predicted.
        seed: of the run.
        data: the truth by its states; of a fold, the time that it leaves out alone counts.
        prediction: at the same times.
    """

    dataset: str
    model: str
    seed: int
    data: Snapshots
    prediction: Prediction


def moments(states: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """(4, d) mean, variance, skewness and excess kurtosis of states (n, d), in the order of `MOMENTS`.

    They are those of the weighted states themselves, without a correction for their number, as scipy.stats has them by
    default. A variable with a single value has no skewness and no kurtosis: NaN.

    Args:
        states: (n, d).
        weights: (n,) that sum to one; None where all states count the same.
    """
    if weights is None:
        weights = np.full(len(states), 1 / len(states))
    mean = weights @ states
    away = states - mean
    away[:, np.ptp(states, axis=0) == 0] = 0  # what rounding left of it
    second, third, fourth = (weights @ away**power for power in (2, 3, 4))
    spread = np.where(second > 0, second, np.nan)
    return np.stack([mean, second, third / spread**1.5, fourth / spread**2 - 3])


def compare_moments(runs: Iterable[Run]) -> pd.DataFrame:
    """The moments of every run's samples beside those of the truth.

    Returns:
        Table with `COLUMNS`, a row for every run, time, variable and moment.
    """
    truths: dict[str, list[np.ndarray]] = {}
    tables = []
    for run in runs:
        if run.dataset not in truths:
            truths[run.dataset] = [moments(states) for states in run.data.truth]
        data = run.data
        shown = np.arange(len(data.times)) if data.left_out is None else np.array([data.left_out])
        shown = np.array([t for t in shown if len(run.prediction.samples[t])], dtype=int)
        if not len(shown):
            continue
        predicted = np.stack([moments(*run.prediction.weighted(t)) for t in shown])
        shape = predicted.shape
        table = {
            "time": np.repeat(data.times[shown], shape[1] * shape[2]),
            "seen": np.repeat(data.is_observed[shown], shape[1] * shape[2]),
            "variable": np.tile(data.variables, shape[0] * shape[1]),
            "moment": np.tile(np.repeat(MOMENTS, shape[2]), shape[0]),
            "predicted": predicted.ravel(),
            "true": np.stack([truths[run.dataset][t] for t in shown]).ravel(),
        }
        tables.append(pd.DataFrame(table).assign(dataset=run.dataset, model=run.model, seed=run.seed))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def determination(predicted: np.ndarray, true: np.ndarray) -> float:
    """Coefficient of determination R² = 1 − Σ (true − predicted)² / Σ (true − mean)², of pairs that are numbers.

    One is perfect; a constant at the mean of the truth has zero, and what is worse a negative value. NaN where fewer
    than two true values differ.
    """
    known = np.isfinite(predicted) & np.isfinite(true)
    predicted, true = predicted[known], true[known]
    if len(true) < 2 or np.ptp(true) == 0:
        return float("nan")
    return float(1 - ((true - predicted) ** 2).sum() / ((true - true.mean()) ** 2).sum())

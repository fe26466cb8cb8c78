"""Moments of each variable, predicted and true: mean, variance, skewness and excess kurtosis."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.prediction.predictions import Prediction, read_prediction

MOMENTS = ("mean", "variance", "skewness", "kurtosis")
COLUMNS = ["dataset", "model", "seed", "time", "seen", "variable", "moment", "predicted", "true"]
DETERMINATION = ["model", "variable", "moment", "times", "r2", "pairs", "undefined"]
HELD_OUT, ALL = "held-out", "all"


@dataclass(frozen=True)
class Run:
    """One run's predictions, and the truth.

    Attributes:
        dataset: name of the data set, or of a fold.
        model: name of the model.
        seed: of the run.
        data: the true states; for a fold, only its left-out time is used.
        prediction: at the same times.
    """

    dataset: str
    model: str
    seed: int
    data: Snapshots
    prediction: Prediction


def read_runs(
    named: Iterable[tuple[str, str, int]], snapshots: Iterable[str], predictions: Iterable[str]
) -> Iterator[Run]:
    """Runs from their files, one after the other.

    Args:
        named: data set or fold, model and seed of each.
        snapshots: files of the data sets and folds.
        predictions: the file of each run.
    """
    data = {Path(path).parent.name: read_snapshots(path) for path in snapshots}
    for (name, model, seed), path in zip(named, predictions, strict=True):
        yield Run(name, model, seed, data[name], read_prediction(path))


def moments(states: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """(4, d) mean, variance, skewness and excess kurtosis of states (n, d), in the order of `MOMENTS`.

    They have no correction for the number of states, as in scipy.stats by default. The skewness and kurtosis of a
    variable with a single value are NaN.

    Args:
        states: (n, d).
        weights: (n,) that sum to one; None for equal weights.
    """
    if weights is None:
        weights = np.full(len(states), 1 / len(states))
    mean = weights @ states
    away = states - mean
    away[:, np.ptp(states, axis=0) == 0] = 0  # removes rounding errors of constants
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


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Moments as means over seeds, without the first time: the initial snapshot is given.

    A moment that is undefined for a seed is undefined.

    Args:
        table: with `COLUMNS`, of one data set and its folds.
    """
    later = table[table["time"] > table["time"].min()]
    keys = ["model", "dataset", "time", "seen", "variable", "moment"]
    seeds = later.groupby(keys, sort=False)[["predicted", "true"]]
    return seeds.mean().where(seeds.count().eq(seeds.size(), axis=0)).reset_index()


def determinations(table: pd.DataFrame) -> pd.DataFrame:
    """The coefficient of determination of each variable and moment by itself.

    It is over the held-out times, if there are any, else over all.

    Args:
        table: with `COLUMNS`, of one data set and its folds.

    Returns:
        Table with `DETERMINATION`: model, variable, moment, times [held-out|all], r2 (empty where the true moment does
        not vary), pairs it is over, and pairs left out because the predicted moment is undefined.
    """
    rows = []
    mean = over_seeds(table)
    for (model, variable, moment), own in mean.groupby(["model", "variable", "moment"], sort=False):
        judged, times = (own, ALL) if own["seen"].all() else (own[~own["seen"]], HELD_OUT)
        true, predicted = judged["true"].to_numpy(), judged["predicted"].to_numpy()
        known = np.isfinite(true)
        both = known & np.isfinite(predicted)
        r2 = determination(predicted, true)
        rows.append((model, variable, moment, times, r2, int(both.sum()), int((known & ~both).sum())))
    return pd.DataFrame(rows, columns=DETERMINATION)


def determination(predicted: np.ndarray, true: np.ndarray) -> float:
    """Coefficient of determination R² = 1 − Σ (true − predicted)² / Σ (true − mean)², of finite pairs.

    One is perfect; the constant mean of the truth has zero, and worse predictions are negative. NaN for fewer than two
    different true values.
    """
    known = np.isfinite(predicted) & np.isfinite(true)
    predicted, true = predicted[known], true[known]
    if len(true) < 2 or np.ptp(true) == 0:
        return float("nan")
    return float(1 - ((true - predicted) ** 2).sum() / ((true - true.mean()) ** 2).sum())

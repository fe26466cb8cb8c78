"""Evaluating predictions: one long table of metrics over times, and its summary over times and seeds."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import at_most
from weightflow.density.scoring import fit_levels
from weightflow.density.weighted_states import marginals
from weightflow.evaluation.registry import Comparison, compute
from weightflow.evaluation.seed_statistics import over_seeds
from weightflow.laws.law import ExactLaw
from weightflow.prediction.predictions import Prediction
from weightflow.progress import progress

COLUMNS = ["dataset", "model", "seed", "time", "seen", "extrapolated", "metric", "value"]
EXTRAPOLATED = "extrapolated"  # past the last observed snapshot
FIRST = "first"  # before the second observed snapshot
_JOINT_TIMES = 20


@dataclass(frozen=True)
class Judge:
    """The truth, and how often predictions are compared with it.

    Attributes:
        data: the true states.
        law: the exact law, or None if it is unknown.
        joint_every: distances between joint distributions are computed at every n-th time, from the first on, and at
            the left-out time of a fold; None takes the n that gives about 20 times, and every time if there are fewer.
        joint_states: largest number of true states in these distances, drawn at random, the same for every prediction.
            For real values, the number of samples is the same; clouds with weights are used whole.
    """

    data: Snapshots
    law: ExactLaw | None
    joint_every: int | None
    joint_states: int

    @property
    def joint_step(self) -> int:
        """The n of `joint_every`."""
        return self.joint_every or max(1, len(self.data.times) // _JOINT_TIMES)


def evaluate(judge: Judge, prediction: Prediction, threads: int) -> pd.DataFrame:
    """Every available metric at every time; of a fold, at its left-out time alone, for which it was made.

    Args:
        judge: the truth.
        prediction: at the same times.
        threads: times evaluated side by side (POT and SciPy release the interpreter lock).

    Returns:
        Table time, seen, extrapolated (past the last observed snapshot), metric, value.

    Raises:
        ValueError: prediction, data and law do not have the same times.
    """
    data, law = judge.data, judge.law
    if not np.array_equal(prediction.times, data.times):
        raise ValueError(f"the prediction has times {prediction.times}, the data {data.times}")
    if law is not None and not np.allclose(law.times, data.times):
        raise ValueError(f"the exact law has times {law.times}, the data {data.times}")
    asked = range(len(data.times)) if data.left_out is None else [data.left_out]
    with ThreadPoolExecutor(threads) as pool:
        jobs = pool.map(lambda t: _at_time(judge, prediction, t), asked)
        values = list(progress(jobs, "evaluating", total=len(asked)))
    rows = [
        (time, bool(seen), bool(time > data.observed_times[-1]), metric, value)
        for t, found in zip(asked, values, strict=True)
        for time, seen in [(data.times[t], data.is_observed[t])]
        for metric, value in found.items()
    ]
    return pd.DataFrame(rows, columns=["time", "seen", EXTRAPOLATED, "metric", "value"])


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over times, then mean and standard deviation over seeds.

    The first time is left out: the initial snapshot is given, not predicted.

    Args:
        table: with `COLUMNS`; its seen times include every observed time of a data set. Times may be rounded, as in
            files, so they are compared only with each other.

    Returns:
        Table dataset, model, metric, times [all|seen|unseen|first|extrapolated], mean, std (over seeds, ddof 1), n
        (seeds); `first` are the times before the second observed snapshot, `extrapolated` those past the last, which
        are in none of the other parts.
    """
    predicted = table["time"] > table.groupby("dataset")["time"].transform("min")
    within = predicted & ~table[EXTRAPOLATED]
    later = table[within]
    parts = {
        "all": later,
        "seen": later[later["seen"]],
        "unseen": later[~later["seen"]],
        FIRST: table[within & before_second(table)],
        EXTRAPOLATED: table[predicted & table[EXTRAPOLATED]],
    }
    return pd.concat([at_times(part, times) for times, part in parts.items()], ignore_index=True)


def before_second(table: pd.DataFrame) -> pd.Series:
    """Whether each row is of a time before the second observed snapshot; the table is as in `summarise`."""
    observed = table[table["seen"]].groupby("dataset")["time"]
    second = observed.agg(lambda times: np.append(np.unique(times), np.inf)[1])
    return table["time"] < table["dataset"].map(second)


def at_times(part: pd.DataFrame, times: str) -> pd.DataFrame:
    """Mean over the times, then mean and standard deviation over seeds.

    Args:
        part: dataset, model, metric, seed, value at some times.
        times: name of these times.

    Returns:
        Table dataset, model, metric, times, mean, std, n (seeds).
    """
    keys = ["dataset", "model", "metric"]
    return over_seeds(part, keys, "n").assign(times=times)[[*keys, "times", "mean", "std", "n"]]


def at_unseen_times(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of a summary that rank models: of unseen times, else of times past the last snapshot, else of all."""
    there = set(summary["times"])
    return summary[summary["times"] == next((part for part in ("unseen", EXTRAPOLATED) if part in there), "all")]


def _at_time(judge: Judge, prediction: Prediction, t: int) -> dict[str, float]:
    found = {name: float(values[t]) for name, values in prediction.scores.items()}
    if len(prediction.samples[t]):
        found |= compute(_compared(judge, prediction, t))
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _compared(judge: Judge, prediction: Prediction, t: int) -> dict[Comparison, tuple[np.ndarray, ...]]:
    """Inputs of the metrics at the t-th time, by `Metric.compares`."""
    data, truth = judge.data, judge.data.truth[t]
    samples, weights = prediction.weighted(t)
    found: dict[Comparison, tuple[np.ndarray, ...]] = {}
    if data.space.has_unit_bins:
        p = _frequencies(samples, weights)
        if judge.law is not None:
            own = prediction.marginals[t] if len(prediction.marginals) else p
            exact = judge.law.marginals(t, judge.law.levels)
            found["exact marginals"] = _fitted(own[judge.law.variables], exact)
        found["marginals"] = _fitted(p, _frequencies(truth, np.full(len(truth), 1 / len(truth))))
    else:
        found["variables"] = samples, truth, weights
    if t % judge.joint_step == 0 or t == data.left_out:
        truth = at_most(truth, judge.joint_states, seeding.stream(0, "reference", t))
        if not data.discrete and not prediction.sample_weights:
            samples = at_most(samples, len(truth), seeding.stream(0, "prediction", t))
            weights = np.full(len(samples), 1 / len(samples))
        found["joint"] = samples, truth, weights
    return found


def _frequencies(states: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return marginals(states, weights, 1 + int(states.max()))


def _fitted(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    levels = max(p.shape[1], q.shape[1])
    return fit_levels(p, levels), fit_levels(q, levels)

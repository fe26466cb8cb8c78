"""Evaluating predictions: one long table of metrics over times, and its summary over times and seeds."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from weightflow import metrics
from weightflow.prediction import Prediction
from weightflow.progress import progress
from weightflow.snapshots import Snapshots

COLUMNS = ["dataset", "model", "seed", "time", "seen", "metric", "value"]


def evaluate(data: Snapshots, prediction: Prediction, threads: int) -> pd.DataFrame:
    """Every metric at every time.

    Args:
        data: the truth.
        prediction: at the same times.
        threads: times evaluated side by side (POT and SciPy release the interpreter lock).

    Returns:
        Table time, seen, metric, value.
    """
    if not np.array_equal(prediction.times, data.times):
        raise ValueError(f"the prediction has times {prediction.times}, the data {data.times}")
    levels = 1 + max(int(s.max()) for s in (*data.truth, *prediction.samples)) if data.discrete else 0
    with ThreadPoolExecutor(threads) as pool:
        jobs = pool.map(lambda t: _at_time(data, prediction, t, levels), range(len(data.times)))
        values = list(progress(jobs, "evaluating", total=len(data.times)))
    rows = [
        (time, bool(seen), metric, value)
        for time, seen, found in zip(data.times, data.is_observed, values, strict=True)
        for metric, value in found.items()
    ]
    return pd.DataFrame(rows, columns=["time", "seen", "metric", "value"])


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over times, then mean and standard deviation over seeds.

    The first time is left out: the initial snapshot is given, not predicted.

    Args:
        table: with `COLUMNS`.

    Returns:
        Table dataset, model, metric, times [all|seen|unseen], mean, std (over seeds, ddof 1), n (seeds).
    """
    later = table[table["time"] > table.groupby("dataset")["time"].transform("min")]
    parts = {"all": later, "seen": later[later["seen"]], "unseen": later[~later["seen"]]}
    rows = []
    for times, part in parts.items():
        per_seed = part.groupby(["dataset", "model", "metric", "seed"], sort=False)["value"].mean()
        over_seeds = per_seed.groupby(["dataset", "model", "metric"], sort=False).agg(["mean", "std", "count"])
        rows.append(over_seeds.reset_index().assign(times=times).rename(columns={"count": "n"}))
    summary = pd.concat(rows, ignore_index=True)
    return summary[["dataset", "model", "metric", "times", "mean", "std", "n"]]


def _at_time(data: Snapshots, prediction: Prediction, t: int, levels: int) -> dict[str, float]:
    truth = data.truth[t]
    samples, weights = prediction.weighted(t)
    found: dict[str, float] = {}
    if data.discrete:
        uniform = np.full(len(truth), 1 / len(truth))
        p, q = metrics.marginals(samples, weights, levels), metrics.marginals(truth, uniform, levels)
        found["w_marginal"], found["jsd_marginal"] = metrics.w_marginal(p, q), metrics.jsd_marginal(p, q)
    found["w1_joint"], found["w2_joint"] = metrics.w_joint(samples, truth, weights)
    found["mmd"], found["mmd_median"] = metrics.mmd(samples, truth, weights)
    if len(prediction.nll):
        found["nll"] = float(prediction.nll[t])
    return found

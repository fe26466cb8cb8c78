"""Leave one snapshot out: how well a method predicts each interior snapshot from all the others."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from weightflow.data.folds import fold_of
from weightflow.evaluation.registry import METRICS, compute, left_out_name
from weightflow.evaluation.score_tables import at_times

TIMES = "left_out"
_SPLITS = 20


def left_out_scores(tables: Sequence[pd.DataFrame], left_out: Mapping[str, float]) -> pd.DataFrame:
    """The metrics of folds at their left-out snapshots.

    Args:
        tables: with `evaluation.COLUMNS`; the data sets are folds.
        left_out: time of each fold's left-out snapshot.

    Returns:
        Table dataset (of the fold), model, seed, time, metric (`…_loo`), value.
    """
    table = pd.concat(tables, ignore_index=True)
    apart = (table["time"] - table["dataset"].map(left_out)).abs()  # files round times
    nearest = apart.groupby(table["dataset"]).transform("min")
    names = _left_out_names()
    there = table[(apart == nearest) & table["metric"].isin(names)]
    named = there.assign(
        dataset=there["dataset"].map(lambda name: fold_of(name).dataset), metric=there["metric"].map(names)
    )
    return named[["dataset", "model", "seed", "time", "metric", "value"]]


def split_half_floor(states: np.ndarray, rng: np.random.Generator, most: int) -> dict[str, float]:
    """Distances between random halves of a snapshot, mean over 20 splits: the error of sampling.

    Args:
        states: (N, d).
        rng: of the splits.
        most: states of each half, as in the distances of predictions; smaller snapshots have N / 2.
    """
    found, names = [], _left_out_names()
    for _ in range(_SPLITS):
        order = rng.permutation(len(states))
        first, second = (states[half[:most]] for half in (order[: len(order) // 2], order[len(order) // 2 :]))
        values = compute({"joint": (first, second)})
        found.append({names[name]: value for name, value in values.items() if name in names})
    return pd.DataFrame(found).mean().to_dict()


def summarise_folds(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean over the left-out snapshots, then mean and standard deviation over seeds.

    Args:
        scores: from `left_out_scores`.

    Returns:
        As `score_tables.summarise`, with times 'left_out'.
    """
    return at_times(scores, TIMES)


def _left_out_names() -> dict[str, str]:
    """Names of metrics at left-out snapshots, by the names of the same metrics at other times."""
    return {name: left_out_name(name) for name, metric in METRICS.items() if metric.left_out}

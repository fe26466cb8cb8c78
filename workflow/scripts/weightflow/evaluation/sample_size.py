"""Errors against the number of training states: the first interval and the times after it apart."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from weightflow.evaluation.score_tables import EXTRAPOLATED, FIRST, at_times, before_second

COLUMNS = ["dataset", "factor", "level", "model", "states", "metric", "interval", "mean", "std", "n", "falls"]
LATER = "later"  # from the second snapshot to the last
INTERVALS = (FIRST, LATER)


class Size(NamedTuple):
    """A level of an ablation factor that changes only the share of the training states.

    Attributes:
        factor: name of the factor.
        level: its name.
        model: the run with this share.
        share: of the training states.
    """

    factor: str
    level: str
    model: str
    share: float


def tabulate_sample_sizes(table: pd.DataFrame, sizes: Sequence[Size], states: Mapping[str, float]) -> pd.DataFrame:
    """Metrics of each level, over the first interval and over the times after it.

    The first time is left out: the initial snapshot is given. So are times past the last snapshot.

    Args:
        table: with `score_tables.COLUMNS`, of the levels' runs.
        sizes: the levels.
        states: training states of an observed snapshot, by data set.

    Returns:
        Table with `COLUMNS`, from few states to many; `falls` says whether the mean is lower than with the next
        smaller number of states (empty for the smallest).
    """
    predicted = (table["time"] > table.groupby("dataset")["time"].transform("min")) & ~table[EXTRAPOLATED]
    first = before_second(table)
    parts = [
        at_times(table[predicted & (first if interval == FIRST else ~first)], interval).rename(
            columns={"times": "interval"}
        )
        for interval in INTERVALS
    ]
    levels = pd.DataFrame(sizes, columns=list(Size._fields))
    found = levels.merge(pd.concat(parts, ignore_index=True), on="model", sort=False)
    found["states"] = (found["share"] * found["dataset"].map(states)).round().astype(int)
    keys = ["dataset", "factor", "metric", "interval"]
    found = found.sort_values([*keys, "states"], kind="stable", ignore_index=True)
    before = found.groupby(keys, sort=False)["mean"].shift()
    found["falls"] = (found["mean"] < before).astype(object).where(before.notna(), None)
    return found[COLUMNS]

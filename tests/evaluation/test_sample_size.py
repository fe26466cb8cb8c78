"""Errors against the number of states, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from weightflow.evaluation.sample_size import COLUMNS, Size, tabulate_sample_sizes
from weightflow.evaluation.score_tables import COLUMNS as SCORES

SIZES = [Size("states", "n-10", "few", 0.1), Size("states", "n-100", "all", 1.0)]


def scores(seeds: int = 2) -> pd.DataFrame:
    """Snapshots at 0, 2 and 4; time 5 is past the last one."""
    rows = [
        ("d", model, seed, time, time in (0.0, 2.0, 4.0), time > 4, "nll", base + time + seed)
        for model, base in (("all", 0.0), ("few", 10.0))
        for seed in range(seeds)
        for time in np.arange(6.0)
    ]
    return pd.DataFrame(rows, columns=SCORES)


def test_the_first_interval_and_the_rest_are_apart_from_few_states_to_many():
    found = tabulate_sample_sizes(scores(), SIZES, {"d": 104.0})
    assert list(found) == COLUMNS
    assert found["interval"].tolist() == ["first", "first", "later", "later"]
    assert found["states"].tolist() == [10, 104, 10, 104]
    # Time 1 alone is first, times 2, 3 and 4 are later; the mean over seeds adds a half.
    assert found["mean"].tolist() == pytest.approx([11.5, 1.5, 13.5, 3.5])
    assert found["n"].tolist() == [2] * 4
    assert found["falls"].tolist() == [None, True, None, True]


def test_a_step_that_does_not_fall_is_marked():
    table = scores()
    table.loc[(table["model"] == "all") & (table["time"] == 1), "value"] = 99.0
    table.loc[(table["model"] == "all") & (table["time"] == 3), "value"] = np.inf
    assert tabulate_sample_sizes(table, SIZES, {"d": 100.0})["falls"].tolist() == [None, False, None, False]


def test_without_times_before_the_second_snapshot_only_the_rest_is_there():
    table = scores()
    found = tabulate_sample_sizes(table[table["seen"]], SIZES, {"d": 100.0})
    assert set(found["interval"]) == {"later"}

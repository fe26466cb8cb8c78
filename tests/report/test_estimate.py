"""The estimate of a run as a table and as text."""

import numpy as np
import pandas as pd
import pytest

from weightflow.report.estimate import StageJobs, compare_estimate, estimate_table, say_estimate
from weightflow.report.runtime import COLUMNS

COSTS = [
    {"seconds": 60.0, "max_rss_mb": 500.0, "device": "cpu"},
    {"seconds": 30.0, "max_rss_mb": 800.0, "device": "cpu"},
]
STAGES = [StageJobs("data", "model", "anchors", 3, 1), StageJobs("data", "model", "predict", 3, 1)]


@pytest.mark.parametrize(
    ("cores", "said"), [(1, "about 4 min with 1 processors"), (2, "about 2 min"), (100, "about 2 min")]
)
def test_an_estimate_says_how_long_all_of_it_takes(cores, said):
    text = say_estimate(estimate_table(STAGES, COSTS, {"data": 0}), cores)
    assert said in text
    assert "at most 800 MiB" in text
    assert "(4 min of work)" in text


def test_jobs_on_a_card_wait_for_each_other():
    costs = [cost | {"device": "cuda:0"} for cost in COSTS]
    assert "about 4 min with 8 processors" in say_estimate(estimate_table(STAGES, costs, {"data": 0}), 8)


def test_what_was_estimated_stands_beside_what_was_spent():
    spent = [("data", model, 0, "predict", 2.5, 300.5, "cpu") for model in ("model", "previous")]
    runtime = pd.DataFrame(spent, columns=COLUMNS)
    table = compare_estimate(runtime, estimate_table(STAGES, COSTS, {"data": 0}))
    assert table["estimated_seconds"].tolist()[0] == 30
    assert np.isnan(table["estimated_seconds"].tolist()[1])
    assert table[COLUMNS].equals(runtime)


def test_an_estimate_of_several_seeds_is_shared_among_them():
    runtime = pd.DataFrame([("data", "model", s, "predict", 0.5, 9, "cpu") for s in range(5)], columns=COLUMNS)
    stages = [StageJobs("data", "model", "predict", 1, 5)]
    table = compare_estimate(runtime, estimate_table(stages, COSTS[:1], {"data": 0}))
    assert table["estimated_seconds"].tolist() == [COSTS[0]["seconds"] / 5] * 5


def test_left_out_snapshots_are_counted():
    once, more = (estimate_table(STAGES, COSTS, {"data": folds})["jobs"] for folds in (0, 3))
    assert more.tolist() == (4 * once).tolist()


def test_several_cards_share_the_work():
    costs = [cost | {"device": "cuda:0"} for cost in COSTS]
    one, four = (say_estimate(estimate_table(STAGES, costs, {"data": 0}), 8, cards) for cards in (1, 4))
    assert one != four


def test_without_models_there_is_nothing_to_estimate():
    assert "no models" in say_estimate(estimate_table([], [], {}), 2)

"""Leave-one-out scores of folds, and their floor."""

import numpy as np
import pandas as pd

from weightflow.data.folds import fold_name
from weightflow.evaluation.leave_one_out import left_out_scores, split_half_floor, summarise_folds


def tables() -> list[pd.DataFrame]:
    rows = [
        (fold_name("cells", k), "m", seed, time, time != k, metric, 100 * k + 10 * seed + time)
        for k in (1, 2)
        for seed in (0, 1)
        for time in range(4)
        for metric in ("w1_joint", "nll", "w_marginal")
    ]
    return [pd.DataFrame(rows, columns=["dataset", "model", "seed", "time", "seen", "metric", "value"])]


def test_only_the_left_out_snapshot_is_told_of():
    found = left_out_scores(tables(), {fold_name("cells", 1): 1.0, fold_name("cells", 2): 2.0})
    assert set(found["dataset"]) == {"cells"}
    assert set(found["metric"]) == {"w1_loo", "nll_loo"}
    own = found[(found["metric"] == "w1_loo") & (found["seed"] == 1)].set_index("time")["value"]
    assert own.to_dict() == {1: 111, 2: 212}
    summary = summarise_folds(found).set_index("metric")
    assert summary.loc["w1_loo", ["times", "mean", "n"]].tolist() == ["left_out", np.mean([101, 202, 111, 212]), 2]
    np.testing.assert_allclose(summary.loc["w1_loo", "std"], np.std([151.5, 161.5], ddof=1))


def test_halves_of_a_gaussian_are_as_far_apart_as_two_samples_of_half_its_size(rng):
    states = rng.standard_normal((400, 1))
    floor = split_half_floor(states, rng, 1000)
    apart = [np.abs(np.sort(rng.standard_normal(200)) - np.sort(rng.standard_normal(200))).mean() for _ in range(200)]
    assert 0.5 * np.mean(apart) < floor["w1_loo"] < 2 * np.mean(apart)
    assert floor["w1_loo"] <= floor["w2_loo"]


def test_halves_of_many_states_are_as_small_as_what_predictions_are_compared_with(rng):
    states = rng.standard_normal((100_000, 1))
    apart = [np.abs(np.sort(rng.standard_normal(50)) - np.sort(rng.standard_normal(50))).mean() for _ in range(200)]
    assert 0.5 * np.mean(apart) < split_half_floor(states, rng, 50)["w1_loo"] < 2 * np.mean(apart)

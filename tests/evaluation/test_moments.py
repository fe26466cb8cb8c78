"""Moments against SciPy, repeated states and closed forms."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from weightflow.data.folds import fold_name
from weightflow.evaluation.moments import (
    COLUMNS,
    DETERMINATION,
    MOMENTS,
    Run,
    compare_moments,
    determination,
    determinations,
    moments,
)
from weightflow.prediction.predictions import Prediction


def test_moments_are_those_of_scipy(rng):
    states = rng.gamma(2, size=(200, 3))
    mean, variance, skewness, kurtosis = moments(states)
    np.testing.assert_allclose(mean, states.mean(0))
    np.testing.assert_allclose(variance, states.var(0))
    np.testing.assert_allclose(skewness, stats.skew(states))
    np.testing.assert_allclose(kurtosis, stats.kurtosis(states))


def test_weights_count_as_repeated_states(rng):
    states, times = rng.normal(size=(20, 2)), rng.integers(1, 6, 20)
    np.testing.assert_allclose(moments(states, times / times.sum()), moments(np.repeat(states, times, axis=0)))


def test_weighted_zero_and_one_have_the_moments_of_a_bernoulli_variable():
    found = moments(np.array([[0.0], [1.0]]), np.array([0.9, 0.1]))[:, 0]
    np.testing.assert_allclose(found, stats.bernoulli(0.1).stats("mvsk"))


@pytest.mark.parametrize("where", [0.1, 4])
def test_a_variable_that_stands_still_has_no_shape(where):
    mean, variance, skewness, kurtosis = moments(np.full((7, 1), where))
    assert mean == pytest.approx(where)
    assert variance == 0
    assert np.isnan([skewness, kurtosis]).all()


def test_every_run_time_variable_and_moment_has_a_row(counts):
    prediction = Prediction(counts.times, [states + 1 for states in counts.training])
    table = compare_moments([Run("data", model, 3, counts, prediction) for model in ("one", "two")])
    assert list(table.columns) == COLUMNS
    assert len(table) == 2 * 6 * 2 * len(MOMENTS)
    assert not table.duplicated(["model", "time", "variable", "moment"]).any()
    assert sorted(table.loc[table["seen"], "time"].unique()) == [0, 2, 7]
    own = table[(table["model"] == "two") & (table["time"] == 3)].set_index(["variable", "moment"])
    truth = counts.training[3]
    assert own.loc[("b", "skewness"), "true"] == pytest.approx(stats.skew(truth[:, 1]))
    assert own.loc[("b", "skewness"), "predicted"] == pytest.approx(stats.skew(truth[:, 1]))
    assert own.loc[("a", "mean"), "predicted"] == pytest.approx(truth[:, 0].mean() + 1)


def test_a_fold_tells_of_what_it_left_out_alone(counts):
    fold = dataclasses.replace(counts, is_observed=counts.times != 2, left_out=2)
    prediction = Prediction(counts.times, counts.training)
    table = compare_moments([Run(fold_name("data", 1), "one", 0, fold, prediction)])
    assert table["time"].unique().tolist() == [2]
    assert not table["seen"].any()
    pd.testing.assert_series_equal(table["predicted"], table["true"], check_names=False)


def test_determination_is_one_of_the_truth_and_zero_of_its_mean(rng):
    true = rng.normal(size=30)
    assert determination(true, true) == 1
    assert determination(np.full(30, true.mean()), true) == pytest.approx(0)
    slope = stats.linregress(true, 2 * true + rng.normal(size=30))
    fitted = slope.intercept + slope.slope * true
    again = slope.slope * true + slope.intercept + rng.normal(size=30)
    best = np.polyval(np.polyfit(fitted, again, 1), fitted)
    assert determination(best, again) == pytest.approx(np.corrcoef(fitted, again)[0, 1] ** 2)
    holes = np.append(true, np.nan)
    assert determination(holes, holes) == 1
    assert np.isnan(determination(np.arange(3.0), np.ones(3)))


def test_every_variable_has_a_coefficient_of_its_own():
    """x is predicted, y fails, and z does not vary; the pooled coefficient would be near one."""
    rows = [
        ("d", "m", seed, time, time == 0, variable, "mean", predicted + (-1) ** seed, true)
        for seed in (0, 1)
        for time in (0.0, 1.0, 2.0, 3.0)
        for variable, predicted, true in (("x", 100 * time, 100 * time), ("y", 4 - time, time), ("z", 5.0, 5.0))
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.loc[(table["time"] == 3) & (table["variable"] == "x"), "predicted"] = np.nan
    found = determinations(table)
    assert list(found) == DETERMINATION
    assert found["variable"].tolist() == ["x", "y", "z"]
    assert found["r2"].tolist() == pytest.approx([1, -3, np.nan], nan_ok=True)
    assert found["times"].tolist() == ["held-out"] * 3
    assert found[["pairs", "undefined"]].to_numpy().tolist() == [[2, 1], [3, 0], [3, 0]]
    assert determinations(table.assign(seen=True))["times"].tolist() == ["all"] * 3

"""Probability integral transforms are uniform under a right model, and tell which way a wrong one errs."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, poisson

from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Reals
from weightflow.evaluation.calibration import COLUMNS, PARTS, tabulate_calibration, transforms
from weightflow.evaluation.moments import Run
from weightflow.prediction.predictions import Prediction

LEVELS, MANY = 40, 4000


def counted(rng, mean: float = 6.0, every: int = 2) -> tuple[Snapshots, Prediction]:
    """Held-out Poisson counts with some mean, and a model that says 6."""
    times = np.arange(3.0)
    parts = [[rng.poisson(m, (n, 1)) for _ in times] for m, n in ((6.0, 50), (mean, MANY))]
    seen = np.arange(3) % every == 0
    data = Snapshots(times, *parts, seen, ["n"], Counts(LEVELS), "heldout", "day")
    masses = np.tile(poisson.pmf(np.arange(LEVELS), 6.0), (3, 1, 1))
    return data, Prediction(times, parts[0], marginals=masses)


def table(data: Snapshots, prediction: Prediction) -> pd.DataFrame:
    return tabulate_calibration([Run("d", "model", 0, data, prediction)])


def test_a_right_model_of_counts_has_uniform_transforms(rng):
    found = table(*counted(rng))
    assert list(found) == COLUMNS
    assert found["states"].tolist() == [MANY] * 3
    assert found["seen"].tolist() == [True, False, True]
    assert found["inside_50"].to_numpy() == pytest.approx(0.5, abs=0.03)
    assert found["inside_90"].to_numpy() == pytest.approx(0.9, abs=0.02)
    assert found.filter(like="pit_").to_numpy() == pytest.approx(1 / PARTS, abs=0.02)


def test_a_shifted_model_has_sloping_transforms(rng):
    shares = table(*counted(rng, mean=8.0)).filter(like="pit_").to_numpy()
    assert (shares[:, -1] > 2 * shares[:, 0]).all()
    np.testing.assert_allclose(shares.sum(1), 1)


def test_transforms_of_counts_are_the_steps_of_the_distribution_function(rng):
    _, prediction = counted(rng)
    low, high = transforms(prediction, 0, 0, np.array([0, 6, 200]))
    np.testing.assert_allclose(low[:2], poisson.cdf([-1, 5], 6.0), atol=1e-9)
    np.testing.assert_allclose(high[:2], poisson.cdf([0, 6], 6.0), atol=1e-9)
    assert low[2] == high[2] == pytest.approx(1)


def test_counts_beyond_the_last_bin_belong_to_it():
    prediction = Prediction(np.zeros(1), [np.zeros((1, 1))], marginals=np.array([[[0.5, 0.25, 0.25]]]))
    low, high = transforms(prediction, 0, 0, np.array([1, 2, 3, 90]))
    assert (low.tolist(), high.tolist()) == ([0.5, 0.75, 0.75, 0.75], [0.75, 1, 1, 1])


def test_transforms_of_real_values_are_points(rng):
    edges = np.linspace(-4, 4, 121)[None]
    masses = np.diff(norm.cdf(edges))[None]
    prediction = Prediction(np.zeros(1), [np.zeros((1, 1))], marginals=masses, edges=edges)
    low, high = transforms(prediction, 0, 0, np.array([-1.0, 0.0, 1.5, 9.0]))
    np.testing.assert_array_equal(low, high)
    np.testing.assert_allclose(low, [*norm.cdf([-1, 0, 1.5]), 1], atol=1e-3)


def test_of_a_fold_only_the_left_out_snapshot_counts(rng):
    data, prediction = counted(rng)
    fold = dataclasses.replace(data, left_out=1)
    assert table(fold, prediction)["time"].tolist() == [1.0]


def test_without_held_out_states_those_of_times_not_observed_are_taken(rng):
    data, prediction = counted(rng)
    assert table(dataclasses.replace(data, heldout=[]), prediction)["time"].tolist() == [1.0]
    assert table(dataclasses.replace(data, heldout=[], is_observed=np.ones(3, bool)), prediction).empty


def test_a_run_without_marginals_is_left_out(rng):
    data, prediction = counted(rng)
    assert table(data, dataclasses.replace(prediction, marginals=np.zeros((0, 0, 0)))).empty


def test_a_constant_real_value_beside_its_edge_counts_once():
    space = Reals.of([np.zeros((4, 1))])
    edges = np.stack([space.edges(0)])
    masses = np.zeros((1, 1, edges.shape[1] - 1))
    masses[0, 0, -1] = 1
    data = Snapshots(
        np.zeros(1), [np.zeros((4, 1))], [np.full((4, 1), 9.0)], np.ones(1, bool), ["x"], space, "heldout", "t"
    )
    found = table(data, Prediction(np.zeros(1), [np.zeros((1, 1))], marginals=masses, edges=edges))
    assert found.filter(like="pit_").to_numpy().sum() == pytest.approx(1)

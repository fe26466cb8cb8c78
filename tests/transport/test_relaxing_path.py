"""Paths of variables that relax against closed forms, and rates against those of simulated means."""

import numpy as np
import pytest

from weightflow.transport.moment_path import covariance
from weightflow.transport.relaxing_path import FASTEST, possible_rates, relaxing_path


@pytest.mark.parametrize("rate", [0.3, 2.0, 8.0])
def test_immigration_and_death_from_none_stay_poisson(rng, rate):
    end = rng.poisson(30, (4000, 1))
    path = relaxing_path(np.array([rate]), np.zeros((10, 1)), end)
    share = np.expm1(-rate * path.shares) / np.expm1(-rate)
    np.testing.assert_allclose(path.means[:, 0], share * end.mean(), rtol=1e-9)
    # Variances are as Poisson as the second snapshot's.
    np.testing.assert_allclose(path.covariances[:, 0, 0], share * end.var(), rtol=0.02, atol=0.05)


def test_a_rate_of_zero_spreads_evenly(rng):
    end = rng.multivariate_normal([50, 20], [[9, 4], [4, 6]], 3000)
    path = relaxing_path(np.zeros(2), np.tile([10.0, 20.0], (10, 1)), end)
    np.testing.assert_allclose(path.means, 10 * np.array([1, 2]) + path.shares[:, None] * (end.mean(0) - [10, 20]))
    np.testing.assert_allclose(path.covariances[20, 0, 0], covariance(end)[0, 0] / 2, rtol=1e-6)


def test_ends_are_the_snapshots(rng):
    start, end = rng.poisson([20, 3], (500, 2)), rng.poisson([5, 30], (400, 2))
    path = relaxing_path(np.array([3.0, -1.0]), start, end)
    for k, states in ((0, start), (-1, end)):
        np.testing.assert_allclose(path.means[k], states.mean(0))
        np.testing.assert_allclose(path.covariances[k], covariance(states), atol=1e-9)


@pytest.mark.parametrize("rate", [-1.5, 0.5, 1.0])
def test_rates_that_means_tell_are_found(rng, rate):
    times = np.array([0.0, 1.0, 2.0])
    covered = np.expm1(-rate * times) / np.expm1(-2 * rate)
    snapshots = [rng.poisson(10 + 400 * share, (5000, 1)) for share in covered]
    found = possible_rates(snapshots, times, 200, rng)
    assert found.shape == (200, 1)
    assert np.median(found) == pytest.approx(rate, abs=0.35)


def test_a_relaxation_that_is_over_is_told_from_below_alone(rng):
    times = np.array([0.0, 1.0, 2.0])
    snapshots = [np.zeros((5000, 1)), *rng.poisson(400, (2, 5000, 1))]
    found = possible_rates(snapshots, times, 400, rng)
    assert (found > 1).mean() > 0.95
    assert found.max() == pytest.approx(FASTEST)
    assert 2 < np.median(found) < 6


def test_two_snapshots_leave_every_rate(rng):
    found = possible_rates([np.zeros((9, 1)), np.ones((9, 1))], np.array([0.0, 1.0]), 400, rng)
    assert abs((found > 0).mean() - 0.5) < 0.1

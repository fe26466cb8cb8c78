"""Quantiles on straight lines, against Gaussians in closed form, shifts, and SciPy's one-dimensional transport."""

import numpy as np
import pytest
from scipy.stats import norm, spearmanr, wasserstein_distance

from weightflow.transport.quantile_path import continued, quantile_path

SIZE = 400
LEVELS = (np.arange(SIZE) + 0.5) / SIZE


def gaussian(mean: float, spread: float, rng: np.random.Generator) -> np.ndarray:
    """(SIZE, 1) states whose quantiles are exactly the Gaussian's, in random order."""
    return rng.permutation(norm(mean, spread).ppf(LEVELS))[:, None]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0, 1.5, 2.5])
def test_of_gaussians_mean_and_spread_move_in_straight_lines(rng, share):
    earlier, later = gaussian(1, 2, rng), gaussian(4, 2.5, rng)
    found = quantile_path(earlier, later, share, later, rng)
    expected = norm(1 + 3 * share, 2 + 0.5 * share).ppf(LEVELS)
    np.testing.assert_allclose(np.sort(found[:, 0]), expected, rtol=1e-9)


def test_a_shift_goes_on_with_every_state_in_its_place(rng):
    earlier = rng.normal(size=(50, 3))
    pace = np.array([1.0, -2.0, 0.0])
    found = quantile_path(earlier, earlier + pace, 2.5, earlier + pace, rng)
    np.testing.assert_allclose(found, earlier + 2.5 * pace, atol=1e-12)


def test_ranks_are_those_of_the_snapshot_that_lends_them(rng):
    earlier = rng.normal(size=(300, 2))
    later = rng.multivariate_normal([3, 1], [[1, 0.8], [0.8, 1]], 200)
    found = quantile_path(earlier, later, 1.7, later, rng)
    assert found.shape == later.shape
    assert np.array_equal(found.argsort(axis=0), later.argsort(axis=0))
    assert spearmanr(*found.T).statistic == pytest.approx(spearmanr(*later.T).statistic, abs=1e-12)


def test_between_two_snapshots_it_is_the_shortest_way(rng):
    """A point on a shortest way is as far from either end as its share of it says."""
    earlier, later = rng.gamma(2, size=(150, 1)), 4 + rng.normal(size=(150, 1))
    whole = wasserstein_distance(earlier[:, 0], later[:, 0])
    found = quantile_path(earlier, later, 0.3, earlier, rng)[:, 0]
    assert wasserstein_distance(earlier[:, 0], found) == pytest.approx(0.3 * whole)
    assert wasserstein_distance(found, later[:, 0]) == pytest.approx(0.7 * whole)


def test_lines_that_cross_are_put_in_order(rng):
    """Of a spread that halves, three steps on would be −1/2: the same marginal as 1/2."""
    earlier, later = gaussian(0, 1, rng), gaussian(0, 0.5, rng)
    found = quantile_path(earlier, later, 3.0, later, rng)
    assert np.array_equal(found.argsort(axis=0), later.argsort(axis=0))
    np.testing.assert_allclose(np.sort(found[:, 0]), norm(0, 0.5).ppf(LEVELS), atol=1e-9)


def test_equal_states_are_ordered_at_random(rng):
    still, later = np.zeros((SIZE, 2)), rng.normal(size=(SIZE, 2))
    found = quantile_path(still, later, 0.2, still, rng)
    np.testing.assert_allclose(np.sort(found, axis=0), 0.2 * np.sort(later, axis=0), atol=1e-12)
    assert abs(spearmanr(*found.T).statistic) < 0.2


@pytest.mark.parametrize(("rate", "moved"), [(0, 2.0), (1, 1 - np.exp(-2)), (1e4, 1e-4)])
def test_states_go_on_ever_more_slowly(rng, rate, moved):
    earlier, later = gaussian(0, 1, rng), gaussian(3, 1, rng)
    found = continued(earlier, later, 2.0, ((rate, 1.0),), later, rng)
    np.testing.assert_allclose(np.sort(found[:, 0]), norm(3 + 3 * moved, 1).ppf(LEVELS), atol=1e-9)


def test_the_moves_of_several_rates_are_averaged(rng):
    earlier, later = gaussian(0, 1, rng), gaussian(3, 1, rng)
    found = continued(earlier, later, 1.0, ((0, 0.25), (1, 0.75)), later, rng)
    moved = 0.25 + 0.75 * (1 - np.exp(-1))
    assert found.mean() == pytest.approx(3 + 3 * moved)

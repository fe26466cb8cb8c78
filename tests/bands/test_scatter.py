"""Sampling error of means, events and bins, against formulas."""

import numpy as np
import pytest

from weightflow.bands.scatter import Scatter

CELLS = 50


@pytest.fixture
def tilted(rng) -> Scatter:
    """A normal distribution that is fitted by its mean: log p scatters by (x − μ) z / σ² with z ~ N(0, σ²/N)."""
    states = rng.normal(3, 2, size=(200_000, 1))
    return Scatter(states, (states - 3) / 2 / CELLS**0.5)


def test_a_mean_has_its_standard_error(tilted):
    assert tilted.of_mean(tilted.states[:, 0]) == pytest.approx(4 / CELLS, rel=0.02)


def test_a_constant_has_no_error(tilted):
    assert tilted.of_mean(np.ones(len(tilted.states))) == 0
    assert tilted.of_event(np.ones(len(tilted.states), dtype=bool), 1.0, CELLS) == 0


def test_an_event_that_hardly_any_draw_shows_has_the_error_of_its_frequency(tilted):
    never = np.zeros(len(tilted.states), dtype=bool)
    assert tilted.of_event(never, 0.01, CELLS) == pytest.approx(1 / (CELLS * 0.01 * 0.99))
    seldom = np.arange(len(never)) < 3
    assert tilted.of_event(seldom, 0.01, CELLS) >= 0.999 / (CELLS * 0.01 * 0.99)


def test_an_event_has_the_derivative_of_its_log_odds(tilted):
    """P(x > 3) changes with the mean by the density 1 / √(2π) / σ there."""
    slope = 1 / np.sqrt(2 * np.pi) / 2 / 0.25
    assert tilted.of_event(tilted.states[:, 0] > 3, 0.5, CELLS) == pytest.approx(slope**2 * 4 / CELLS, rel=0.02)


def test_bins_have_that_of_their_middle(tilted):
    edges = np.array([1.0, 1.1, 4.9, 5.0])
    masses = np.histogram(tilted.states[:, 0], edges)[0] / len(tilted.states)
    expected = ((np.array([1.05, 3, 4.95]) - 3) / 2) ** 2 / CELLS / (1 - masses) ** 2
    np.testing.assert_allclose(tilted.of_bins(0, edges, masses), expected, rtol=0.05, atol=1e-4)


def test_rare_bins_borrow_the_nearest_draws():
    scatter = Scatter(np.arange(20.0)[:, None], np.arange(20.0)[:, None])
    found = scatter.of_bins(0, np.array([-9, -8, 0.5, 30, 40]), np.zeros(4))
    np.testing.assert_allclose(found, [3.5**2, 3.5**2, 10**2, 15.5**2])

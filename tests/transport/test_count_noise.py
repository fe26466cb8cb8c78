"""Counts with given moments against the distributions of Panjer's class."""

import numpy as np
import pytest
from scipy.stats import binom, chisquare, nbinom, poisson

from weightflow.transport.count_noise import draw_counts
from weightflow.transport.moment_path import Bridge


def still(count: int, mean: float, variance: float, third: float) -> Bridge:
    """A bridge without predictions."""
    return Bridge(np.array([mean]), np.zeros((count, 1)), np.array([[variance]]), np.array([third]))


def third(law) -> float:
    return float(law.stats("s") * law.var() ** 1.5)


@pytest.mark.parametrize(
    "law", [poisson(0.4), poisson(60), binom(7, 0.3), binom(1, 0.8), nbinom(2, 0.2), nbinom(0.5, 0.5), binom(80, 0.9)]
)
def test_moments_of_a_law_of_the_class_give_that_law(rng, law):
    drawn = draw_counts(still(20_000, law.mean(), law.var(), third(law)), rng)[:, 0]
    assert (drawn == np.round(drawn)).all()
    low, high = int(law.ppf(0.005)), int(law.ppf(0.995))
    found = np.bincount(np.clip(drawn.astype(int), low, high) - low, minlength=high - low + 1)
    expected = law.pmf(np.arange(low, high + 1))
    expected[0], expected[-1] = law.cdf(low), law.sf(high - 1)
    assert chisquare(found, 20_000 * expected).pvalue > 1e-3


def test_few_jumps_from_a_large_count_are_that_count_and_a_few(rng):
    # Fifty molecules, and a Poisson number of births.
    law = poisson(1.5, loc=50)
    drawn = draw_counts(still(20_000, 51.5, 1.5, 1.5), rng)[:, 0].astype(int)
    found = np.bincount(np.minimum(drawn, 56) - 50, minlength=7)
    expected = law.pmf(np.arange(50, 57))
    expected[-1] = law.sf(55)
    assert chisquare(found, 20_000 * expected).pvalue > 1e-3


def test_predictions_and_noise_together_have_the_moments(rng):
    ends = rng.normal(0, 2, (20_000, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    wanted = np.array([[14.0, 5.0], [5.0, 12.0]])
    bridge = Bridge(np.array([30.0, 25.0]), ends, wanted, np.array([14.0, 12.0]))
    drawn = draw_counts(bridge, rng)
    np.testing.assert_allclose(drawn.mean(0), [30, 25], atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), wanted, atol=0.5)


def test_predictions_between_integers_leave_room_for_their_rounding(rng):
    ends = np.where(rng.random((20_000, 1)) < 0.5, -0.4, 0.4)
    bridge = Bridge(np.array([0.5]), ends, np.array([[0.25]]), np.zeros(1))
    drawn = draw_counts(bridge, rng)[:, 0]
    assert (drawn <= 1).mean() > 0.99
    assert drawn.var() == pytest.approx(0.25, abs=0.02)
    assert drawn.mean() == pytest.approx(0.5, abs=0.02)


def test_without_variance_nothing_moves(rng):
    drawn = draw_counts(Bridge(np.array([7.0, 3.0]), np.zeros((50, 2)), np.zeros((2, 2)), np.zeros(2)), rng)
    assert (drawn == [7, 3]).all()
    large = draw_counts(still(5000, 1e6, 1e6, 1e6), rng)
    assert large.std() == pytest.approx(1e3, rel=0.05)

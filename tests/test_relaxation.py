"""Relaxation against its closed form, and rates against means that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.relaxation import own_rates, relax

RATES = st.floats(-30, 30)


@given(rate=RATES, share=st.floats(0, 1))
def test_a_share_solves_the_equation_of_relaxation(rate, share):
    # ds/du = κ (s∞ − s) with s(0) = 0 and s(1) = 1, so that (1 − s(u)/s∞) = exp(−κu).
    if abs(rate) < 1e-3:
        np.testing.assert_allclose(relax(np.array(rate), share), share, atol=1e-3)
    else:
        end = 1 / (1 - np.exp(-rate))
        np.testing.assert_allclose(1 - relax(np.array(rate), share) / end, np.exp(-rate * share), rtol=1e-7, atol=1e-9)


@given(rate=RATES)
def test_the_ends_stay_and_time_reversal_turns_the_sign(rate):
    np.testing.assert_allclose([relax(np.array(rate), u) for u in (0.0, 1.0)], [0, 1], atol=1e-12)
    np.testing.assert_allclose(relax(np.array(rate), 0.3), 1 - relax(np.array(-rate), 0.7), atol=1e-9)


@pytest.mark.parametrize("third", [2.0, 3.5])
@pytest.mark.parametrize("rate", [-2.0, -0.5, 0.5, 2.0])
def test_the_rate_of_noiseless_means_is_found(rate, third):
    way = np.expm1(-rate * np.array([0, 1, third])) / np.expm1(-rate)
    snapshots = [np.full((5, 1), 3 + 7 * share) for share in way]
    np.testing.assert_allclose(own_rates(snapshots, np.array([0.0, 1.0, third])), [rate], rtol=1e-6)


def test_noise_pulls_the_rate_towards_an_even_motion():
    rng = np.random.default_rng(0)

    def rates(count: int) -> float:
        snapshots = [rng.poisson(20 * (1 - np.exp(-2.0 * t)), (count, 1)) for t in range(3)]
        return float(own_rates(snapshots, np.arange(3.0))[0])

    assert 0 <= rates(50) < rates(5000) < 2.1


@pytest.mark.parametrize("means", [(1, 5, 1), (0, 9, 4), (2, 2, 2), (3, 1, 4)])
def test_what_no_relaxation_explains_moves_evenly(means):
    assert own_rates([np.full((9, 1), m) for m in means], np.arange(3.0)) == [0]


def test_two_snapshots_tell_no_rate():
    assert (own_rates([np.zeros((3, 2)), np.ones((3, 2))], np.arange(2.0)) == 0).all()

"""Relaxation against its closed form, and rates against means that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma

from weightflow.transport.relaxation import Relaxation, own_relaxation, relax

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
    np.testing.assert_allclose(own_relaxation(snapshots, np.array([0.0, 1.0, third])).rates, [rate], rtol=1e-6)


def test_noise_pulls_the_rate_towards_an_even_motion():
    rng = np.random.default_rng(0)

    def rates(count: int) -> float:
        snapshots = [rng.poisson(20 * (1 - np.exp(-2.0 * t)), (count, 1)) for t in range(3)]
        return float(own_relaxation(snapshots, np.arange(3.0)).rates[0])

    assert 0 <= rates(50) < rates(5000) < 2.1


@pytest.mark.parametrize("means", [(1, 5, 1), (0, 9, 4), (2, 2, 2), (3, 1, 4)])
def test_what_no_relaxation_explains_moves_evenly(means):
    assert own_relaxation([np.full((9, 1), m) for m in means], np.arange(3.0)).rates == [0]


def test_two_snapshots_tell_no_rate():
    assert (own_relaxation([np.zeros((3, 2)), np.ones((3, 2))], np.arange(2.0)).rates == 0).all()


@pytest.mark.parametrize(("steps", "rate"), [(3, 1.5), (6, 4.0), (12, 7.0)])
def test_a_chain_of_steps_is_found(steps, rate):
    # The last of n steps is over after a time with the law Gamma(n, κ).
    rng = np.random.default_rng(1)
    times = np.arange(5.0)
    snapshots = [rng.poisson(30 * gamma(steps, scale=1 / rate).cdf(t), (20_000, 1)) for t in times]
    found = own_relaxation(snapshots, times)
    assert found.steps[0] > 1
    halfway = gamma(steps, scale=1 / rate).cdf(0.5) / gamma(steps, scale=1 / rate).cdf(1.0)
    np.testing.assert_allclose(found.share(0.5), [halfway], atol=0.03)


def test_one_step_is_no_chain():
    rng = np.random.default_rng(0)
    snapshots = [rng.poisson(20 * (1 - np.exp(-1.5 * t)), (2000, 30)) for t in range(5)]
    assert (own_relaxation(snapshots, np.arange(5.0)).steps == 1).mean() > 0.9


def test_a_way_that_may_be_over_by_the_second_snapshot_is_fast():
    rng = np.random.default_rng(0)
    snapshots = [rng.poisson(20 * (1 - np.exp(-8.0 * t)), (500, 1)) for t in range(3)]
    assert 4 < own_relaxation(snapshots, np.arange(3.0)).rates[0] < 12


@given(rate=st.floats(0.01, 50), steps=st.floats(1, 30))
def test_a_share_of_a_chain_grows_from_nothing_to_all(rate, steps):
    chain = Relaxation(np.array([rate]), np.array([steps]))
    shares = np.array([chain.share(u)[0] for u in np.linspace(0, 1, 11)])
    np.testing.assert_allclose(shares[[0, -1]], [0, 1], atol=1e-9)
    assert (np.diff(shares) >= -1e-12).all()

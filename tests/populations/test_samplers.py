"""Draws have the moments of their densities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.populations.registry import GENERATORS
from weightflow.populations.samplers import (
    covariance,
    gaussian,
    jittered,
    kernel,
    mixed,
    number_of_pairs,
    pairs_of,
)

COUNT = 40_000
DRAWN = [name for name, own in GENERATORS.items() if own.draw and not own.reads_outputs]


@pytest.fixture
def networks(rng):
    """Two far groups of networks, whose weights hang together."""
    weights = rng.standard_normal((30, 3)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, 2.0]])
    weights[:15] += 10.0
    return weights


def test_a_gaussian_has_each_weights_mean_and_variance_alone(networks, rng):
    drawn = gaussian(networks, COUNT, rng)
    np.testing.assert_allclose(drawn.mean(0), networks.mean(0), atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), np.diag(networks.var(0)), atol=1.0)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.03


def test_a_gaussian_has_the_networks_covariance(networks, rng):
    drawn = covariance(networks, COUNT, rng)
    np.testing.assert_allclose(drawn.mean(0), networks.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(networks.T, bias=True), rtol=0.05, atol=0.1)


@pytest.mark.parametrize(
    ("draw", "bandwidth"),
    [(kernel, 30 ** (-1 / 7)), (jittered, 0.25)],  # Scott's rule in three dimensions, and an eye's measure
)
def test_a_kernel_density_keeps_the_variance_of_each_weight(networks, rng, draw, bandwidth):
    drawn = draw(networks, COUNT, rng)
    expected = (1 - bandwidth**2) * np.cov(networks.T, bias=True) + bandwidth**2 * np.diag(networks.var(0))
    np.testing.assert_allclose(drawn.mean(0), networks.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), expected, rtol=0.05, atol=0.5)


@given(networks=st.integers(1, 40), count=st.integers(0, 200))
def test_no_pair_comes_again_before_all_have_come(networks, count):
    pairs = pairs_of(networks, count, np.random.default_rng(0))
    assert pairs.shape == (count, 2)
    if networks == 1:
        assert not pairs.any()
        return
    assert ((pairs >= 0) & (pairs < networks)).all()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    whole = number_of_pairs(networks)
    for start in range(0, count, whole):
        part = np.sort(pairs[start : start + whole], axis=1)
        assert len(np.unique(part, axis=0)) == len(part)


def test_midpoints_lie_half_way_between_two_different_networks(networks, rng):
    pairs = (networks[:, None] + networks[None]).reshape(-1, 3)[~np.eye(30, dtype=bool).ravel()] / 2
    for own in mixed(networks, 50, rng):
        assert np.abs(pairs - own).sum(1).min() < 1e-5
    np.testing.assert_allclose(mixed(networks, COUNT, rng).mean(0), networks.mean(0), atol=0.1)


def test_the_bandwidth_of_few_networks_is_that_of_the_space_they_span(rng):
    """Two networks of a hundred weights: about each, moved towards the mean, draws spread by 2^(−1/6)."""
    weights = np.stack([np.zeros(100), np.full(100, 2.0)])
    drawn = kernel(weights, 4000, rng)
    centres = 1 + (weights - 1) * (1 - 2 ** (-1 / 3)) ** 0.5
    distance = np.abs(drawn[:, None] - centres[None]).mean(-1).min(1)
    assert distance.mean() == pytest.approx(2 ** (-1 / 6) * np.sqrt(2 / np.pi), rel=0.02)


@given(
    networks=st.integers(1, 6),
    size=st.integers(1, 5),
    count=st.integers(0, 4),
    kind=st.sampled_from(DRAWN),
)
def test_any_population_can_be_drawn_from(networks, size, count, kind):
    weights = np.random.default_rng(0).standard_normal((networks, size)).astype(np.float32)
    one, two = (
        GENERATORS[kind].draw.load()(weights, count, np.random.default_rng(1), GENERATORS[kind].knob.usual)
        for _ in range(2)
    )
    assert one.shape == (count, size)
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, two)
    if networks == 1:  # whose weights do not vary
        np.testing.assert_array_equal(one, np.repeat(weights, count, axis=0))

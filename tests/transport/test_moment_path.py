"""Paths of moments against closed forms."""

import numpy as np
import pytest
from scipy.linalg import expm

from weightflow.systems.local_rates import LocalRates
from weightflow.transport.moment_path import MomentPath, covariance, linear_noise


def rates(changes: list, constant: list, slopes: list) -> LocalRates:
    """The same affine propensities everywhere."""
    d = len(changes[0])
    values, tilt = np.array(constant, dtype=float), np.array(slopes, dtype=float)
    return LocalRates(
        np.array(changes),
        np.array([0.0, 1.0]),
        np.zeros((2, d)),
        np.broadcast_to(values, (2, 2, len(values))),
        np.broadcast_to(tilt, (2, 2, *tilt.shape)),
    )


@pytest.mark.parametrize("death", [0.5, 5.0, 40.0])
def test_immigration_and_death_of_independent_molecules(death):
    # From N molecules: survivors are binomial, newcomers Poisson.
    start, birth = np.full((10, 1), 20.0), 3.0 * death
    path = linear_noise(rates([[1], [-1]], [birth, 0], [[0], [death]]), start)
    alive = np.exp(-death * path.shares)
    new = 3.0 * (1 - alive)
    np.testing.assert_allclose(path.means[:, 0], 20 * alive + new, atol=1e-3)
    np.testing.assert_allclose(path.covariances[:, 0, 0], 20 * alive * (1 - alive) + new, atol=2e-2)
    np.testing.assert_allclose(path.thirds[:, 0], 20 * alive * (1 - alive) * (1 - 2 * alive) + new, atol=2e-2)
    np.testing.assert_allclose(path.since[:, 0, 0], alive, atol=1e-4)
    np.testing.assert_allclose(path.onward[:, 0, 0], np.exp(-death * (1 - path.shares)), atol=1e-4)


def test_a_chain_from_poisson_counts_stays_poisson_and_independent(rng):
    start = rng.poisson([30, 4], (4000, 2)).astype(float)
    path = linear_noise(rates([[-1, 1], [0, -1]], [0, 0], [[2, 0], [0, 3]]), start)
    drift = np.array([[-2.0, 0.0], [2.0, -3.0]])
    for k, share in enumerate(path.shares):
        onward = expm(drift * share)
        mean = onward @ start.mean(0)
        np.testing.assert_allclose(path.means[k], mean, atol=1e-4)
        # Poisson, but for the sampling error of the start.
        excess = covariance(start) - np.diag(start.mean(0))
        np.testing.assert_allclose(path.covariances[k], np.diag(mean) + onward @ excess @ onward.T, atol=1e-3)


@pytest.fixture
def moved(rng) -> tuple[MomentPath, np.ndarray, np.ndarray]:
    """A conserved pair on its way between two snapshots that the path misses a little."""
    first, last = (np.stack([part, 40 - part], 1) for part in (rng.poisson(30, 500), rng.binomial(40, 0.3, 500)))
    path = linear_noise(rates([[-1, 1], [1, -1]], [0, 0], [[2, 0], [0, 1]]), first)
    return path.through(first, last), first, last


def test_a_moved_path_has_the_snapshots_moments_and_keeps_relations(moved):
    path, first, last = moved
    for end, states in ((0, first), (-1, last)):
        np.testing.assert_allclose(path.means[end], states.mean(0))
        np.testing.assert_allclose(path.covariances[end], covariance(states), atol=1e-9)
        np.testing.assert_allclose(path.thirds[end], ((states - states.mean(0)) ** 3).mean(0), atol=1e-9)
    np.testing.assert_allclose(path.means.sum(1), 40)
    np.testing.assert_allclose(path.covariances.sum(2), 0, atol=1e-9)


def test_a_bridge_predicts_its_ends(moved, rng):
    path, first, last = moved
    last = rng.permutation(last)
    for share, states in ((0.0, first), (1.0, last)):
        bridge = path.bridge(share, first, last)
        np.testing.assert_allclose(bridge.mean + bridge.predicted, states, atol=1e-6)


def test_a_bridge_of_an_ornstein_uhlenbeck_process(rng):
    # dx = −κ x du + noise, stationary with variance 1: given both ends the mean is a ratio of hyperbolic sines.
    kappa, shares = 3.0, np.linspace(0, 1, 41)
    fade = np.exp(-kappa * shares)[:, None, None]
    ones = np.ones((41, 1, 1))
    path = MomentPath(shares, np.zeros((41, 1)), ones, np.zeros((41, 1)), fade[::-1], fade)
    start, end = rng.standard_normal((2, 300, 1))
    start, end = start - start.mean(), end - end.mean()
    for u in (0.25, 0.5, 0.9):
        expected = (np.sinh(kappa * (1 - u)) * start + np.sinh(kappa * u) * end) / np.sinh(kappa)
        np.testing.assert_allclose(path.bridge(u, start, end).predicted, expected, atol=1e-9)


def test_what_a_path_misses_is_a_divergence_of_gaussians(rng):
    path = MomentPath(np.array([0, 1.0]), np.zeros((2, 1)), 4 * np.ones((2, 1, 1)), *np.zeros((3, 2, 1)))
    assert path.missed(rng.normal(0, 2, (100_000, 1))) == pytest.approx(0, abs=1e-3)
    assert path.missed(rng.normal(2, 2, (100_000, 1))) == pytest.approx(0.5, abs=0.02)
    assert path.missed(rng.normal(0, 0.1, (1000, 1))) > 1


def test_arrivals_have_the_moments_of_the_end(moved, rng):
    path, first, _ = moved
    drawn = np.concatenate([path.arrivals(first, rng) for _ in range(40)])
    np.testing.assert_allclose(drawn.mean(0), path.means[-1], atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), path.covariances[-1], atol=0.6)

"""Curves through an ensemble: exact at the snapshots, and between them with the variance of their process."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.stats import gaussian_kde

from weightflow.bands.curves import EnsembleCurves, bends

TIMES = np.array([1.0, 3.0, 4.0, 8.0, 9.0])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def wiener(times: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, T) draws of an integrated Wiener process on a fine grid of even times."""
    speed = rng.standard_normal((count, len(times))).cumsum(1) * np.diff(times)[0] ** 0.5
    return (speed - speed[:, :1]).cumsum(1) * np.diff(times)[0]


def corners(curves: EnsembleCurves, rng: np.random.Generator) -> np.ndarray:
    """(500, M − 1) coordinates of members as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EnsembleCurves, "bandwidth", 0.0)
        return curves.coordinates(np.full(500, 2.0), rng)[:, : curves.members - 1]


def test_the_mean_and_the_members_are_scipys_natural_splines(rng):
    anchors = rng.normal(size=(4, 5, 3))
    curves = EnsembleCurves(TIMES, anchors, clock=1.0)
    splines = CubicSpline(TIMES, anchors, axis=1, bc_type="natural")
    member = corners(curves, rng)
    for time in (1.0, 2.2, 6.0):
        np.testing.assert_allclose(curves.weights(time, np.zeros((1, 6)))[0], splines(time).mean(0), atol=1e-12)
        found = curves.weights(time, np.concatenate([member, np.zeros((500, 3))], axis=1))
        beside = (splines(time) - splines(time).mean(0)) * (4 / 3) ** 0.5  # as many as they are, they lie nearer
        expected = splines(time).mean(0) + beside
        assert np.abs(found[:, None] - expected).sum(-1).min(1).max() < 1e-9


@pytest.mark.parametrize("time", [3.0, 5.5, 6.0])
def test_coordinates_have_variance_one_beside_the_members_and_that_of_the_spline_along_bends(rng, time):
    curves = EnsembleCurves(TIMES, rng.normal(size=(6, 5, 2)), clock=1.0)
    found = curves.coordinates(np.full(40_000, time), rng)
    assert found.shape == (40_000, 5 + 3)
    expected = np.square(curves.error(np.array([time]))[0] / curves.error((TIMES[1:] + TIMES[:-1]) / 2).max())
    np.testing.assert_allclose(found.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(found.T), np.diag([1.0] * 5 + expected.tolist()), atol=0.04)


def test_members_are_smoothed_by_silvermans_rule(rng):
    curves = EnsembleCurves(TIMES, rng.normal(size=(6, 5, 2)), clock=1.0)
    factor = gaussian_kde(rng.normal(size=(5, 6))).silverman_factor()
    assert curves.bandwidth == pytest.approx(factor)
    found, members = (
        curves.coordinates(np.full(40_000, 2.0), rng)[:, :5],
        np.unique(corners(curves, rng).round(9), axis=0),
    )
    assert len(members) == 6
    beside = found[:, None] - (1 - factor**2) ** 0.5 * members
    nearest = np.square(beside).sum(-1).min(1)
    assert nearest.mean() == pytest.approx(5 * factor**2, rel=0.25)


def test_networks_at_a_snapshot_are_spread_as_its_members(rng):
    anchors = rng.normal(size=(5, 5, 3))
    curves = EnsembleCurves(TIMES, anchors, clock=1.0)
    found = curves.weights(TIMES[2], curves.coordinates(np.full(40_000, TIMES[2]), rng))
    np.testing.assert_allclose(np.cov(found.T), np.cov(anchors[:, 2].T), atol=0.06)


def test_a_spline_errs_between_snapshots_alone_and_most_in_the_longest_interval():
    curves = EnsembleCurves(TIMES, np.random.default_rng(0).normal(size=(3, 5, 2)), clock=1.0)
    assert np.abs(curves.error(TIMES)).max() < 1e-6
    middle = np.square(curves.error(np.array([2.0, 3.5, 6.0, 8.5]))).sum(1)
    assert np.argmax(middle) == 2
    assert np.argmax(curves.error(np.array([1.5]))) == 0  # the nearest bend has the most say


def test_by_a_clock_of_roots_splines_follow_what_moves_with_the_root_of_time():
    times = np.array([2.0, 3.0, 6.0, 11.0, 18.0])
    path = np.sqrt(times - 2)[:, None] * np.ones(2)
    curves = EnsembleCurves(times, np.stack([path, path]), clock=0.5)
    for time in (2.0, 2.25, 7.0, 18.0):
        np.testing.assert_allclose(curves.weights(time, np.zeros((1, 4))), (time - 2) ** 0.5, atol=1e-12)
        assert np.abs(curves.error(np.array([time]))).max() < 1


def test_the_error_is_that_of_splines_through_integrated_wiener_processes(rng):
    grid = np.linspace(0, 4, 401)
    drawn = wiener(grid, 4000, rng)
    curves = EnsembleCurves(grid[::100], rng.normal(size=(2, 5, 1)), clock=1.0)
    splines = CubicSpline(grid[::100], drawn[:, ::100], axis=1, bc_type="natural")
    for place in (50, 140, 250):
        variance = (drawn[:, place] - splines(grid[place])).var()
        assert np.square(curves.error(grid[[place]])).sum() == pytest.approx(variance, rel=0.12)


def test_bends_of_integrated_wiener_processes_are_uncorrelated_with_variance_one(rng):
    grid = np.linspace(0, 4, 401)
    places = np.array([0, 60, 160, 260, 400])
    found = bends(grid[places], wiener(grid, 4000, rng)[:, places].T)
    np.testing.assert_allclose(np.cov(found), np.eye(3), atol=0.1)


def test_what_resampling_bends_is_no_error_of_the_spline(rng):
    noise = rng.normal(size=(30, 5, 200))
    straight = TIMES[:, None] * np.ones(200) + noise.std(0) * rng.normal(size=(5, 200))
    flat = EnsembleCurves(TIMES, straight + noise, clock=1.0)
    bent = EnsembleCurves(TIMES, straight + noise + 20 * np.cos(TIMES)[:, None], clock=1.0)
    assert np.square(flat._bends).sum() < 0.05 * np.square(bent._bends).sum()

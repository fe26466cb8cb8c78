"""Paths of cells through snapshots where the curves are known."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline, PchipInterpolator

from weightflow.transport.growing_paths import GrowingPaths
from weightflow.transport.ways import MEAN, MONOTONE, SPLINE, STRAIGHT, WAYS

TIMES = np.array([0.0, 1.0, 3.0, 4.0])
HEIGHTS = np.array([0.0, 1.0, 1.5, 6.0])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def moving(rng, heights=HEIGHTS, times=TIMES, count=40):
    """A cloud that moves as a whole."""
    cloud = np.linspace(0, 0.1, count)[:, None] + np.zeros(2)
    return GrowingPaths([cloud + np.array([0.0, h]) for h in heights], times, rng.spawn(len(times) - 1))


@pytest.mark.parametrize(
    ("way", "curve"),
    [
        (STRAIGHT, lambda t: np.interp(t, TIMES, HEIGHTS)),
        (MEAN, CubicSpline(TIMES, HEIGHTS, bc_type="natural")),
        (MONOTONE, PchipInterpolator(TIMES, HEIGHTS)),
        (SPLINE, CubicSpline(TIMES, HEIGHTS, bc_type="natural")),
    ],
)
@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_cloud_that_moves_as_a_whole_follows_the_curve(rng, way, curve, share):
    found = moving(rng).states(1, share, 0.0, way, 40, rng)
    assert len(found) == 40
    np.testing.assert_allclose(np.sort(found[:, 1]), np.linspace(0, 0.1, 40) + curve(1 + 2 * share), atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("k", [0, 1, 2])
def test_every_way_begins_and_ends_at_the_snapshots(rng, way, k):
    paths = moving(rng)
    for share, place in ((0.0, k), (1.0, k + 1)):
        found = paths.states(k, share, 0.0, way, 40, rng)
        np.testing.assert_allclose(np.sort(found[:, 1]), np.sort(paths.snapshots[place][:, 1]), atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_between_two_snapshots_every_way_is_straight(rng, way):
    found = moving(rng, HEIGHTS[:2], TIMES[:2]).states(0, 0.5, 0.0, way, 40, rng)
    np.testing.assert_allclose(np.sort(found[:, 1]), np.linspace(0, 0.1, 40) + 0.5)


def test_where_an_interval_is_very_short_no_way_overshoots(rng):
    times, heights = np.array([0.0, 0.05, 3.0, 4.0]), np.array([0.0, 1.0, 1.5, 6.0])
    for way in WAYS:
        found = moving(rng, heights, times).states(1, 0.4, 0.0, way, 40, rng)
        assert 0.99 < found[:, 1].min() < found[:, 1].max() < 1.61, way


def test_a_cell_without_a_pair_goes_on_along_its_line(rng):
    """Half of the cells of the first snapshot die: those of the second far cluster have no origin there."""
    near, far = np.zeros((20, 1)), np.full((20, 1), 100.0)
    snapshots = [near, np.concatenate([near + 1, far]), np.concatenate([near + 2, far + 1])]
    paths = GrowingPaths(snapshots, np.arange(3.0), rng.spawn(2))
    found = paths.states(1, 0.5, 10.0, SPLINE, 200, rng)[:, 0]
    assert np.isfinite(found).all()


def test_the_diffusion_is_the_variance_of_steps_per_unit_of_time(rng):
    walk = np.cumsum(rng.normal(0, 0.01, (3, 500, 1)), axis=0) + np.linspace(0, 100, 500)[:, None]
    paths = GrowingPaths(list(walk), np.array([0.0, 4.0, 8.0]), rng.spawn(2))
    assert paths.diffusion == pytest.approx(1e-4 / 4, rel=0.1)

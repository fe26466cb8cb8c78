"""Bands of a model: their order, what widens them, and their times."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from tests.prediction.test_fitted import LEVELS, TIMES, fitted
from weightflow.bands.uncertainty import ErrorRatios, Evidence, _cells, _Scale, band_times, find_bands
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.systems.events import compile_event

NAMES = ["S", "I"]
EVENTS = {"many": compile_event("S > 2 and I > 0", NAMES, "here")}
GRID = np.array([0.0, 0.5, 1.0, 2.0])


def snapshots(count: int = 200) -> Snapshots:
    rng = np.random.default_rng(4)
    part = [rng.integers(0, LEVELS, (count, 2)) for _ in TIMES]
    seen = np.array([True, False, True])
    return Snapshots(TIMES, part, part, seen, NAMES, Counts(LEVELS), "heldout", "day")


def bands(data=None, evidence=Evidence(), level=0.9, seeds=(3,)):  # noqa: B008
    data = data or snapshots()
    return find_bands([fitted(data, seed=seed) for seed in seeds], evidence, EVENTS, level, GRID)


def width(found, name="means"):
    low, _, high = getattr(found, name)
    return high - low


@pytest.fixture(scope="module")
def usual():
    return bands()


def test_the_middle_is_the_prediction_between_the_ends(usual):
    (density,) = fitted(snapshots()).along(GRID[[1]], 1000, 10)
    np.testing.assert_allclose(usual.marginals[1, 1], density.marginals(), rtol=1e-5)
    np.testing.assert_allclose(usual.means[1, 1], density.marginals() @ np.arange(LEVELS), rtol=1e-5)
    p = density.probability(EVENTS["many"], 0.5, lambda states: states)
    assert usual.events[1, 1, 0] == pytest.approx(float(p), rel=1e-5)
    for low, middle, high in (usual.marginals, usual.means, usual.events):
        assert (low <= middle).all()
        assert (middle <= high).all()


def test_bands_are_the_same_again(usual):
    np.testing.assert_array_equal(bands().marginals, usual.marginals)


@pytest.mark.parametrize("name", ["marginals", "means", "events"])
def test_what_left_out_snapshots_miss_widens_the_bands_between(usual, name):
    found = bands(evidence=Evidence(1.0, [1.0]))
    at = np.isin(GRID, [0, 2])
    np.testing.assert_allclose(width(found, name)[at], width(usual, name)[at])
    assert (width(found, name)[~at] > width(usual, name)[~at]).all()


def test_more_cells_narrow_the_bands_at_the_snapshots():
    """The networks are random, so that both data sets miss them; a large ratio outweighs that."""
    few, many = (bands(snapshots(count), Evidence(1e6, [0.0])) for count in (200, 800))
    np.testing.assert_allclose(width(few)[[0, -1]] / width(many)[[0, -1]], 2, rtol=0.1)


def test_a_higher_level_widens_the_bands(usual):
    assert (width(bands(level=0.99)) > width(usual)).all()


def test_other_seeds_move_the_middle_and_widen_the_bands(usual):
    found = bands(seeds=(3, 5))
    other = bands(seeds=(5,))
    np.testing.assert_allclose(found.means[1], (usual.means[1] + other.means[1]) / 2, rtol=1e-6)
    apart = (usual.means[1] - other.means[1])[[0, -1]] / 2  # at the snapshots nothing but seeds and samples counts
    away = (np.square(width(usual)[[0, -1]] / 2 / 1.645) + apart**2) ** 0.5
    np.testing.assert_allclose(width(found)[[0, -1]] / 2, 1.645 * away, rtol=1e-3)


def test_times_are_those_of_the_data_with_every_snapshot():
    found = band_times(snapshots())
    np.testing.assert_array_equal(found, TIMES)


def test_without_times_between_they_are_evenly_spread():
    found = band_times(replace(snapshots(), times=TIMES[[0, 2]], is_observed=np.ones(2, dtype=bool)))
    assert len(found) > 20
    assert {0.0, 2.0} <= set(found)
    assert np.diff(found)[0] < np.diff(found)[-2]  # closest after the start


def test_score_tests_and_validation_tell_what_is_left_of_the_sampling_error():
    """A fit that takes over h and misses by m has tests 1 − h + m and, on other cells, the error h + m."""
    taken, missed = np.array([0.9] * 4 + [0.3] * 8), np.array([0.0, 0.2, 0.4])
    tests = {float(time): ((1 - taken + m)[::-1], np.ones(12)) for time, m in zip(TIMES, missed, strict=True)}
    found = ErrorRatios.of(tests, taken.mean() + missed.mean())
    np.testing.assert_allclose(found.taken, [0.9, 0.33], atol=0.04)  # not below one over the number of snapshots
    np.testing.assert_allclose(found.missed, missed, atol=0.01)
    np.testing.assert_allclose(found.along(12, 0.5), np.append([found.taken[1]] * 8, [found.taken[0]] * 4) + 0.1)


def test_snapshots_of_equal_cells_tell_nothing():
    found = ErrorRatios.of({0.0: (np.zeros(5), np.full(5, 1e-9))}, 0.5)
    np.testing.assert_array_equal(found.along(5, 0.0), 1)


def test_between_two_independent_snapshots_the_mean_of_both_counts():
    found = _cells(replace(snapshots(), is_observed=np.ones(3, dtype=bool)), np.array([0.0, 0.5, 2.0]))
    np.testing.assert_allclose(found, [200, 400, 200])


@pytest.mark.parametrize("cells", [None, np.array([50.0])])
def test_scales_go_there_and_back(cells):
    scale, values = _Scale(cells), np.array([0.001, 0.3, 0.98])
    np.testing.assert_allclose(scale.back(scale.of(values)), values)
    step = 1e-6
    near = expit(logit(values) + step) if cells is not None else values + step
    np.testing.assert_allclose((scale.of(near) - scale.of(values)) / step, scale.slope(values), rtol=1e-3)


def test_rare_events_have_no_ends_far_away():
    scale = _Scale(np.array([100.0]))
    assert scale.back(scale.of(np.array([1e-9])) + 3) < 0.1

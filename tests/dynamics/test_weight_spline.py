"""Curves of weights against scipy's natural splines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from weightflow.dynamics.weight_spline import (
    WeightSpline,
    knot_times,
    natural_basis,
    read_spline,
    through,
    times_ahead,
    write_spline,
)
from weightflow.errors import InputError
from weightflow.storage import write_tensors

KNOTS = np.array([0.0, 0.5, 2.0, 3.0, 7.0])


@pytest.fixture
def weights() -> np.ndarray:
    """(5, 3) at KNOTS."""
    return np.random.default_rng(0).normal(size=(5, 3))


def test_a_curve_equals_scipys_natural_spline(weights):
    times = np.linspace(0, 7, 50)
    expected = CubicSpline(KNOTS, weights, bc_type="natural")(times)
    np.testing.assert_allclose(WeightSpline(KNOTS, weights).at(times), expected, atol=1e-12)


def test_beyond_its_knots_a_curve_goes_on_as_a_straight_line(weights):
    curve, inner = WeightSpline(KNOTS, weights), CubicSpline(KNOTS, weights, bc_type="natural")
    for end, times in ((0.0, [-3.0, -1.0]), (7.0, [8.0, 40.0])):
        expected = inner(end) + (np.array(times)[:, None] - end) * inner(end, 1)
        np.testing.assert_allclose(curve.at(np.array(times)), expected, atol=1e-10)


def test_each_basis_curve_is_one_at_its_own_knot_alone():
    np.testing.assert_allclose(natural_basis(KNOTS, KNOTS), np.eye(5), atol=1e-12)


def test_basis_curves_add_up_to_one_everywhere():
    np.testing.assert_allclose(natural_basis(KNOTS, np.linspace(-2, 9, 40)).sum(axis=1), 1, atol=1e-12)


@given(
    gaps=st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=8),
    start=st.floats(-1e3, 1e3),
    each=st.integers(1, 9),
    first=st.integers(1, 20),
)
def test_every_snapshots_time_is_among_the_knots(gaps, start, each, first):
    observed = start + np.cumsum([0.0, *gaps])
    knots = knot_times(observed, each, first)
    assert len(knots) == first + (len(observed) - 2) * each + 1
    assert set(observed) <= set(knots)
    assert (np.diff(knots) > 0).all()


def test_knots_after_the_first_snapshot_are_even_in_the_root_of_the_time():
    knots = knot_times(np.array([2.0, 6.0, 8.0]), 4, 8)
    np.testing.assert_allclose(np.diff(np.sqrt(knots[:9] - 2.0)), 0.25)
    np.testing.assert_allclose(np.diff(knots[8:]), 0.5)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([0.0, 1.0, 2.0, 3.0, 4.0], [4.5, 5.0, 5.5, 6.0]),
        ([0.0, 1.0, 4.0], [5.0, 6.0]),  # one length at least
        ([0.0, 9.0, 9.1, 9.2], 9.2 + 4.6 * np.arange(1, 9) / 8),  # four at most
    ],
)
def test_times_ahead_reach_half_of_the_range(observed, expected):
    np.testing.assert_allclose(times_ahead(np.array(observed), 2), expected)
    knots = knot_times(np.array(observed), 1, 1, 2)
    np.testing.assert_allclose(knots, [*observed, *expected])


def test_the_slope_is_the_derivative(weights):
    curve = WeightSpline(KNOTS, weights)
    end = KNOTS[-1]
    np.testing.assert_allclose(curve.slope(end), curve.at(np.array([end + 1.0]))[0] - weights[-1], atol=1e-9)


def test_more_knots_leave_the_curve_through_the_anchors_alone(weights):
    times = np.linspace(-1, 9, 60)
    finer = through(KNOTS, weights, knot_times(KNOTS, 3, 5))
    assert len(finer.times) == 15
    np.testing.assert_allclose(finer.at(times), WeightSpline(KNOTS, weights).at(times), atol=1e-9)


def test_a_written_curve_is_read_back(weights, tmp_path):
    write_spline(tmp_path / "spline.safetensors", WeightSpline(KNOTS, weights), device="cpu")
    again = read_spline(tmp_path / "spline.safetensors")
    assert np.array_equal(again.times, KNOTS)
    assert np.array_equal(again.weights, weights)


def test_another_kind_of_artefact_is_refused_by_name(tmp_path):
    write_tensors(tmp_path / "spline.safetensors", "anchor", {"weights": np.zeros(3)})
    with pytest.raises(InputError, match=r"spline\.safetensors: expected weight spline, found anchor; delete it"):
        read_spline(tmp_path / "spline.safetensors")

"""Interpolated weights pass through the anchors, linearly or as a natural cubic spline."""

import numpy as np
import pytest

from weightflow.baselines.interpolated_weights import linear, natural_spline
from weightflow.baselines.registry import BASELINES, predicted_by

TIMES = np.array([0.0, 1.0, 4.0, 5.0])
WEIGHTS = np.random.default_rng(0).normal(size=(4, 6))
KINDS = predicted_by("interpolation")


@pytest.mark.parametrize("kind", KINDS)
def test_anchors_are_met(kind):
    np.testing.assert_allclose(BASELINES[kind].draw.load()(TIMES, WEIGHTS, TIMES), WEIGHTS, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_straight_path_stays_straight(kind):
    slope, at = np.arange(6.0), np.linspace(0, 5, 11)
    found = BASELINES[kind].draw.load()(TIMES, TIMES[:, None] * slope, at)
    np.testing.assert_allclose(found, at[:, None] * slope, atol=1e-12)


def test_linear_weights_half_way_are_the_mean():
    found = linear(TIMES, WEIGHTS, np.array([2.5]))
    np.testing.assert_allclose(found[0], (WEIGHTS[1] + WEIGHTS[2]) / 2)


def test_the_spline_is_natural():
    step = 1e-3
    for end in (0.0, 5.0):
        at = np.array([end, abs(end - step), abs(end - 2 * step)])
        bend = np.diff(natural_spline(TIMES, WEIGHTS, at), n=2, axis=0) / step**2
        assert np.abs(bend).max() < 0.01 * np.abs(WEIGHTS).max()

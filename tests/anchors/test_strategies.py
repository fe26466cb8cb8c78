"""The penalty of joint anchors; strategies as wholes are tested in test_training.py."""

import numpy as np
import pytest
import torch

from weightflow.anchors.strategies import unevenness

CPU = torch.device("cpu")
TIMES = np.array([0.0, 1.0, 4.0])


def test_unevenness_is_the_integral_of_squared_slope_and_curvature():
    times = np.linspace(0, 8, 400)
    weights = torch.from_numpy(np.stack([times**2, 3 * times], axis=1)).float()
    mean = times[1]  # the mean interval, which is the unit of time
    slope, curvature = (4 * times**2 + 9).mean() * 8 * mean, 4 * 8 * mean**3
    assert unevenness(times, CPU)(weights).item() == pytest.approx(slope + curvature, rel=0.01)


def test_unevenness_does_not_depend_on_the_unit_of_time():
    weights = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    assert torch.isclose(unevenness(TIMES, CPU)(weights), unevenness(60 * TIMES + 7, CPU)(weights))


def test_unevenness_asks_less_of_a_longer_interval():
    step = torch.tensor([[0.0], [0.0], [1.0]])
    assert unevenness(TIMES, CPU)(step) < unevenness(np.arange(3.0), CPU)(step)

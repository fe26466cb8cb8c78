"""Displacement follows a cloud that moves, and goes on past the last snapshot."""

import dataclasses

import numpy as np
import pytest

from weightflow.baselines.clouds import predict_baseline
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts


def test_transport_of_a_moved_cloud_is_its_motion():
    cloud = np.random.default_rng(0).integers(0, 5, (20, 2))
    training = [cloud + 6 * t for t in range(5)]
    observed = np.array([True, False, True, False, True])
    data = Snapshots(np.arange(5.0), training, [], observed, ["a", "b"], Counts(40), "training", "t")
    prediction = predict_baseline("displacement", data, samples=20, seed=0)
    for found, goal in zip(prediction.samples, training, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, goal))


@pytest.mark.parametrize("kind", ["quantiles", "displacement"])
def test_what_moves_in_straight_lines_goes_on_along_the_last_ones(counts, kind):
    """Snapshots that are shifted by one per time; only the last two tell how fast."""
    first = np.random.default_rng(0).integers(0, 3, (40, 2))
    shifts = np.array([0, 7, 2, 3, 5, 7])
    data = dataclasses.replace(
        counts,
        training=[first + shift for shift in shifts],
        is_observed=np.array([True, True, True, True, False, False]),
        space=Counts(50),
    )
    found = predict_baseline(kind, data, 40, 0).samples
    for samples, shift in zip(found[2:], (2, 3, 5, 7), strict=True):
        assert sorted(map(tuple, samples)) == sorted(map(tuple, first + shift))

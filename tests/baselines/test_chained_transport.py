"""Splines through coupled states follow a cloud that moves."""

import numpy as np

from weightflow.baselines.clouds import predict_baseline
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts


def test_transport_of_a_moved_cloud_is_its_motion():
    cloud = np.random.default_rng(0).integers(0, 5, (20, 2))
    training = [cloud + 6 * t for t in range(5)]
    observed = np.array([True, False, True, False, True])
    data = Snapshots(np.arange(5.0), training, [], observed, ["a", "b"], Counts(40), "training", "t")
    prediction = predict_baseline("transport_spline", data, samples=20, seed=0)
    for found, goal in zip(prediction.samples, training, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, goal))

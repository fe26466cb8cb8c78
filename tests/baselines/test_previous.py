"""The previous snapshot on cases worked by hand."""

import dataclasses

import numpy as np

from weightflow.baselines.clouds import predict_baseline


def test_previous_is_the_last_observed_snapshot(counts):
    samples = predict_baseline("previous", counts, samples=4, seed=0).samples
    for t, k in enumerate([0, 0, 2, 2, 2, 5]):
        assert np.array_equal(samples[t], counts.training[k])


def test_times_after_the_last_snapshot_repeat_it(counts):
    data = dataclasses.replace(counts, is_observed=np.array([True, True, True, False, False, False]))
    assert np.array_equal(predict_baseline("previous", data, 4, 0).samples[-1], counts.training[2])

"""Mixtures of neighbouring snapshots on cases worked by hand."""

import numpy as np
import pytest

from weightflow.baselines.clouds import predict_baseline


def test_mixture_weights_the_neighbours_by_nearness_in_time(counts):
    prediction = predict_baseline("mixture", counts, samples=4, seed=0)
    samples, weights = prediction.weighted(3)  # time 3, between 2 and 7
    assert np.array_equal(samples, np.concatenate([counts.training[2], counts.training[5]]))
    assert weights[:4].sum() == pytest.approx(0.8)
    assert weights[4:].sum() == pytest.approx(0.2)


def test_marginals_of_a_mixture_are_the_frequencies_of_its_states(counts):
    assert len(predict_baseline("mixture", counts, samples=4, seed=0).marginals) == 0

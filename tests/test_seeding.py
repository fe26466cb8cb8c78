"""Random streams are independent of each other and the same everywhere."""

import numpy as np

from weightflow import seeding


def test_same_seed_and_labels_give_the_same_draws():
    assert seeding.stream(3, "starts", 5).random() == seeding.stream(3, "starts", 5).random()


def test_seeds_and_labels_give_different_draws():
    streams = [(0, "a"), (1, "a"), (0, "b"), (0, "a", 1), (0, "a", 2), (0, 5)]
    assert len({seeding.stream(seed, *labels).random() for seed, *labels in streams}) == len(streams)


def test_integers_fit_torchs_generator():
    assert all(0 <= seeding.integer(seed, "x") < 2**63 for seed in range(1000))


def test_streams_are_those_of_earlier_versions():
    assert seeding.integer(0, "anchors") == 7844873792620150062
    assert seeding.stream(0, "split").integers(10**6) == 267622


def test_streams_of_neighbouring_seeds_are_uncorrelated():
    draws = np.array([seeding.stream(seed, "x").random(1000) for seed in range(20)])
    correlations = np.corrcoef(draws)[np.triu_indices(20, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(1000)

"""Floors are drawn from the truth, or from an independent part."""

import dataclasses

import pytest

from weightflow.baselines.clouds import predict_baseline
from weightflow.errors import InputError


def test_bootstrap_draws_from_the_truth(counts):
    prediction = predict_baseline("floor_bootstrap", counts, samples=4, seed=0)
    for found, truth in zip(prediction.samples, counts.truth, strict=True):
        assert len(found) == 4
        assert {*map(tuple, found)} <= {*map(tuple, truth)}


def test_the_independent_floor_comes_from_the_other_part(counts):
    prediction = predict_baseline("floor_independent", counts, samples=3, seed=0)
    for found, other in zip(prediction.samples, counts.heldout, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, other))


def test_the_independent_floor_needs_a_second_part(counts):
    with pytest.raises(InputError, match="no second part; set its heldout"):
        predict_baseline("floor_independent", dataclasses.replace(counts, heldout=[]), samples=3, seed=0)

"""Bands about marginals: what drawn networks say, and how often the truth is among it."""

import numpy as np
import pytest
import torch

from weightflow import bands
from weightflow.bands import Bands, condition_of, coverage, predict_bands
from weightflow.gru import GRUBackbone
from weightflow.heads import CountHead


def test_conditions_go_from_minus_one_to_one():
    observed = np.array([2.0, 3.0, 6.0])
    np.testing.assert_allclose(condition_of(np.array([2.0, 4.0, 6.0]), observed), [[-1], [0], [1]])


def test_bands_are_quantiles_of_what_drawn_networks_say(monkeypatch):
    backbone = GRUBackbone(variables=2, head=CountHead(3), hidden=2)
    drawn = backbone.initial(40, torch.Generator().manual_seed(0)).numpy()
    told = []

    def generate(flow, count, seed, conditions):
        told.append(float(conditions[0, 0]))
        return drawn[:count]

    monkeypatch.setattr(bands, "generate", generate)
    found = predict_bands(None, backbone, np.array([0.0, 1.0]), np.array([0.0, 2.0]), 40, 0.9, 0)
    said = backbone.marginals(torch.as_tensor(drawn), 64, torch.Generator()).numpy()
    assert told == [-1, 0]
    assert found.lower.shape == (2, 2, 3)
    np.testing.assert_allclose(found.lower[0], np.quantile(said, 0.05, axis=0), atol=1e-6)
    np.testing.assert_allclose(found.middle[1], np.median(said, axis=0), atol=1e-6)
    np.testing.assert_allclose(found.upper[1], np.quantile(said, 0.95, axis=0), atol=1e-6)


@pytest.mark.parametrize(("inside", "share"), [(0, 0.0), (2, 0.5), (4, 1.0)])
def test_coverage_is_the_share_of_counts_in_their_bands(inside, share):
    truth = np.full((1, 1, 5), 0.25)
    truth[..., 4] = 0  # a count that nothing gives a probability is no success
    shift = np.array([0.0] * inside + [0.2] * (5 - inside))
    lower, upper = truth - 0.05 + shift, truth + 0.05 + shift
    upper[..., 4] = lower[..., 4] = 0
    found = coverage(Bands(np.zeros(1), lower, truth, upper, 0.9), truth)
    np.testing.assert_allclose(found, [share])

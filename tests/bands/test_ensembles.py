"""Ensembles of anchors on resampled data sets, with the spread that the number of states implies."""

import numpy as np
import pytest
import torch

from weightflow.anchors.settings import AnchorSettings
from weightflow.bands.ensembles import read_ensemble, train_ensemble, write_ensemble
from weightflow.errors import InputError
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.seeding import Computation

SETTINGS = AnchorSettings(first_steps=60, steps=60, batch=400, learning_rate=0.05)
TIMES = np.arange(3.0)


@pytest.fixture
def train():
    """Ensembles of networks of one variable of three counts, of snapshots of so many states."""
    backbone = GRUBackbone(variables=1, head=CountHead(3), hidden=2)

    def run(states: int, members: int = 6, seed: int = 0) -> tuple[GRUBackbone, np.ndarray]:
        rng = np.random.default_rng(1)
        snapshots = [rng.choice(3, (states, 1), p=[0.5, 0.3, 0.2]).astype(np.float32) for _ in TIMES]
        return backbone, train_ensemble(
            backbone, snapshots, TIMES, SETTINGS, members, Computation(seed, torch.device("cpu"))
        )

    return run


def probabilities(backbone: GRUBackbone, weights: np.ndarray) -> np.ndarray:
    """(M, 3) of the counts at the first snapshot."""
    return backbone.marginals(torch.as_tensor(weights[:, 0]), 8, torch.Generator()).numpy()[:, 0]


@pytest.mark.slow
def test_every_member_has_an_anchor_for_each_snapshot(train):
    backbone, weights = train(50, members=2)
    assert weights.shape == (2, 3, sum(layer.weights for layer in backbone.layers))
    assert np.isfinite(weights).all()


def test_members_differ_by_as_much_as_resampled_frequencies_do(train):
    spread = {}
    for states in (50, 400):
        spread[states] = probabilities(*train(states, members=10)).std(0).mean()
        expected = np.mean(np.sqrt([0.25 / states, 0.21 / states, 0.16 / states]))
        assert 0.4 * expected < spread[states] < 2 * expected
    assert spread[400] < 0.6 * spread[50]


def test_the_same_seed_gives_the_same_bytes(train):
    assert train(20, members=2)[1].tobytes() == train(20, members=2)[1].tobytes()
    assert train(20, members=2)[1].tobytes() != train(20, members=2, seed=1)[1].tobytes()


def test_an_ensemble_comes_back_from_its_file_and_a_damaged_one_is_refused(tmp_path):
    weights = np.random.default_rng(0).normal(size=(2, 3, 4))
    write_ensemble(tmp_path / "whole.safetensors", TIMES, weights)
    for found, expected in zip(read_ensemble(tmp_path / "whole.safetensors"), (TIMES, weights), strict=True):
        np.testing.assert_array_equal(found, expected)
    write_ensemble(tmp_path / "damaged.safetensors", TIMES[:2], weights)
    with pytest.raises(InputError):
        read_ensemble(tmp_path / "damaged.safetensors")

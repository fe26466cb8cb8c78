"""Files of the released code: read as tensors alone, into this project's order, or refused in one sentence."""

import numpy as np
import pytest
import torch

from weightflow.data.state_space import Counts
from weightflow.errors import InputError
from weightflow.networks.backbones import make_backbone
from weightflow.networks.layout import LinearMap
from weightflow.networks.released_files import (
    name_of_release,
    read_anchors_of_release,
    tokens_of_release,
    weights_of_release,
)
from weightflow.networks.settings import BackboneSettings
from weightflow.networks.tensor_files import load

TIMES = np.array([0.0, 10.0])
SETTINGS = BackboneSettings(hidden=3, position=False, levels=7)
BACKBONE = make_backbone(SETTINGS, ["a", "b"], Counts(30))


@pytest.fixture
def folder(tmp_path):
    for time in TIMES:
        torch.save(torch.randn(6 * 3 + 7, 4), tmp_path / f"feat_t{int(time)}.pt")
    return tmp_path


def plain_log_prob(tokens: np.ndarray, state: tuple[int, int]) -> float:
    """The released GRU by hand: bits of the count before, highest first; gates r, z, n of input, then of state."""
    gates = tokens[:18].reshape(6, 3, 4)
    hidden, before, total = np.zeros(3), 0, 0.0
    for count in state:
        bits = np.array([before >> 2 & 1, before >> 1 & 1, before & 1, 1.0])
        own = np.append(hidden, 1.0)
        reset, update = (1 / (1 + np.exp(-(gates[g] @ bits + gates[3 + g] @ own))) for g in (0, 1))
        new = np.tanh(gates[2] @ bits + reset * (gates[5] @ own))
        hidden = (1 - update) * new + update * hidden
        logits = tokens[18:] @ np.append(hidden, 1.0)
        total += logits[count] - np.log(np.exp(logits).sum())
        before = count
    return total


def test_an_anchor_gives_the_probabilities_of_the_released_network(folder):
    weights = read_anchors_of_release(folder, BACKBONE.layers, TIMES)
    states = [(a, b) for a in range(7) for b in range(7)]
    found = BACKBONE.log_prob(torch.as_tensor(weights), torch.tensor(states, dtype=torch.int32))
    for own, time in zip(found, TIMES, strict=True):
        tokens = load(folder / f"feat_t{int(time)}.pt").double().numpy()
        np.testing.assert_allclose(own, [plain_log_prob(tokens, state) for state in states], rtol=1e-4)


def test_larger_counts_have_probability_zero(folder):
    weights = torch.as_tensor(read_anchors_of_release(folder, BACKBONE.layers, TIMES))
    assert torch.isneginf(BACKBONE.log_prob(weights, torch.tensor([[7, 0]], dtype=torch.int32))).all()


@pytest.mark.parametrize(
    ("times", "levels", "said"),
    [
        (np.array([0.0, 5.0]), 7, "has anchors at the times 0, 10, and the observed snapshots are at 0, 5; observe"),
        (TIMES, 8, "holds 25 × 4 tokens, and this backbone has 26 × 4; set backbone.hidden and backbone.levels"),
    ],
)
def test_another_data_set_or_another_number_of_counts_is_refused(folder, times, levels, said):
    layers = make_backbone(SETTINGS.but(levels=levels), ["a", "b"], Counts(30)).layers
    with pytest.raises(InputError, match=said):
        read_anchors_of_release(folder, layers, times)


def test_a_folder_without_anchors_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"has no anchors feat_t0\.pt"):
        read_anchors_of_release(tmp_path, BACKBONE.layers, TIMES)


def test_only_maps_of_a_gru_have_published_names():
    assert name_of_release(LinearMap("recurrent1.2", 3, 3)) == "gru_layers_1_hn_h"
    with pytest.raises(InputError, match="hold GRUs"):
        name_of_release(LinearMap("query0.0", 3, 3))


def test_tokens_and_weights_are_two_layouts_of_the_same_numbers(folder):
    weights = read_anchors_of_release(folder, BACKBONE.layers, TIMES)
    tokens = tokens_of_release(weights, BACKBONE.layers)
    np.testing.assert_array_equal(weights_of_release(tokens, BACKBONE.layers), weights)
    np.testing.assert_array_equal(tokens[1], load(folder / "feat_t10.pt").numpy())

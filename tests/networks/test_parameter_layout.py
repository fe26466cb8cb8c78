"""State dicts and flat weights are the same numbers."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from weightflow.errors import InputError
from weightflow.networks.layout import LinearMap
from weightflow.networks.parameter_layout import difference, layout_of_module, layout_of_state, renamed


class Everything(nn.Module):
    """One layer of each sort, a scalar, and a parameter under two names."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.conv = nn.Conv2d(2, 4, 3, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.up = nn.ConvTranspose2d(4, 2, 2)
        self.attention = nn.MultiheadAttention(4, 2)
        self.recurrent = nn.GRU(3, 2)
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.out = nn.Linear(3, 5)
        self.out.weight = self.embed.weight


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return Everything()


def test_a_state_dict_is_the_same_after_a_round_trip(module):
    layout = layout_of_module(module)
    state = module.state_dict()
    again = layout.state(layout.flat(state))
    buffers = {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}
    assert set(again) == set(state) - buffers
    for name, value in again.items():
        assert torch.equal(value, state[name]), name
    assert layout.size == sum(value.numel() for value in module.parameters())
    other = copy.deepcopy(module)
    other.load_state_dict(again, strict=False)
    assert torch.equal(other.out.weight, module.embed.weight)


def test_a_row_is_an_output_with_its_bias_last(module):
    layout = layout_of_module(module)
    conv = next(layer for layer in layout.layers if layer.name == "conv")
    assert (conv.neurons, conv.inputs, conv.bias) == (4, 18, False)
    norm = next(layer for layer in layout.layers if layer.name == "norm")
    assert (norm.neurons, norm.inputs, norm.bias) == (4, 1, True)
    flat = torch.from_numpy(np.arange(layout.size, dtype=np.float32))
    start = 0
    for layer, place in zip(layout.layers, layout.places, strict=True):
        rows = flat[start : start + layer.weights].reshape(layer.neurons, layer.columns)
        parts = layout.tensors(flat)
        assert torch.equal(parts[place.weight].reshape(layer.neurons, -1), rows[:, : layer.inputs])
        if place.bias:
            assert torch.equal(parts[place.bias], rows[:, -1])
        start += layer.weights


def test_many_networks_are_many_rows(module):
    layout = layout_of_module(module)
    weights = torch.randn(3, layout.size)
    stacked = layout.tensors(weights)
    for s in range(3):
        single = layout.tensors(weights[s])
        assert all(torch.equal(stacked[name][s], value) for name, value in single.items())


def test_without_its_module_a_state_dict_has_the_same_layout():
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    assert layout_of_state(module.state_dict()) == layout_of_module(module)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("0.bias"), "has no 0.bias"),
        (lambda state: state.update({"0.weight": torch.ones(3, 5)}), "has 0.weight of shape 3 × 5 instead of 3 × 4"),
        (lambda state: state.update({"9.weight": torch.ones(1)}), "has 9.weight besides"),
        (lambda state: None, ""),
    ],
)
def test_what_differs_is_named(change, said):
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    state = module.state_dict()
    change(state)
    assert difference(layout_of_module(module), state) == said


def test_a_known_architecture_gives_its_names_to_the_same_maps():
    own = layout_of_state(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).state_dict())
    layers = LinearMap("dense0", 3, 4), LinearMap("dense1", 2, 3)
    found = renamed(own, layers)
    assert found is not None
    assert found.layers == layers
    assert found.names == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert renamed(own, (LinearMap("dense0", 3, 4), LinearMap("dense1", 2, 4))) is None


def test_a_module_without_parameters_is_refused():
    with pytest.raises(InputError, match="has no parameters"):
        layout_of_module(nn.ReLU())

"""The GRU against torch.nn.GRU."""

import pytest
import torch

from weightflow.networks.autoregressive import POSITION_CHANNELS
from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.gru import GRUBackbone


def reference_log_prob(backbone: GRUBackbone, weights: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """log p by torch.nn.GRU and torch.nn.Linear, one network and its states (N, d)."""
    maps = {name: value[0] for name, value in split_weights(backbone.layers, weights).items()}
    positions = backbone.positions
    gru = torch.nn.GRU(backbone.head.inputs + positions.shape[1], backbone.hidden, backbone.depth, batch_first=True)
    head = torch.nn.Linear(backbone.hidden, backbone.head.levels)
    with torch.no_grad():
        for level in range(backbone.depth):
            for ours, theirs in (("input", "ih"), ("recurrent", "hh")):
                getattr(gru, f"weight_{theirs}_l{level}").copy_(maps[f"{ours}{level}"][:, :-1])
                getattr(gru, f"bias_{theirs}_l{level}").copy_(maps[f"{ours}{level}"][:, -1])
        head.weight.copy_(maps["head"][:, :-1])
        head.bias.copy_(maps["head"][:, -1])
        # Least significant bit first; no input before the first variable.
        bits = backbone.head.inputs
        codes = [[[int(bit) for bit in f"{x:0{bits}b}"[::-1]] for x in row[:-1]] for row in states.tolist()]
        start = torch.zeros(len(states), 1, bits)
        inputs = torch.cat([start, torch.tensor(codes, dtype=torch.float32).reshape(len(states), -1, bits)], 1)
        inputs = torch.cat([inputs, positions.expand(len(states), -1, -1)], dim=2)
        log_softmax = head(gru(inputs)[0]).log_softmax(-1)
    return log_softmax.gather(-1, states.unsqueeze(-1)).squeeze(-1).sum(-1)


@pytest.mark.parametrize("position", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(("variables", "states"), [(1, 2), (3, 52), (5, 6)])
def test_likelihood_equals_torch_gru_and_linear(variables, states, depth, position):
    backbone = GRUBackbone(variables, CountHead(states), hidden=5, depth=depth, position=position)
    weights = 3 * backbone.initial(1, torch.Generator().manual_seed(depth))
    x = torch.randint(states, (40, variables), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(backbone.log_prob(weights, x)[0], reference_log_prob(backbone, weights, x))


def test_paper_epidemic_backbone_has_852_parameters():
    linear = sum(layer.weights for layer in GRUBackbone(3, CountHead(52), hidden=8).layers)
    torch_gru = sum(p.numel() for p in torch.nn.GRU(6, 8).parameters())
    torch_head = sum(p.numel() for p in torch.nn.Linear(8, 52).parameters())
    assert linear == torch_gru + torch_head == 852


def test_the_positions_code_enters_every_gate():
    linear = sum(layer.weights for layer in GRUBackbone(3, CountHead(52), hidden=8, position=True).layers)
    assert linear == 852 + 24 * POSITION_CHANNELS


def test_biases_may_start_at_zero():
    backbone = GRUBackbone(2, CountHead(5), 3, biased=False)
    parts = split_weights(backbone.layers, backbone.initial(2, torch.Generator().manual_seed(0)))
    assert all((part[..., -1] == 0).all() and (part[..., :-1] != 0).all() for part in parts.values())

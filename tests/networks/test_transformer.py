"""The transformer against torch.nn.MultiheadAttention and its like."""

import pytest
import torch
from torch import nn

from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.transformer import TransformerBackbone, TransformerSize


def linear(weights: torch.Tensor) -> nn.Linear:
    """A torch map with weights (neurons, inputs + 1)."""
    made = nn.Linear(weights.shape[1] - 1, weights.shape[0])
    made.weight.data, made.bias.data = weights[:, :-1].clone(), weights[:, -1].clone()
    return made


@torch.no_grad()
def reference_log_prob(backbone: TransformerBackbone, weights: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """log p by torch's own modules, one network and its states (N, d)."""
    maps = {name: value[0] for name, value in split_weights(backbone.layers, weights).items()}
    norm = nn.RMSNorm(backbone.width, eps=1e-6, elementwise_affine=False)
    # Least significant bit first; no input before the first variable.
    bits = backbone.head.inputs
    codes = [[[int(bit) for bit in f"{x:0{bits}b}"[::-1]] for x in row[:-1]] for row in states.tolist()]
    start = torch.zeros(len(states), 1, bits)
    inputs = torch.cat([start, torch.tensor(codes, dtype=torch.float32).reshape(len(states), -1, bits)], 1)
    stream = linear(maps["embed"])(torch.cat([inputs, backbone.positions.expand(len(states), -1, -1)], dim=2))
    future = torch.ones(states.shape[1], states.shape[1], dtype=torch.bool).triu(1)
    for block in range(backbone.depth):
        attention = nn.MultiheadAttention(backbone.width, backbone.heads, add_zero_attn=True, batch_first=True)
        entering = torch.cat([maps[f"{part}{block}"] for part in ("query", "key", "value")])
        attention.in_proj_weight.data, attention.in_proj_bias.data = entering[:, :-1].clone(), entering[:, -1].clone()
        attention.out_proj.weight.data = maps[f"out{block}"][:, :-1].clone()
        attention.out_proj.bias.data = maps[f"out{block}"][:, -1].clone()
        normed = norm(stream)
        stream = stream + attention(normed, normed, normed, attn_mask=future, need_weights=False)[0]
        forward = nn.Sequential(norm, linear(maps[f"up{block}"]), nn.GELU(), linear(maps[f"down{block}"]))
        stream = stream + forward(stream)
    log_softmax = linear(maps["head"])(norm(stream)).log_softmax(-1)
    return log_softmax.gather(-1, states.unsqueeze(-1)).squeeze(-1).sum(-1)


@pytest.mark.parametrize("position", [False, True])
@pytest.mark.parametrize(("depth", "heads"), [(1, 1), (1, 2), (2, 3), (3, 6)])
@pytest.mark.parametrize(("variables", "states"), [(1, 2), (3, 52), (5, 6)])
def test_likelihood_equals_torchs_modules(variables, states, depth, heads, position):
    backbone = TransformerBackbone(variables, CountHead(states), TransformerSize(6, depth, heads, 12), position)
    weights = 3 * backbone.initial(1, torch.Generator().manual_seed(depth))
    x = torch.randint(states, (40, variables), generator=torch.Generator().manual_seed(1))
    expected = reference_log_prob(backbone, weights, x)
    assert expected.std() > 0.1
    torch.testing.assert_close(backbone.log_prob(weights, x)[0], expected)


def test_fresh_weights_are_uniform_and_scaled_by_what_they_read():
    backbone = TransformerBackbone(3, CountHead(50), TransformerSize(16, 2, 2, 32), position=True)
    drawn = split_weights(backbone.layers, backbone.initial(200, torch.Generator().manual_seed(0)))
    for layer in backbone.layers:
        added = layer.name[:-1] in ("out", "down")
        bound = (layer.inputs * (4 if added else 1)) ** -0.5
        assert drawn[layer.name].abs().max() == pytest.approx(bound, rel=1e-3)
        assert drawn[layer.name].std().item() == pytest.approx(bound / 3**0.5, rel=0.02)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="3 heads do not divide the width 8"):
        TransformerBackbone(3, CountHead(5), TransformerSize(8, 1, 3, 16))

"""Flat weights read as linear maps: views of the same numbers, applied as torch does it."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from weightflow.networks.flat_weights import apply_linear, split_weights
from weightflow.networks.layout import LinearMap

SIZES = st.integers(1, 5)


@given(
    sizes=st.lists(st.tuples(SIZES, SIZES, st.booleans()), min_size=1, max_size=4), stack=st.lists(SIZES, max_size=2)
)
def test_the_parts_are_views_that_hold_every_weight_in_order(sizes, stack):
    layers = tuple(LinearMap(f"layer{i}", *size) for i, size in enumerate(sizes))
    weights = torch.rand(*stack, sum(layer.weights for layer in layers))
    parts = split_weights(layers, weights)
    shapes = [(*stack, layer.neurons, layer.inputs + layer.bias) for layer in layers]
    assert [tuple(part.shape) for part in parts.values()] == shapes
    assert torch.equal(torch.cat([part.flatten(-2) for part in parts.values()], dim=-1), weights)
    parts["layer0"].fill_(7)
    assert (weights[..., : layers[0].weights] == 7).all()


@given(stack=SIZES, count=SIZES, neurons=SIZES, inputs=SIZES)
def test_each_network_applies_its_own_map(stack, count, neurons, inputs):
    generator = torch.Generator().manual_seed(0)
    linear = torch.randn(stack, neurons, inputs + 1, generator=generator)
    values = torch.randn(stack, count, inputs, generator=generator)
    found = apply_linear(linear, values)
    for own, entering, leaving in zip(linear, values, found, strict=True):
        expected = torch.nn.functional.linear(entering, own[:, :-1], own[:, -1])
        torch.testing.assert_close(leaving, expected)

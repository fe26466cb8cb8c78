"""Flat weights and tokens are the same numbers, and padding is nothing."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import LinearMap
from weightflow.networks.tokens import to_tokens, to_weights, token_mask


@st.composite
def weighted_layers(draw):
    """Any layer table, with biases and without, with some networks' flat weights."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.booleans()), min_size=1, max_size=5))
    layers = tuple(LinearMap(f"layer{i}", *size) for i, size in enumerate(sizes))
    shape = (draw(st.integers(1, 4)), sum(layer.weights for layer in layers))
    elements = st.floats(-1e6, 1e6, width=32)
    return layers, draw(arrays(np.float32, shape, elements=elements))


@given(weighted_layers())
def test_tokens_and_back_gives_the_same_weights(case):
    layers, weights = case
    assert np.array_equal(to_weights(layers, to_tokens(layers, weights)), weights)


@given(weighted_layers())
def test_padding_is_zero_and_what_stands_in_it_is_ignored(case):
    layers, weights = case
    tokens, mask = to_tokens(layers, weights), token_mask(layers)
    assert not tokens[:, ~mask].any()
    tokens[:, ~mask] = np.nan
    assert np.array_equal(to_weights(layers, tokens), weights)


@given(weighted_layers())
def test_a_token_is_a_neurons_incoming_weights_and_bias_if_it_has_one(case):
    layers, weights = case
    tokens = to_tokens(layers, weights)
    first = 0
    for name, linear in split_weights(layers, torch.from_numpy(weights)).items():
        layer = next(layer for layer in layers if layer.name == name)
        rows = tokens[:, first : first + layer.neurons, : layer.inputs + layer.bias]
        assert np.array_equal(rows, linear.numpy())
        first += layer.neurons
    assert first == tokens.shape[1]


@given(weighted_layers())
def test_the_mask_counts_every_weight_once(case):
    layers, weights = case
    assert token_mask(layers).sum() == weights.shape[1]


def test_a_map_without_biases_has_no_room_for_them():
    layers = (LinearMap("a", 2, 3, bias=False), LinearMap("b", 1, 2))
    tokens = to_tokens(layers, np.arange(1.0, 10.0))
    assert tokens.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert token_mask((*layers, LinearMap("c", 1, 3))).tolist() == [[True] * 3 + [False]] * 3 + [[True] * 4]

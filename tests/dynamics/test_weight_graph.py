"""The weight graph: flat weights and tokens are the same numbers, and padding is nothing."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import save_file

from weightflow.dynamics.weight_graph import (
    KIND,
    build_weight_graph,
    read_weight_graph,
    to_tokens,
    to_weights,
    token_mask,
    write_weight_graph,
)
from weightflow.errors import InputError
from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import LinearMap
from weightflow.networks.settings import BackboneSettings
from weightflow.storage import read_tensors, write_tensors


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


@given(states=st.integers(2, 20))
def test_a_backbone_read_back_from_its_graph_says_the_same(build, states):
    backbone = build(2, CountHead(states))
    weights = backbone.initial(3, torch.Generator().manual_seed(0))
    graph = build_weight_graph(backbone.layers, weights.numpy(), np.arange(3.0), "digest", BackboneSettings())
    assert np.array_equal(graph.weights, weights.numpy())
    x = torch.randint(states, (5, 2), generator=torch.Generator().manual_seed(1))
    again = backbone.log_prob(torch.from_numpy(graph.weights), x)
    torch.testing.assert_close(again, backbone.log_prob(weights, x))


def test_layer_and_neuron_ids_follow_the_token_order():
    layers = (LinearMap("a", 2, 3), LinearMap("b", 3, 1))
    graph = build_weight_graph(layers, np.zeros((1, 14)), np.zeros(1), "digest", BackboneSettings())
    assert graph.layer.tolist() == [0, 0, 1, 1, 1]
    assert graph.neuron.tolist() == [0, 1, 0, 1, 2]


def test_a_map_without_biases_has_no_room_for_them():
    layers = (LinearMap("a", 2, 3, bias=False), LinearMap("b", 1, 2))
    tokens = to_tokens(layers, np.arange(1.0, 10.0))
    assert tokens.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert token_mask((*layers, LinearMap("c", 1, 3))).tolist() == [[True] * 3 + [False]] * 3 + [[True] * 4]


def test_whether_maps_have_biases_is_written_too(tmp_path):
    layers = (LinearMap("a", 2, 3, bias=False), LinearMap("b", 1, 2))
    graph = build_weight_graph(layers, np.arange(18.0).reshape(2, 9), np.arange(2.0), "digest", BackboneSettings())
    write_weight_graph(tmp_path / "graph", graph)
    again = read_weight_graph(tmp_path / "graph")
    assert again.layers == layers
    np.testing.assert_array_equal(again.weights, graph.weights)


def test_weights_that_do_not_fit_the_layers_are_refused():
    with pytest.raises(ValueError, match=r"expected weights \(2, 8\), got \(2, 7\)"):
        build_weight_graph((LinearMap("a", 2, 3),), np.zeros((2, 7)), np.zeros(2), "digest", BackboneSettings())


def test_a_written_graph_is_read_back_whole(graph, tmp_path):
    write_weight_graph(tmp_path / "graph.safetensors", graph)
    again = read_weight_graph(tmp_path / "graph.safetensors")
    for field in dataclasses.fields(graph):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(graph, field.name), err_msg=field.name)


def test_a_graph_says_which_network_its_weights_belong_to(graph, tmp_path):
    settings = BackboneSettings(hidden=2, order=["b", "a"], narrowest=0.5)
    write_weight_graph(tmp_path / "graph.safetensors", dataclasses.replace(graph, backbone=settings))
    assert read_weight_graph(tmp_path / "graph.safetensors").backbone == settings


def test_the_same_graph_gives_the_same_bytes(graph, tmp_path):
    for name in ("a", "b"):
        write_weight_graph(tmp_path / name, graph)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_truncated_graph_is_refused_by_name(graph, tmp_path):
    path = tmp_path / "graph.safetensors"
    write_weight_graph(path, graph)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(InputError, match=r"graph\.safetensors: the file is truncated or not safetensors; delete it"):
        read_weight_graph(path)


def test_another_kind_of_artefact_is_refused_by_name(tmp_path):
    path = tmp_path / "graph.safetensors"
    write_tensors(path, "anchor", {"weights": np.zeros(3)})
    with pytest.raises(InputError, match=r"graph\.safetensors: expected weight graph, found anchor; delete it"):
        read_weight_graph(path)


def test_a_foreign_safetensors_file_is_refused_by_name(tmp_path):
    path = tmp_path / "graph.safetensors"
    save_file({"tokens": np.zeros((2, 3))}, path)
    with pytest.raises(InputError, match=r"graph\.safetensors: expected weight graph, found a foreign file"):
        read_weight_graph(path)


@pytest.mark.parametrize("part", ["mask", "tokens", "layer table"])
def test_parts_that_do_not_fit_each_other_are_refused_by_name(graph, tmp_path, part):
    path = tmp_path / "graph.safetensors"
    write_weight_graph(path, graph)
    artefact = read_tensors(path, KIND)
    tensors, metadata = dict(artefact.tensors), dict(artefact.metadata)
    if part == "mask":
        tensors["mask"] = 1 - tensors["mask"]
    elif part == "tokens":
        tensors["tokens"] = tensors["tokens"][:, :-1]
    else:
        metadata["layers"] = metadata["layers"][1:]
    write_tensors(path, KIND, tensors, **metadata)
    with pytest.raises(InputError, match=r"graph\.safetensors: tokens and layer table do not fit; delete it"):
        read_weight_graph(path)

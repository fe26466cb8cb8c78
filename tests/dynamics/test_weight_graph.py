"""The weight graph: the anchors as tokens, read as they were written."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from weightflow.dynamics.weight_graph import (
    KIND,
    build_weight_graph,
    read_weight_graph,
    write_weight_graph,
)
from weightflow.errors import InputError
from weightflow.networks.count_heads import CountHead
from weightflow.networks.layout import LinearMap
from weightflow.networks.settings import BackboneSettings
from weightflow.storage import read_tensors, write_tensors


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

"""Sizes of models against counts by hand."""

import pytest

from tests.conftest import with_changes
from weightflow.evaluation.model_size import COLUMNS, model_sizes
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone


@pytest.fixture
def cde(model_settings):
    return with_changes(model_settings, backbone={"hidden": 8, "position": False}, dynamics={"kind": "cde"})


def sizes(table, what):
    return table[table["what"] == what].set_index(["name", "variables", "states"])["size"]


def test_a_backbone_is_as_large_as_its_weights(cde):
    table = model_sizes([cde], [3, 5], [52])
    assert list(table.columns) == COLUMNS
    expected = sum(layer.weights for layer in GRUBackbone(3, CountHead(52), 8).layers)
    assert set(sizes(table, "backbone")) == {expected}


def test_the_graph_network_has_maps_per_layer_and_one_mixer(cde):
    width, inner, levels = 64, 128, 10
    found = sizes(model_sizes([cde], [3], [levels]), "graph network").iloc[0]
    layers = [(24, 4), (24, 8), (levels, 8)]  # neurons and inputs
    maps = sum((n + 2) * width + (width + 1) * (n + 1) for _, n in layers)
    tokens = sum(neurons for neurons, _ in layers) * width
    block = 4 * width * (width + 1) + 2 * width * inner + inner + width + 4 * width
    assert found == maps + tokens + 10 * width + 2 * block


def test_more_channels_are_larger_and_named(cde):
    wide = with_changes(cde, path={"z_dim": 3})
    table = sizes(model_sizes([cde, wide], [3], [10]), "graph network")
    assert [name for name, *_ in table.index] == ["over gru H=8", "over gru H=8, 3 channels"]
    assert table.iloc[1] > table.iloc[0]


def test_a_joint_table_has_a_probability_for_each_state_less_one():
    assert model_sizes([], [2, 15], [10])["size"].tolist() == [99, 1e15 - 1]


def test_models_without_a_field_and_of_several_widths(model_settings):
    model = with_changes(model_settings, backbone={"hidden": [4, 8]})
    table = model_sizes([model, model], [3], [10])
    assert table["name"].tolist() == ["gru H=4, told the variable", "gru H=8, told the variable", "d = 3"]

"""The layout of weights: how many a linear map has."""

from weightflow.networks.layout import LinearMap


def test_a_map_counts_its_biases_only_if_it_has_them():
    layers = (LinearMap("a", 2, 3, bias=False), LinearMap("b", 1, 2))
    assert [(layer.columns, layer.weights) for layer in layers] == [(3, 6), (3, 3)]

"""The graph network is a function of weights and time, row by row."""

import numpy as np
import pytest
import torch

from tests.conftest import SMALL_DYNAMICS
from weightflow.dynamics.graph_network import GraphNetwork, TokenMaps
from weightflow.dynamics.registry import MIXERS
from weightflow.networks.layout import LinearMap
from weightflow.networks.tokens import to_tokens

# With biases and without, of one input and of none.
LAYERS = (LinearMap("a", 3, 4, bias=False), LinearMap("norm", 2, 1), LinearMap("token", 2, 0), LinearMap("b", 1, 3))
SIZE = sum(layer.weights for layer in LAYERS)


def shaken_network(graph, channels: int = 1, mixer: str = "attention") -> GraphNetwork:
    """A network whose output maps are no longer zero."""
    torch.manual_seed(0)
    network = GraphNetwork(graph.layers, graph.weights, channels, SMALL_DYNAMICS.but(mixer=mixer))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return network


@pytest.mark.parametrize("channels", [1, 3])
def test_one_rate_per_weight_and_channel(graph, channels):
    weights = torch.from_numpy(graph.weights)
    rates = shaken_network(graph, channels)(weights, torch.linspace(0, 1, 5))
    assert rates.shape == (*weights.shape, channels)


def test_a_fresh_network_does_not_move_the_weights(graph):
    network = GraphNetwork(graph.layers, graph.weights, 2, SMALL_DYNAMICS)
    assert not network(torch.from_numpy(graph.weights), torch.zeros(5)).any()


@pytest.mark.parametrize("mixer", MIXERS)
def test_rows_of_a_batch_do_not_see_each_other(graph, mixer):
    network, weights, times = shaken_network(graph, 1, mixer), torch.from_numpy(graph.weights), torch.linspace(0, 1, 5)
    single = torch.cat([network(w[None], t[None]) for w, t in zip(weights, times, strict=True)])
    torch.testing.assert_close(network(weights, times), single)


@pytest.mark.parametrize("mixer", MIXERS)
def test_every_weight_can_change_the_rates_of_others(graph, mixer):
    network, weights = shaken_network(graph, 1, mixer), torch.from_numpy(graph.weights[:1])
    jacobian = torch.autograd.functional.jacobian(lambda w: network(w, torch.zeros(1))[0, :, 0], weights)[:, 0]
    assert (jacobian.abs().sum(0) > 0).all()
    assert (jacobian.abs().sum(1) > 0).all()


def test_rates_depend_on_time(graph):
    network, weights = shaken_network(graph), torch.from_numpy(graph.weights[:1])
    assert not torch.allclose(network(weights, torch.tensor([0.1])), network(weights, torch.tensor([0.6])))


def test_the_same_input_gives_the_same_rates_while_training(graph):
    network, weights = shaken_network(graph).train(), torch.from_numpy(graph.weights)
    assert torch.equal(network(weights, torch.zeros(5)), network(weights, torch.zeros(5)))


@pytest.fixture
def anchors(rng):
    """Weights whose means and spreads differ."""
    return (rng.normal(size=(6, SIZE)) * rng.uniform(0.1, 9, SIZE) + 5 * rng.normal(size=SIZE)).astype(np.float32)


def test_weights_are_standardised_by_mean_and_layer(anchors):
    maps = TokenMaps(LAYERS, anchors, 4)
    np.testing.assert_allclose(maps.mean, anchors.mean(0), rtol=1e-5)
    start = 0
    for layer in LAYERS:
        own = slice(start, start := start + layer.weights)
        expected = np.sqrt(anchors[:, own].var(0).mean())
        np.testing.assert_allclose(maps.scale[own], np.full(layer.weights, expected), rtol=1e-5)


def test_maps_that_copy_give_weights_and_tokens_of_the_graph(anchors):
    """In, they are the weight graph's tokens of standardised weights; out, the weights about their mean."""
    width = max(layer.columns for layer in LAYERS)
    maps = TokenMaps(LAYERS, anchors, width)
    with torch.no_grad():
        maps.neuron.zero_()
        for linear in (*maps.into, *maps.out_of):
            linear.weight.copy_(torch.eye(*linear.weight.shape))
            linear.bias.zero_()
        tokens = maps.tokens(torch.as_tensor(anchors))
        standard = (anchors - maps.mean.numpy()) / maps.scale.numpy()
        np.testing.assert_allclose(tokens, to_tokens(LAYERS, standard), atol=1e-6)
        back = maps.numbers(tokens)
    assert back.shape == (6, SIZE, 1)
    np.testing.assert_allclose(back[..., 0] + maps.mean, anchors, rtol=1e-4, atol=1e-5)


def test_tokens_are_each_neurons_own(anchors):
    torch.manual_seed(0)
    maps = TokenMaps(LAYERS, anchors, 5)
    standard = (torch.as_tensor(anchors) - maps.mean) / maps.scale
    found = maps.tokens(torch.as_tensor(anchors))
    assert found.shape == (6, 8, 5)
    start = token = 0
    for layer, enter in zip(LAYERS, maps.into, strict=True):
        for _ in range(layer.neurons):
            own = standard[:, start : start + layer.columns]
            torch.testing.assert_close(found[:, token], enter(own) + maps.neuron[token])
            start, token = start + layer.columns, token + 1
    assert (start, token) == (SIZE, 8)


@pytest.mark.parametrize("channels", [1, 3])
def test_numbers_are_by_weight_and_channel_in_the_weights_scale(anchors, channels):
    torch.manual_seed(0)
    maps = TokenMaps(LAYERS, anchors, 5, channels)
    tokens = torch.randn(2, 8, 5)
    found = maps.numbers(tokens)
    assert found.shape == (2, SIZE, channels)
    weight = token = 0
    for layer, leave in zip(LAYERS, maps.out_of, strict=True):
        for _ in range(layer.neurons):
            said = leave(tokens[:, token])
            for column in range(layer.columns):
                expected = said[:, column * channels : (column + 1) * channels] * maps.scale[weight]
                torch.testing.assert_close(found[:, weight], expected)
                weight += 1
            token += 1


@pytest.mark.parametrize("mixer", MIXERS)
def test_maps_without_biases_have_rates_too(anchors, mixer):
    torch.manual_seed(0)
    network = GraphNetwork(LAYERS, anchors, 2, SMALL_DYNAMICS.but(mixer=mixer))
    for linear in network.out_of:
        torch.nn.init.normal_(linear.weight)
    rates = network(torch.as_tensor(anchors), torch.linspace(0, 1, 6))
    assert rates.shape == (6, SIZE, 2)
    assert (rates != 0).all()


def test_weights_that_never_vary_do_not_divide_by_nothing():
    maps = TokenMaps(LAYERS, np.ones((3, SIZE)), 4)
    assert maps.tokens(torch.ones(1, SIZE)).isfinite().all()

"""The graph network is a function of weights and time, row by row."""

import pytest
import torch
from conftest import SMALL_DYNAMICS

from weightflow.graph_network import MIXERS, GraphNetwork, LayerMessages


def shaken_network(graph, channels: int = 1, mixer: str = "attention") -> GraphNetwork:
    """A network whose output maps are no longer zero."""
    torch.manual_seed(0)
    network = GraphNetwork(graph.layers, graph.weights, channels, SMALL_DYNAMICS | {"mixer": mixer})
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


def test_the_tokens_of_a_layer_are_treated_alike():
    round_ = LayerMessages({"width": 6, "feedforward": 8}, [3, 4])
    tokens, order = torch.randn(2, 7, 6), torch.tensor([2, 0, 1, 3, 6, 5, 4])
    torch.testing.assert_close(round_(tokens)[:, order], round_(tokens[:, order]))


def test_a_token_hears_the_layers_beside_it_and_all_together():
    torch.manual_seed(0)
    round_ = LayerMessages({"width": 6, "feedforward": 8}, [2, 3, 1, 2])
    tokens = torch.randn(1, 8, 6)
    jacobian = torch.autograd.functional.jacobian(round_, tokens)[0, :, :, 0].abs().sum((1, 3))
    assert (jacobian > 0).all()

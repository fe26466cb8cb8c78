"""Messages between layers; every mixer inside a graph network is tested in test_graph_network.py."""

import torch

from weightflow.dynamics.mixers import LayerMessages
from weightflow.dynamics.registry import MIXERS
from weightflow.dynamics.settings import DynamicsSettings

SETTINGS = DynamicsSettings(width=6, feedforward=8)


def test_the_tokens_of_a_layer_are_treated_alike():
    round_ = LayerMessages(SETTINGS, [3, 4])
    tokens, order = torch.randn(2, 7, 6), torch.tensor([2, 0, 1, 3, 6, 5, 4])
    torch.testing.assert_close(round_(tokens)[:, order], round_(tokens[:, order]))


def test_a_token_hears_the_layers_beside_it_and_all_together():
    torch.manual_seed(0)
    round_ = LayerMessages(SETTINGS, [2, 3, 1, 2])
    tokens = torch.randn(1, 8, 6)
    jacobian = torch.autograd.functional.jacobian(round_, tokens)[0, :, :, 0].abs().sum((1, 3))
    assert (jacobian > 0).all()


def test_keys_of_a_mixer_are_settings_of_the_field():
    assert {key for mixer in MIXERS.values() for key in mixer.keys} <= set(DynamicsSettings.model_fields)

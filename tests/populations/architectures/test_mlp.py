"""A multilayer perceptron says what torch's layers say with the same weights."""

import torch
from torch.nn import functional

from tests.populations.architectures.test_classifiers import IMAGE, SETTINGS, draw, inputs, logits
from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import make_classifier


def test_an_mlp_is_torchs():
    own = make_classifier(SETTINGS["mlp"], IMAGE, 10)
    weights = draw(own, 1)
    values = inputs().flatten(1)
    maps = [linear[0] for linear in split_weights(own.layers, weights).values()]
    for linear in maps[:-1]:
        values = torch.tanh(functional.linear(values, linear[:, :-1], linear[:, -1]))
    expected = functional.linear(values, maps[-1][:, :-1], maps[-1][:, -1])
    torch.testing.assert_close(logits(own, weights)[0], expected)

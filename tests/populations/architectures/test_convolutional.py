"""Convolutional networks say what torch's layers say, and have the sizes of the literature."""

import torch
from torch import nn

from tests.populations.architectures.test_classifiers import IMAGE, SETTINGS, draw, inputs, load, logits
from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import make_classifier


def test_a_cnn_is_torchs():
    own = make_classifier(SETTINGS["cnn"], IMAGE, 10)
    weights = draw(own, 1)
    network = nn.Sequential(
        *(nn.Conv2d(3, 4, 3), nn.GELU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3), nn.GELU(), nn.Flatten()),
        *(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 10)),
    ).double()
    layers = [layer for layer in network if hasattr(layer, "weight")]
    for layer, linear in zip(layers, split_weights(own.layers, weights).values(), strict=True):
        load(layer, linear[0])
    torch.testing.assert_close(logits(own, weights)[0], network(inputs()))


def test_nothing_left_of_an_image_is_refused(refused):
    with refused("an image of 8 × 8 has nothing left"):
        make_classifier(SETTINGS["cnn"].but(pools=(8, 1)), IMAGE, 3)

"""Residual networks say what torch's layers say, with the batch's moments and with given ones."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.populations.architectures.test_classifiers import IMAGE, SETTINGS, draw, inputs, load
from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms


class Block(nn.Module):
    """A residual block of torch's layers."""

    def __init__(self, read: int, written: int, stride: int):
        super().__init__()
        self.first, self.norm1 = nn.Conv2d(read, written, 3, stride, 1, bias=False), nn.BatchNorm2d(written)
        self.second, self.norm2 = nn.Conv2d(written, written, 3, 1, 1, bias=False), nn.BatchNorm2d(written)
        self.shortcut = nn.Conv2d(read, written, 1, stride, bias=False) if stride == 2 else None
        self.norm3 = nn.BatchNorm2d(written) if stride == 2 else None

    def forward(self, values):
        kept = values if self.shortcut is None else self.norm3(self.shortcut(values))
        within = functional.relu(self.norm1(self.first(values)))
        return functional.relu(kept + self.norm2(self.second(within)))


@pytest.mark.parametrize("given", [False, True])
def test_a_residual_network_is_torchs(given):
    own = make_classifier(SETTINGS["resnet20"], IMAGE, 10)
    weights = draw(own, 1)
    channels = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Block(r, w, 1 + (r != w)) for r, w in itertools.pairwise(channels)]
    network = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks)
    network = nn.Sequential(*network, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)).double()
    layers = [module for module in network.modules() if hasattr(module, "weight")]
    for layer, linear in zip(layers, split_weights(own.layers, weights).values(), strict=True):
        load(layer, linear[0])
    norms = BatchNorms()
    said = own.logits(weights, inputs(), norms)
    torch.testing.assert_close(said[0], network(inputs()))
    assert {name: len(moments[0, 0]) for name, moments in norms.moments.items()} == own.norms
    if given:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
        network(inputs())
        other = inputs().flip(1)
        corrected = {}  # torch keeps variances with Bessel's correction
        for module, (name, moments) in zip(
            (m for m in network.modules() if isinstance(m, nn.BatchNorm2d)), norms.moments.items(), strict=True
        ):
            corrected[name] = torch.stack([module.running_mean, module.running_var])[None]
            torch.testing.assert_close(corrected[name][:, 0], moments[:, 0])
        said = own.logits(weights, other, BatchNorms(corrected))
        torch.testing.assert_close(said[0], network.eval()(other))

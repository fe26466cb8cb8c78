"""The graph hypernetwork g: tokens of the weight graph, mixed with each other, with maps in and out per layer.

Tokens of one layer share their input and output maps, so padding never enters a computation. Weights are
standardised by the anchors' statistics, and the output is scaled back. The output maps start at zero, so g does.
"""

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.dynamics.registry import MIXERS
from weightflow.dynamics.settings import DynamicsSettings
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import LinearMap

_FREQUENCIES = 4  # sine and cosine waves of the time features, up to 2⁴ half-turns over the observed range


class TokenMaps(nn.Module):
    """Linear maps between weights and tokens, one in and one out for each layer.

    Args:
        layers: the weight graph's layer table.
        anchors: (K, P), for the standardisation: the mean of each weight, the scale of each layer.
        width: of the tokens.
        channels: outputs for each weight.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, layers: tuple[LinearMap, ...], anchors: np.ndarray, width: int, channels: int = 1):
        super().__init__()
        self.layers, self.channels = layers, channels
        anchors_t = torch.as_tensor(anchors, dtype=torch.float32)
        per_layer = anchors_t.std(0, correction=0).split([layer.weights for layer in layers])
        scale = torch.cat([part.square().mean().sqrt().clamp_min(1e-6).expand_as(part) for part in per_layer])
        self.register_buffer("mean", anchors_t.mean(0))
        self.register_buffer("scale", scale)
        self.into = nn.ModuleList(nn.Linear(layer.columns, width) for layer in layers)
        self.out_of = nn.ModuleList(nn.Linear(width, layer.columns * channels) for layer in layers)
        self.neuron = nn.Parameter(0.02 * torch.randn(sum(layer.neurons for layer in layers), width))

    def tokens(self, weights: Tensor) -> Tensor:
        """(B, tokens, width) tokens of flat weights (B, P)."""
        standard = split_weights(self.layers, (weights - self.mean) / self.scale)
        entered = [enter(standard[layer.name]) for layer, enter in zip(self.layers, self.into, strict=True)]
        return torch.cat(entered, 1) + self.neuron

    def numbers(self, tokens: Tensor) -> Tensor:
        """(B, P, channels) outputs of tokens (B, tokens, width), in the scale of the weights, without their mean."""
        parts = tokens.split([layer.neurons for layer in self.layers], dim=1)
        found = [
            leave(part).unflatten(-1, (-1, self.channels)).flatten(1, 2)
            for part, leave in zip(parts, self.out_of, strict=True)
        ]
        return torch.cat(found, dim=1) * self.scale[:, None]


class GraphNetwork(TokenMaps):
    """g(θ, t): flat weights (B, P) and normalised times (B,) to (B, P, channels).

    Args:
        layers: the weight graph's layer table.
        anchors: (K, P), for the standardisation.
        channels: 1 for the ODE, the path's channels for the CDE.
        settings: `mixer`, `width`, `layers`, `feedforward`, and `heads` of attention.
    """

    def __init__(self, layers: tuple[LinearMap, ...], anchors: np.ndarray, channels: int, settings: DynamicsSettings):
        super().__init__(layers, anchors, settings.width, channels)
        self.settings = settings
        self.time = nn.Linear(1 + 2 * _FREQUENCIES, settings.width)
        mix = MIXERS[settings.mixer].network.load()
        self.mixer = mix(settings, [layer.neurons for layer in layers])
        for parameter in self.out_of.parameters():
            nn.init.zeros_(parameter)

    def forward(self, weights: Tensor, time: Tensor) -> Tensor:
        """(B, P, channels) rates of change; time (B,) is 0 at the first snapshot and 1 at the last."""
        time = time.to(weights.dtype)
        turns = time[:, None] * torch.pi * 2.0 ** torch.arange(_FREQUENCIES, device=time.device)
        features = torch.cat([time[:, None], turns.sin(), turns.cos()], dim=1)
        return self.numbers(self.mixer(self.tokens(weights) + self.time(features)[:, None]))

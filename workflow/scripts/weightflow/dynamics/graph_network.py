"""The graph hypernetwork g: tokens of the weight graph, mixed with each other, with maps in and out per layer.

Tokens of one layer share their input and output maps, so padding never enters a computation. By default, weights are
standardised by the anchors' statistics, and the output is scaled back; the output maps start at zero, so g does. The
settings of the released code differ in all of this (`presets`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.dynamics.registry import MIXERS
from weightflow.dynamics.settings import DynamicsSettings
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import LinearMap

_FREQUENCIES = 4  # sine and cosine waves of the time features, up to 2⁴ half-turns over the observed range


class TokenMaps(nn.Module):
    """Maps between weights and tokens, one in and one out for each layer.

    Args:
        layers: tables of weights, in the order of the flat weights.
        anchors: (K, P), for the standardisation: the mean of each weight, the scale of each layer; None keeps weights
            as they are.
        width: of the tokens.
        channels: outputs for each weight.
        hidden: tanh units within each map; 0 for linear maps.
        identity: whether each token has a learned vector of its own.
    """

    mean: Tensor
    scale: Tensor
    neuron: Tensor

    def __init__(
        self,
        layers: tuple[LinearMap, ...],
        anchors: np.ndarray | None,
        width: int,
        channels: int = 1,
        hidden: int = 0,
        identity: bool = True,
    ):
        super().__init__()
        self.layers, self.channels = layers, channels
        mean, scale = _statistics(layers, anchors)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.into = nn.ModuleList(_map(layer.columns, width, hidden) for layer in layers)
        self.out_of = nn.ModuleList(_map(width, layer.columns * channels, hidden) for layer in layers)
        tokens = sum(layer.neurons for layer in layers)
        if identity:
            self.neuron = nn.Parameter(0.02 * torch.randn(tokens, width))
        else:
            self.register_buffer("neuron", torch.zeros(tokens, width))

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
        settings: the section `dynamics`; a start other than `random` sets the output maps to zero.
    """

    def __init__(self, layers: tuple[LinearMap, ...], anchors: np.ndarray, channels: int, settings: DynamicsSettings):
        if settings.tokens == "gate":
            layers = tuple(gate for layer in layers for gate in layer.each_gate)
        scaled_by = anchors if settings.scaled else None
        super().__init__(layers, scaled_by, settings.width, channels, settings.map_hidden, settings.identity)
        self.settings = settings
        self.time = nn.Linear(1 + 2 * _FREQUENCIES, settings.width) if settings.clock else None
        mix = MIXERS[settings.mixer].network.load()
        self.mixer = mix(settings, [layer.neurons for layer in layers])
        self.drop_seed = 0
        if settings.start != "random":
            for leave in self.out_of:
                last = leave[-1] if isinstance(leave, nn.Sequential) else leave
                for parameter in last.parameters():
                    nn.init.zeros_(parameter)

    def forward(self, weights: Tensor, time: Tensor) -> Tensor:
        """(B, P, channels) rates of change; time (B,) is 0 at the first snapshot and `span` at the last."""
        tokens = self.tokens(weights)
        if self.time is not None:
            time = time.to(weights.dtype)
            turns = time[:, None] * torch.pi * 2.0 ** torch.arange(_FREQUENCIES, device=time.device)
            features = torch.cat([time[:, None], turns.sin(), turns.cos()], dim=1)
            tokens = tokens + self.time(features)[:, None]
        with self._same_mask(tokens.device):
            return self.numbers(self.mixer(tokens))

    def drop(self, seed: int) -> None:
        """Draw the activations that training drops, the same ones in every evaluation until the next call."""
        self.drop_seed = seed

    @contextmanager
    def _same_mask(self, device: torch.device) -> Iterator[None]:
        if not (self.training and self.settings.dropout):
            yield
            return
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(self.drop_seed)
            yield


def _map(inputs: int, outputs: int, hidden: int) -> nn.Module:
    """A linear map, or one with hidden tanh units."""
    if not hidden:
        return nn.Linear(inputs, outputs)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, outputs))


def _statistics(layers: tuple[LinearMap, ...], anchors: np.ndarray | None) -> tuple[Tensor, Tensor]:
    """(P,) means of the weights and (P,) scales of their layers; 0 and 1 without anchors."""
    if anchors is None:
        count = sum(layer.weights for layer in layers)
        return torch.zeros(count), torch.ones(count)
    given = torch.as_tensor(anchors, dtype=torch.float32)
    per_layer = given.std(0, correction=0).split([layer.weights for layer in layers])
    scale = torch.cat([part.square().mean().sqrt().clamp_min(1e-6).expand_as(part) for part in per_layer])
    return given.mean(0), scale

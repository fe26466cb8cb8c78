"""Tokens of networks: flat weights to vectors and back.

Tokens are neurons, with maps of their own for each layer; or chunks of neurons, all with the same maps, so that
networks of several architectures have the same tokens (SANE, Schürholt, Mahoney & Borth 2024). Weights are standardised
first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.dynamics.graph_network import TokenMaps
from weightflow.errors import InputError
from weightflow.networks.layout import LinearMap

_SMALL = 0.02  # deviation of the position codes at the start
_LEAST = 1e-6  # deviation of a layer


@dataclass(frozen=True)
class Weights:
    """Networks of one architecture.

    Attributes:
        layers: the layer table.
        values: (N, P) flat weights, for the standardisation.
    """

    layers: tuple[LinearMap, ...]
    values: np.ndarray


class Tokens(Protocol):
    """Maps between weights and tokens of one or several architectures, by their number."""

    def count(self, zoo: int) -> int:
        """Number of tokens of an architecture."""

    def layers(self, zoo: int) -> tuple[LinearMap, ...]:
        """Layer table of an architecture."""

    def scale(self, zoo: int) -> Tensor:
        """(P,) unit of each weight: the deviation of its layer from the mean that is subtracted."""

    def mean(self, zoo: int) -> Tensor:
        """(P,) mean of each weight, or of its layer."""

    def places(self, zoo: int) -> Tensor:
        """(tokens, width) codes of the tokens' positions."""

    def owners(self, zoo: int) -> Tensor:
        """(P,) token of each weight."""

    def read(self, weights: Tensor, zoo: int) -> Tensor:
        """(B, tokens, width) of weights (B, P)."""

    def write(self, tokens: Tensor, zoo: int) -> Tensor:
        """(B, P) of tokens (B, tokens, width)."""

    def hold(self, weights: Weights, name: str) -> int:
        """The number of an architecture, with its standardisation; a new one is added if that is possible.

        Args:
            weights: of the networks.
            name: of their population, for messages.
        """


class NeuronTokens(nn.Module):
    """A token for each neuron, with its incoming weights and bias, of one architecture.

    Args:
        weights: of the networks.
        width: of the tokens.
        each: whether the mean of each weight is subtracted, or that of its layer.
    """

    def __init__(self, weights: Weights, width: int, each: bool):
        super().__init__()
        self.maps = TokenMaps(weights.layers, weights.values, width)
        if not each:
            mean, scale = layer_moments(weights)
            self.maps.mean.copy_(mean)
            self.maps.scale.copy_(scale)
        rows = [torch.arange(layer.neurons).repeat_interleave(layer.columns) for layer in weights.layers]
        starts = np.cumsum([0, *(layer.neurons for layer in weights.layers)])
        owners = torch.cat([own + int(start) for own, start in zip(rows, starts, strict=False)])
        self.of_weights: Tensor
        self.register_buffer("of_weights", owners, persistent=False)

    def count(self, zoo: int) -> int:
        """Number of neurons."""
        return len(self.maps.neuron)

    def layers(self, zoo: int) -> tuple[LinearMap, ...]:
        """The layer table."""
        return self.maps.layers

    def scale(self, zoo: int) -> Tensor:
        """(P,) deviation of each weight's layer."""
        return self.maps.scale

    def mean(self, zoo: int) -> Tensor:
        """(P,) mean."""
        return self.maps.mean

    def places(self, zoo: int) -> Tensor:
        """(neurons, width) learned vectors."""
        return self.maps.neuron

    def owners(self, zoo: int) -> Tensor:
        """(P,) neuron of each weight."""
        return self.of_weights

    def read(self, weights: Tensor, zoo: int) -> Tensor:
        """(B, neurons, width) of weights (B, P)."""
        return self.maps.tokens(weights)

    def write(self, tokens: Tensor, zoo: int) -> Tensor:
        """(B, P) of tokens (B, neurons, width)."""
        return self.maps.numbers(tokens)[..., 0] + self.maps.mean

    def hold(self, weights: Weights, name: str) -> int:
        """The number of the only architecture, 0.

        Raises:
            InputError: networks of another architecture.
        """
        if weights.layers != self.maps.layers:
            raise InputError(
                f"populations.*.autoencoder: tokens of neurons are for one architecture, and {name} has another; set "
                "tokens: chunks and codes: tokens."
            )
        return 0


class ChunkTokens(nn.Module):
    """Tokens of at most `chunk` weights of a neuron, of one or several architectures.

    A token's position code is the sum of three learned vectors: of its place in the network, of its layer, and of its
    place in the layer. Chunks with fewer weights are filled with zeros, which are not decoded.

    Args:
        zoos: networks of each architecture.
        width: of the tokens.
        chunk: weights in a token.
        each: whether the mean of each weight is subtracted, or that of its layer.

    Raises:
        InputError: chunks are larger than a network.
    """

    def __init__(self, zoos: Sequence[Weights], width: int, chunk: int, each: bool):
        super().__init__()
        self.chunk, self.each = chunk, each
        self.held: list[tuple[LinearMap, ...]] = []
        self.into, self.out_of = nn.Linear(chunk, width), nn.Linear(width, chunk)
        numbers = 1 + np.max([_positions(own.layers, chunk).max(0) for own in zoos], axis=0)
        self.codes = nn.ParameterList(nn.Parameter(_SMALL * torch.randn(int(count), width)) for count in numbers)
        for own in zoos:
            self._add(own)

    def count(self, zoo: int) -> int:
        """Number of chunks."""
        return len(self._buffer("positions", zoo))

    def layers(self, zoo: int) -> tuple[LinearMap, ...]:
        """The layer table."""
        return self.held[zoo]

    def scale(self, zoo: int) -> Tensor:
        """(P,) deviation of each weight's layer."""
        return self._buffer("scale", zoo)

    def mean(self, zoo: int) -> Tensor:
        """(P,) mean."""
        return self._buffer("mean", zoo)

    def places(self, zoo: int) -> Tensor:
        """(chunks, width) sums of learned vectors."""
        positions = self._buffer("positions", zoo)
        return sum((codes[own] for codes, own in zip(self.codes, positions.unbind(1), strict=True)), torch.zeros(()))

    def owners(self, zoo: int) -> Tensor:
        """(P,) chunk of each weight."""
        return self._buffer("slots", zoo) // self.chunk

    def read(self, weights: Tensor, zoo: int) -> Tensor:
        """(B, chunks, width) of weights (B, P)."""
        standard = (weights - self.mean(zoo)) / self.scale(zoo)
        filled = standard.new_zeros(len(standard), self.count(zoo) * self.chunk)
        filled[:, self._buffer("slots", zoo)] = standard
        return self.into(filled.unflatten(1, (-1, self.chunk))) + self.places(zoo)

    def write(self, tokens: Tensor, zoo: int) -> Tensor:
        """(B, P) of tokens (B, chunks, width)."""
        numbers = self.out_of(tokens).flatten(1)[:, self._buffer("slots", zoo)]
        return numbers * self.scale(zoo) + self.mean(zoo)

    def hold(self, weights: Weights, name: str) -> int:
        """The number of an architecture; a new one is added, standardised by the given networks.

        Raises:
            InputError: a network has more chunks or layers than there are position codes.
        """
        if weights.layers in self.held:
            return self.held.index(weights.layers)
        needed = 1 + _positions(weights.layers, self.chunk).max(0)
        known = np.array([len(codes) for codes in self.codes])
        if (needed > known).any():
            raise InputError(
                f"populations.*.autoencoder: it cannot hold {name}, whose networks have {_said(needed)}; those that it "
                f"is trained on have at most {_said(known)}. Move {name} from unfamiliar to zoos."
            )
        return self._add(weights)

    def _add(self, own: Weights) -> int:
        zoo = len(self.held)
        check_chunk(self.chunk, own.layers)
        mean, scale = layer_moments(own, self.each)
        buffers = {
            "mean": mean,
            "scale": scale,
            "positions": torch.as_tensor(_positions(own.layers, self.chunk)),
            "slots": torch.as_tensor(_slots(own.layers, self.chunk)),
        }
        for name, value in buffers.items():
            persistent = name in ("mean", "scale")
            self.register_buffer(f"{name}{zoo}", value.to(self.into.weight.device), persistent=persistent)
        self.held.append(own.layers)
        return zoo

    def _buffer(self, name: str, zoo: int) -> Tensor:
        return self.get_buffer(f"{name}{zoo}")


def check_chunk(chunk: int, layers: Sequence[LinearMap]) -> None:
    """Refuse chunks that are larger than a network.

    Raises:
        InputError: as said.
    """
    if chunk > (size := sum(layer.weights for layer in layers)):
        raise InputError(
            f"populations.*.autoencoder.chunk: chunks of {chunk} are larger than a network, which has {size} weights; "
            "lower it."
        )


def layer_moments(weights: Weights, each: bool = False) -> tuple[Tensor, Tensor]:
    """(P,) mean of each weight, or of its layer, and (P,) deviation from it: the root mean square of the layer.

    Args:
        weights: of the networks.
        each: whether the mean of each weight is taken, or that of its layer.
    """
    given = torch.as_tensor(weights.values, dtype=torch.float32)
    parts = given.split([layer.weights for layer in weights.layers], dim=1)
    means = [part.mean(0) if each else part.mean().expand(part.shape[1]) for part in parts]
    scales = [
        (part - mean).square().mean().sqrt().clamp_min(_LEAST).expand_as(mean)
        for part, mean in zip(parts, means, strict=True)
    ]
    return torch.cat(means), torch.cat(scales)


def _positions(layers: Sequence[LinearMap], chunk: int) -> np.ndarray:
    """(tokens, 3) place in the network, layer, and place in the layer of every chunk."""
    inside = [np.arange(layer.neurons * -(-layer.columns // chunk)) for layer in layers]
    of_layers = [np.full_like(own, number) for number, own in enumerate(inside)]
    within = np.concatenate(inside)
    return np.stack([np.arange(len(within)), np.concatenate(of_layers), within], axis=1)


def _slots(layers: Sequence[LinearMap], chunk: int) -> np.ndarray:
    """(P,) place of each weight among the numbers of all chunks."""
    found, start = [], 0
    for layer in layers:
        padded = -(-layer.columns // chunk) * chunk
        rows = np.arange(layer.neurons)[:, None] * padded + np.arange(layer.columns)
        found.append(start + rows.ravel())
        start += layer.neurons * padded
    return np.concatenate(found)


def _said(numbers: np.ndarray) -> str:
    chunks, layers, inside = numbers.tolist()
    return f"{chunks} chunks, {layers} layers and {inside} chunks in a layer"

"""Mixers of the tokens of a graph network: attention among all tokens, or messages between layers.

A mixer is built from the settings and the number of tokens of each layer; it maps tokens (B, tokens, width) to tokens
of the same shape.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from weightflow.dynamics.settings import DynamicsSettings


class MixerSizes(Protocol):
    """Sizes of a mixer."""

    @property
    def width(self) -> int:
        """Width of the tokens."""

    @property
    def layers(self) -> int:
        """Number of blocks, or of rounds."""

    @property
    def heads(self) -> int:
        """Number of attention heads."""

    @property
    def feedforward(self) -> int:
        """Hidden units between blocks."""


class LayerMessages(nn.Module):
    """One round of messages: every token receives the means of its layer, of both adjacent layers and of all tokens.

    Like attention, it is equivariant to permutations within a layer; unlike attention, its weights do not depend on
    the tokens.

    Args:
        settings: `width`, `feedforward`.
        neurons: number of tokens of each layer.
    """

    def __init__(self, settings: MixerSizes, neurons: Sequence[int]):
        super().__init__()
        width = settings.width
        self.neurons = list(neurons)
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.own, self.heard = nn.Linear(width, width), nn.Linear(4 * width, width)
        self.forth = nn.Sequential(
            nn.Linear(width, settings.feedforward), nn.GELU(), nn.Linear(settings.feedforward, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, tokens, width) of tokens (B, tokens, width)."""
        seen = self.before(tokens)
        means = torch.stack([part.mean(1) for part in seen.split(self.neurons, dim=1)], dim=1)
        nothing = torch.zeros_like(means[:, :1])
        below, above = torch.cat([nothing, means[:, :-1]], dim=1), torch.cat([means[:, 1:], nothing], dim=1)
        everyone = seen.mean(1, keepdim=True).expand_as(means)
        heard = self.heard(torch.cat([means, below, above, everyone], dim=-1))
        counts = torch.tensor(self.neurons, device=tokens.device)
        told = heard.repeat_interleave(counts, dim=1, output_size=tokens.shape[1])
        tokens = tokens + nn.functional.gelu(self.own(seen) + told)
        return tokens + self.forth(self.after(tokens))


def transformer(
    sizes: MixerSizes, norm: str = "before", activation: Literal["gelu", "relu"] = "gelu", dropout: float = 0.0
) -> nn.Module:
    """A transformer over all tokens, of `layers` blocks.

    Args:
        sizes: of the blocks.
        norm: layer normalisation, before each part of a block or after its sum with what it reads.
        activation: of the feed-forward layers.
        dropout: share of the activations that are dropped in training.
    """
    block = nn.TransformerEncoderLayer(
        sizes.width,
        sizes.heads,
        sizes.feedforward,
        dropout=dropout,
        activation=activation,
        batch_first=True,
        norm_first=norm == "before",
    )
    return nn.TransformerEncoder(block, sizes.layers, enable_nested_tensor=False)


def attention(settings: DynamicsSettings, neurons: Sequence[int]) -> nn.Module:
    """A transformer over all tokens, with all of its settings."""
    return transformer(settings, settings.norm, settings.activation, settings.dropout)


def messages(settings: MixerSizes, neurons: Sequence[int]) -> nn.Module:
    """Rounds of messages between the layers, `layers` of them."""
    return nn.Sequential(*(LayerMessages(settings, neurons) for _ in range(settings.layers)))

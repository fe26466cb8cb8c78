"""Backbones as classifiers of the next count, given the counts before it (tasks/next_count.py)."""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from weightflow.networks.backbones import Backbone
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.transformer import TransformerBackbone, TransformerSize
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms


class StateClassifier:
    """A backbone of counts that predicts one variable at a time.

    Args:
        backbone: with a head of counts.
    """

    def __init__(self, backbone: Backbone):
        self.backbone = backbone
        self.layers, self.symmetries = backbone.layers, backbone.symmetries
        self.norms: dict[str, int] = {}
        self.shape = (len(backbone.order) + 1,)

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) fresh weights, as anchors begin."""
        return self.backbone.initial(stack, generator)

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, L) of inputs (N, d + 1) or (S, N, d + 1), states and the variable's index, at weights (S, P).

        Other numbers, such as noise in the queries of a behavioural loss, are rounded to the nearest count.
        """
        *_, width = inputs.shape
        states = inputs[..., : width - 1].round().long().clamp(0, self.backbone.head.outputs - 1)
        asked = inputs[..., -1].round().long().clamp(0, width - 2).expand(len(weights), -1)
        found = self.backbone.outputs(weights, states)
        return found.gather(2, asked[..., None, None].expand(-1, -1, 1, found.shape[-1]))[:, :, 0]


class GRUClassifier(StateClassifier):
    """The GRU backbone."""

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> Self:
        """From `hidden`, `layers` and `position`."""
        head = CountHead(classes)
        return cls(GRUBackbone(shape[0] - 1, head, settings.hidden, settings.layers, settings.position))


class TransformerClassifier(StateClassifier):
    """The transformer backbone."""

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> Self:
        """From `hidden`, `layers`, `heads`, `feedforward` (per unit of the width) and `position`."""
        forward = settings.hidden * settings.feedforward
        size = TransformerSize(settings.hidden, settings.layers, settings.heads, forward)
        return cls(TransformerBackbone(shape[0] - 1, CountHead(classes), size, settings.position))

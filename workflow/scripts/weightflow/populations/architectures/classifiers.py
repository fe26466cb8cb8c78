"""Classifiers: small networks p(label | x, θ) at given weights; their trained weights are populations.

Like a backbone, a classifier owns no weights. Its methods take them as a flat tensor (S, P), S networks side by side.
"""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from weightflow.networks.layout import HiddenUnits, LinearMap
from weightflow.populations.architectures.registry import ARCHITECTURES
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms, Dropout


class Classifier(Protocol):
    """Interface of a classifier.

    A class of `ARCHITECTURES` also has `from_settings(settings, shape, classes)`: a classifier from a population's
    `architecture` section, for inputs of a shape and a number of classes.

    A class that passes the outputs of each map without a norm through `BatchNorms.outputs` says so by a class attribute
    `tells_outputs = True`.

    Attributes:
        layers: its linear maps, in the order of the flat weights.
        norms: channels of each of its batch norms, by name.
        shape: of an input.
    """

    layers: tuple[LinearMap, ...]
    norms: dict[str, int]
    shape: tuple[int, ...]

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """Its groups of interchangeable hidden units, for alignment."""

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of inputs (N, …) or (S, N, …) at weights (S, P)."""


class DropsUnits(Protocol):
    """A classifier whose units may be dropped in training; `drops` of `ARCHITECTURES` says so."""

    def with_dropout(self, dropout: Dropout) -> Classifier:
        """The same classifier, with hidden units dropped in every pass."""


def make_classifier(settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> Classifier:
    """Build a classifier from settings.

    Args:
        settings: `kind`, and that kind's own keys.
        shape: of an input: (features,), or (channels, height, width).
        classes: number of labels.

    Raises:
        InputError: the kind does not take inputs of this shape.
    """
    return ARCHITECTURES[settings.kind].model.load().from_settings(settings, shape, classes)

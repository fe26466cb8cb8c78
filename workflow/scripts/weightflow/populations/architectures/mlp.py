"""Multilayer perceptrons that classify."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor

from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.architectures.registry import ACTIVATIONS
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms, dense, for_each


class MLP:
    """Dense layers of any widths; images are flattened."""

    tells_outputs = True

    def __init__(self, shape: Sequence[int], widths: Sequence[int], classes: int, activation: str = "relu"):
        sizes = [prod(shape), *widths, classes]
        self.layers = tuple(LinearMap(f"dense{i}", rows, columns) for i, (columns, rows) in enumerate(pairwise(sizes)))
        self.norms: dict[str, int] = {}
        self.shape, self.activation = tuple(shape), activation

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> "MLP":
        """From `widths` and `activation`."""
        return cls(shape, settings.widths, classes, settings.activation)

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """The units of each hidden layer, in any order; with either sign where the activation is odd."""
        odd = ACTIVATIONS[self.activation].odd
        return tuple(
            HiddenUnits(own.neurons, (Slots(own.name, "rows", 0, odd), Slots(after.name, "columns", 0, odd)))
            for own, after in pairwise(self.layers)
        )

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of inputs (N, …) or (S, N, …) at weights (S, P)."""
        maps, act = split_weights(self.layers, weights), ACTIVATIONS[self.activation].function.load()
        *hidden, last = self.layers
        values = for_each(inputs, len(weights), len(self.shape)).flatten(2)
        for layer in hidden:
            values = act(norms.outputs(layer.name, dense(maps[layer.name], values)))
        return norms.outputs(last.name, dense(maps[last.name], values))

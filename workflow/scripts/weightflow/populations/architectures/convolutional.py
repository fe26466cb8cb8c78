"""Convolutional networks without residuals: those of model zoos (Schürholt et al. 2022), and LeNet-5.

Convolutions with an activation and, if asked for, a pooling each; then dense layers.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Any

from torch import Tensor

from weightflow.dynamics.weight_graph import HiddenUnits, LinearMap, Slots
from weightflow.errors import InputError
from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.activations import ACTIVATIONS, ODD
from weightflow.populations.architectures.stacked_layers import BatchNorms, convolve, dense, for_each, pool


class ConvolutionalNetwork:
    """Convolutions without padding unless it is given, largest values in squares, dense layers."""

    def __init__(
        self,
        shape: Sequence[int],
        channels: Sequence[int],
        kernels: Sequence[int],
        pools: Sequence[int],
        widths: Sequence[int],
        classes: int,
        activation: str = "relu",
        padding: int = 0,
    ):
        self.shape, self.kernels, self.pools = tuple(shape), tuple(kernels), tuple(pools)
        self.padding, self.activation, self.norms = padding, activation, {}
        read, *sides = shape
        layers = []
        for i, (written, kernel, size) in enumerate(zip(channels, kernels, pools, strict=True)):
            layers.append(LinearMap(f"conv{i}", written, read * kernel**2, pixels=kernel**2))
            sides = [(side + 2 * self._padding(i) - kernel + 1) // size for side in sides]
            read = written
        self.pixels = sides[0] * sides[1]
        if min(sides) < 1:
            raise InputError(
                f"architecture: an image of {shape[1]} × {shape[2]} has nothing left after kernels of {list(kernels)} "
                f"and pools of {list(pools)}; make them smaller."
            )
        sizes = [read * self.pixels, *widths, classes]
        layers += [LinearMap(f"dense{i}", rows, columns) for i, (columns, rows) in enumerate(pairwise(sizes))]
        self.layers = tuple(layers)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], shape: Sequence[int], classes: int) -> "ConvolutionalNetwork":
        """From `channels`, `kernels`, `pools`, `widths` and `activation`."""
        keys = ("channels", "kernels", "pools", "widths")
        return cls(images(shape), *(settings[key] for key in keys), classes, settings["activation"])

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """The units of each hidden layer; a channel is read patch by patch, or pixel by pixel."""
        groups = []
        for (own, after), size in zip_longest(pairwise(self.layers), self.pools, fillvalue=1):  # dense layers have none
            odd = self.activation in ODD and size == 1  # the largest of −x is not minus that of x
            block = after.inputs // own.neurons
            groups.append(
                HiddenUnits(
                    own.neurons, (Slots(own.name, "rows", 0, odd), Slots(after.name, "columns", 0, odd, block=block))
                )
            )
        return tuple(groups)

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of images (N, C, H, W) or (S, N, C, H, W) at weights (S, P)."""
        maps, act = split_weights(self.layers, weights), ACTIVATIONS[self.activation]
        values = for_each(inputs, len(weights), len(self.shape))
        for i, (kernel, size) in enumerate(zip(self.kernels, self.pools, strict=True)):
            values = act(convolve(maps[f"conv{i}"], values, kernel, padding=self._padding(i)))
            values = pool(values, size) if size > 1 else values
        values = values.flatten(2)
        *hidden, last = [layer.name for layer in self.layers if layer.name.startswith("dense")]
        for name in hidden:
            values = act(dense(maps[name], values))
        return dense(maps[last], values)

    def _padding(self, layer: int) -> int:
        return self.padding if layer == 0 else 0


class LeNet(ConvolutionalNetwork):
    """LeNet-5 (LeCun et al. 1998) with rectifiers and largest values; images of 28 × 28 are padded to its 32 × 32."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], shape: Sequence[int], classes: int) -> "LeNet":
        """From `activation`."""
        padding = max(0, (32 - images(shape)[1]) // 2)
        return cls(shape, [6, 16], [5, 5], [2, 2], [120, 84], classes, settings["activation"], padding)


def images(shape: Sequence[int]) -> Sequence[int]:
    """A shape, if it is that of an image.

    Raises:
        InputError: it is not.
    """
    if len(shape) != 3:
        raise InputError(
            f"architecture: convolutions read images, and an input here has shape {tuple(shape)}; set kind: mlp."
        )
    return shape

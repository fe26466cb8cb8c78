"""Convolutional networks without residuals: those of model zoos (Schürholt et al. 2022), and LeNet-5.

Convolutions, each with an activation and optional pooling; then dense layers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat
from typing import Self

from torch import Tensor

from weightflow.errors import InputError
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.architectures.registry import ACTIVATIONS
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms, convolve, dense, for_each, pool


@dataclass(frozen=True)
class Convolution:
    """A convolution and the pooling after its activation.

    Attributes:
        channels: of its output.
        kernel: side of its patches.
        pool: side of the squares whose largest values are kept; 1 keeps all.
        padding: zeros about the image, on every side.
    """

    channels: int
    kernel: int
    pool: int
    padding: int = 0


class ConvolutionalNetwork:
    """Convolutions, each with an activation and max pooling; then dense layers.

    Args:
        shape: of the images, (channels, height, width).
        convolutions: in their order.
        widths: of the hidden dense layers.
        classes: number of labels.
        activation: a name of `ACTIVATIONS`.
    """

    tells_outputs = True

    def __init__(
        self,
        shape: Sequence[int],
        convolutions: Sequence[Convolution],
        widths: Sequence[int],
        classes: int,
        activation: str = "relu",
    ):
        self.shape, self.convolutions = tuple(shape), tuple(convolutions)
        self.activation = activation
        self.norms: dict[str, int] = {}
        read, *sides = shape
        layers = []
        for i, own in enumerate(convolutions):
            layers.append(LinearMap(f"conv{i}", own.channels, read * own.kernel**2, pixels=own.kernel**2))
            sides = [(side + 2 * own.padding - own.kernel + 1) // own.pool for side in sides]
            read = own.channels
        self.pixels = sides[0] * sides[1]
        if min(sides) < 1:
            raise InputError(
                f"architecture: an image of {shape[1]} × {shape[2]} has nothing left after kernels of "
                f"{[own.kernel for own in convolutions]} and pools of {[own.pool for own in convolutions]}; make them "
                "smaller."
            )
        sizes = [read * self.pixels, *widths, classes]
        layers += [LinearMap(f"dense{i}", rows, columns) for i, (columns, rows) in enumerate(pairwise(sizes))]
        self.layers = tuple(layers)

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> Self:
        """From `channels`, `kernels`, `pools`, `widths` and `activation`."""
        parts = zip(settings.channels, settings.kernels, settings.pools, strict=True)
        convolutions = [Convolution(*own) for own in parts]
        return cls(images(shape), convolutions, settings.widths, classes, settings.activation)

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """The units of each hidden layer; a channel is read patch by patch, or pixel by pixel."""
        groups = []
        pools = chain((own.pool for own in self.convolutions), repeat(1))  # dense layers have none
        for (own, after), size in zip(pairwise(self.layers), pools, strict=False):
            odd = ACTIVATIONS[self.activation].odd and size == 1  # max(−x) is not −max(x)
            block = after.inputs // own.neurons
            groups.append(
                HiddenUnits(
                    own.neurons, (Slots(own.name, "rows", 0, odd), Slots(after.name, "columns", 0, odd, block=block))
                )
            )
        return tuple(groups)

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of images (N, C, H, W) or (S, N, C, H, W) at weights (S, P)."""
        maps, activation = split_weights(self.layers, weights), ACTIVATIONS[self.activation]
        act = activation.function.load()
        values = for_each(inputs, len(weights), len(self.shape))
        for i, own in enumerate(self.convolutions):
            found = convolve(maps[f"conv{i}"], values, own.kernel, padding=own.padding)
            values = norms.outputs(f"conv{i}", found)
            if own.pool > 1 and activation.increasing:  # the same, with fewer activations
                values = act(pool(values, own.pool))
            else:
                values = pool(act(values), own.pool) if own.pool > 1 else act(values)
        values = values.flatten(2)
        *hidden, last = [layer.name for layer in self.layers if layer.name.startswith("dense")]
        for name in hidden:
            values = act(norms.outputs(name, dense(maps[name], values)))
        return norms.outputs(last, dense(maps[last], values))


class LeNet(ConvolutionalNetwork):
    """LeNet-5 (LeCun et al. 1998) with rectifiers and max pooling; images of 28 × 28 are padded to its 32 × 32."""

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> Self:
        """From `activation`."""
        padding = max(0, (32 - images(shape)[1]) // 2)
        convolutions = [Convolution(6, 5, 2, padding), Convolution(16, 5, 2)]
        return cls(shape, convolutions, [120, 84], classes, settings.activation)


def images(shape: Sequence[int]) -> Sequence[int]:
    """Check that a shape is that of an image, and return it.

    Raises:
        InputError: the shape does not have three axes.
    """
    if len(shape) != 3:
        raise InputError(
            f"architecture: convolutions read images, and an input here has shape {tuple(shape)}; set kind: mlp."
        )
    return shape

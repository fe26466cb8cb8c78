"""Residual networks with batch norms (He et al. 2016): ResNet-20 and, with the stem for small images, ResNet-18.

Shortcuts between stages are projections, so each stage has its own stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.architectures.convolutional import images
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms, convolve, dense, for_each, norm_map


@dataclass(frozen=True)
class _Block:
    """A block of two convolutions.

    Attributes:
        stage: index of its stage.
        number: index in its stage.
        read: channels of its input.
    """

    stage: int
    number: int
    read: int

    @property
    def name(self) -> str:
        """Suffix of its maps' names."""
        return f"{self.stage}.{self.number}"

    @property
    def projects(self) -> bool:
        """Whether it begins a later stage, where its shortcut is a projection to half the size."""
        return self.stage > 0 and self.number == 0


class ResidualNetwork:
    """A convolution, stages of blocks of two convolutions, the mean over pixels, a dense layer."""

    def __init__(self, shape: Sequence[int], channels: Sequence[int], blocks: int, classes: int):
        self.shape, self.channels, self.blocks = tuple(shape), tuple(channels), blocks
        self._maps: list[LinearMap] = []
        self.norms: dict[str, int] = {}
        self._add("stem", channels[0], shape[0], 3)
        for block in self._blocks():
            written = channels[block.stage]
            self._add(f"first{block.name}", written, block.read, 3)
            self._add(f"second{block.name}", written, written, 3)
            if block.projects:
                self._add(f"shortcut{block.name}", written, block.read, 1)
        self.layers = (*self._maps, LinearMap("dense", classes, channels[-1]))

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """The channels of each stage's stream, in one order for all its maps, and the channels inside each block."""
        streams: list[list[Slots]] = [[] for _ in self.channels]
        streams[0] += _written("stem")
        inside = []
        for block in self._blocks():
            here, before = block.name, block.stage - block.projects
            streams[before].append(Slots(f"first{here}", "columns", 0, False, block=9))
            streams[block.stage] += _written(f"second{here}")
            if block.projects:
                streams[before].append(Slots(f"shortcut{here}", "columns", 0, False))
                streams[block.stage] += _written(f"shortcut{here}")
            own = [*_written(f"first{here}"), Slots(f"second{here}", "columns", 0, False, block=9)]
            inside.append(HiddenUnits(self.channels[block.stage], tuple(own)))
        streams[-1].append(Slots("dense", "columns", 0, False))
        found = [HiddenUnits(count, tuple(own)) for count, own in zip(self.channels, streams, strict=True)]
        return (*found, *inside)

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of images (N, C, H, W) or (S, N, C, H, W) at weights (S, P)."""
        maps = split_weights(self.layers, weights)

        def convolved(name: str, values: Tensor, kernel: int, stride: int = 1) -> Tensor:
            found = convolve(maps[name], values, kernel, stride, padding=kernel // 2)
            return norms(f"norm-{name}", maps[f"norm-{name}"], found)

        stream = functional.relu(convolved("stem", for_each(inputs, len(weights), len(self.shape)), 3))
        for block in self._blocks():
            here, stride = block.name, 1 + block.projects
            within = functional.relu(convolved(f"first{here}", stream, 3, stride))
            added = convolved(f"second{here}", within, 3)
            if block.projects:
                stream = convolved(f"shortcut{here}", stream, 1, stride)
            stream = functional.relu(stream + added)
        return dense(maps["dense"], stream.mean((-2, -1)))

    def _add(self, name: str, written: int, read: int, kernel: int) -> None:
        self._maps += [
            LinearMap(name, written, read * kernel**2, bias=False, pixels=kernel**2),
            norm_map(f"norm-{name}", written),
        ]
        self.norms[f"norm-{name}"] = written

    def _blocks(self) -> list[_Block]:
        """Every block, in order."""
        found = []
        for stage, channels in enumerate(self.channels):
            for number in range(self.blocks):
                found.append(_Block(stage, number, self.channels[max(0, stage - 1)] if number == 0 else channels))
        return found


class ResNet20(ResidualNetwork):
    """Three stages of three blocks."""

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> "ResNet20":
        """Without settings of its own."""
        return cls(images(shape), (16, 32, 64), 3, classes)


class ResNet18(ResidualNetwork):
    """Four stages of two blocks."""

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> "ResNet18":
        """Without settings of its own."""
        return cls(images(shape), (64, 128, 256, 512), 2, classes)


def _written(name: str) -> list[Slots]:
    """Slots of a convolution's output channels, in its map and in its norm."""
    return [Slots(name, "rows", 0, False), Slots(f"norm-{name}", "rows", 0, False)]

"""A small vision transformer (Dosovitskiy et al. 2021): patches as tokens, a class token, blocks with norms first."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.errors import InputError
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.networks.transformer import TransformerSize
from weightflow.populations.architectures.convolutional import images
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms, Dropout, dense, for_each, norm_map, scaled


class VisionTransformer:
    """Attention over the patches of an image; the class token's last state gives the logits.

    Args:
        shape: of the images, (channels, height, width).
        patch: side of the squares that images are cut into.
        size: of the transformer's parts; the heads divide the width.
        classes: number of labels.
    """

    def __init__(self, shape: Sequence[int], patch: int, size: TransformerSize, classes: int):
        width, heads, feedforward = size.width, size.heads, size.feedforward
        if any(side % patch for side in shape[1:]) or width % heads:
            raise InputError(
                f"architecture: patches of {patch} must divide images of {shape[1]} × {shape[2]}, and {heads} heads "
                f"the width {width}; change one of them."
            )
        self.shape, self.patch, self.width, self.depth = tuple(shape), patch, width, size.depth
        self.heads, self.feedforward = heads, feedforward
        self.norms: dict[str, int] = {}
        self._drop = Dropout()
        tokens = 1 + shape[1] // patch * (shape[2] // patch)
        layers = [LinearMap("embed", width, shape[0] * patch**2, pixels=patch**2), LinearMap("token", width, 0)]
        layers.append(LinearMap("position", width, tokens, bias=False))
        for block in range(size.depth):
            layers.append(norm_map(f"norm-attention{block}", width))
            layers += [LinearMap(f"{part}{block}", width, width) for part in ("query", "key", "value", "out")]
            layers.append(norm_map(f"norm-forward{block}", width))
            layers += [LinearMap(f"up{block}", feedforward, width), LinearMap(f"down{block}", width, feedforward)]
        self.layers = (*layers, norm_map("norm", width), LinearMap("dense", classes, width))

    @classmethod
    def from_settings(cls, settings: ArchitectureSettings, shape: Sequence[int], classes: int) -> "VisionTransformer":
        """From `patch`, `hidden`, `layers`, `heads` and `feedforward` (per unit of the width)."""
        forward = settings.hidden * settings.feedforward
        size = TransformerSize(settings.hidden, settings.layers, settings.heads, forward)
        return cls(images(shape), settings.patch, size, classes)

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """Units of the residual stream; in each block, heads with the units inside them, and feed-forward units.

        Norms subtract the stream's mean, so all maps share one order of its units, and signs cannot change.
        """
        blocks, size = range(self.depth), self.width // self.heads
        norms = ["norm", *(f"norm-{part}{block}" for block in blocks for part in ("attention", "forward"))]
        written = ["embed", "token", "position", *norms]
        written += [f"{part}{block}" for block in blocks for part in ("out", "down")]
        read = [f"{part}{block}" for block in blocks for part in ("query", "key", "value", "up")]
        stream = [Slots(name, "rows", 0, False) for name in written]
        stream += [Slots(name, "columns", 0, False) for name in (*read, "dense")]
        groups = [HiddenUnits(self.width, tuple(stream))]
        for block in blocks:
            query, key, value = ((f"{part}{block}", "rows") for part in ("query", "key", "value"))
            out = (f"out{block}", "columns")
            inner = tuple(
                tuple(
                    HiddenUnits(size, tuple(Slots(*place, h * size, True) for place in places))
                    for places in ((query, key), (value, out))
                )
                for h in range(self.heads)
            )
            whole = tuple(Slots(*place, 0, False, block=size) for place in (query, key, value, out))
            groups.append(HiddenUnits(self.heads, whole, inner, spectral=True))
            forward = (Slots(f"up{block}", "rows", 0, False), Slots(f"down{block}", "columns", 0, False))
            groups.append(HiddenUnits(self.feedforward, forward))
        return tuple(groups)

    def with_dropout(self, dropout: Dropout) -> "VisionTransformer":
        """The same for training: units of its blocks are dropped where torch's encoder layers drop them.

        These are the outputs of the attention, the feed-forward units and the outputs of the feed-forward layer; the
        shares of attention are not.
        """
        found = copy.copy(self)
        found._drop = dropout
        return found

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of images (N, C, H, W) or (S, N, C, H, W) at weights (S, P)."""
        maps = split_weights(self.layers, weights)
        tokens = dense(maps["embed"], self._patches(for_each(inputs, len(weights), len(self.shape))))
        first = maps["token"].mT[:, None].expand(-1, tokens.shape[1], -1, -1)
        stream = torch.cat([first, tokens], dim=2) + maps["position"].mT[:, None]
        for block in range(self.depth):
            normed = self._normed(maps[f"norm-attention{block}"], stream)
            query, key, value = (
                dense(maps[f"{part}{block}"], normed).unflatten(-1, (self.heads, -1)).transpose(2, 3)
                for part in ("query", "key", "value")
            )
            mixed = functional.scaled_dot_product_attention(query, key, value).transpose(2, 3).flatten(3)
            stream = stream + self._drop(dense(maps[f"out{block}"], mixed))
            normed = self._normed(maps[f"norm-forward{block}"], stream)
            inner = self._drop(functional.gelu(dense(maps[f"up{block}"], normed)))
            stream = stream + self._drop(dense(maps[f"down{block}"], inner))
        return dense(maps["dense"], self._normed(maps["norm"], stream[:, :, 0]))

    def _patches(self, values: Tensor) -> Tensor:
        """(S, N, patches, C·patch²) of images (S, N, C, H, W)."""
        cut = values.unflatten(-1, (-1, self.patch)).unflatten(-3, (-1, self.patch))  # S N C h p w p
        return cut.permute(0, 1, 3, 5, 2, 4, 6).flatten(4).flatten(2, 3)

    def _normed(self, linear: Tensor, stream: Tensor) -> Tensor:
        return scaled(linear, functional.layer_norm(stream, (self.width,)))

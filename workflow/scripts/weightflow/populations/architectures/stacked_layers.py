"""Layers of S classifiers side by side: every map has S sets of weights, and every input S parts.

Convolutions are linear maps too, from the C·k·k numbers of a patch, channel by channel.
"""

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.networks.flat_weights import apply_linear
from weightflow.networks.layout import LinearMap

_CACHED = 2**17  # size of one network's patches up to which a copy is faster than a grouped convolution


def dense(linear: Tensor, inputs: Tensor) -> Tensor:
    """(S, …, neurons) of inputs (S, …, I) by maps (S, neurons, I + 1), whose last column is the bias."""
    return apply_linear(linear, inputs.flatten(1, -2)).unflatten(1, inputs.shape[1:-1])


def convolve(linear: Tensor, images: Tensor, kernel: int, stride: int = 1, padding: int = 0) -> Tensor:
    """(S, N, neurons, H′, W′) of images (S, N, C, H, W) by maps (S, neurons, C·k·k), or C·k·k + 1 with a bias."""
    stack, channels = len(images), images.shape[2]
    patch = channels * kernel**2
    height, width = ((side + 2 * padding - kernel) // stride + 1 for side in images.shape[3:])
    if patch * height * width * images.shape[1] <= _CACHED:
        return _convolve_patches(linear, images, kernel, stride, padding)
    weight = linear[..., :patch].reshape(-1, channels, kernel, kernel)
    bias = linear[..., patch].flatten() if linear.shape[-1] > patch else None
    side_by_side = images.transpose(0, 1).flatten(1, 2)
    found = functional.conv2d(side_by_side, weight, bias, stride, padding, groups=stack)
    return found.unflatten(1, (stack, -1)).transpose(0, 1)


def _convolve_patches(linear: Tensor, images: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
    """As `convolve`, by one matrix product for each network, the images side by side in its columns."""
    last = images.movedim(1, -1).contiguous()
    last = functional.pad(last, (0, 0, *[padding] * 4)) if padding else last
    height, width = ((side - kernel) // stride + 1 for side in last.shape[2:4])
    down, right = (stride * (count - 1) + 1 for count in (height, width))
    parts = [last[:, :, i : i + down : stride, j : j + right : stride] for i in range(kernel) for j in range(kernel)]
    patches = torch.stack(parts, dim=2).flatten(3).flatten(1, 2)
    weight, bias = linear[..., : patches.shape[1]], linear[..., patches.shape[1] :]
    found = torch.baddbmm(bias, weight, patches) if bias.shape[-1] else weight @ patches
    return found.unflatten(2, (height, width, -1)).movedim(-1, 1)


def pool(images: Tensor, size: int) -> Tensor:
    """(S, N, C, H / size, W / size) maxima of images (S, N, C, H, W) over squares."""
    if images.stride(1) != 1:
        return functional.max_pool2d(images.flatten(0, 1), size).unflatten(0, images.shape[:2])
    side_by_side = images.movedim(1, -1)  # as `_convolve_patches` leaves them; pooled as channels, which is faster
    found = functional.max_pool2d(side_by_side.flatten(0, 1).movedim(-1, 1), size)
    return found.movedim(1, -1).unflatten(0, side_by_side.shape[:2]).movedim(-1, 1)


def scaled(linear: Tensor, values: Tensor) -> Tensor:
    """Values (S, …, C) times the first column of maps (S, C, 2), plus the second, as after a normalisation."""
    shape = (len(linear), *[1] * (values.dim() - 2), -1)
    return values * linear[..., 0].reshape(shape) + linear[..., 1].reshape(shape)


class BatchNorms:
    """The batch norms of a pass through classifiers: with given moments, or with those of the batch, which it stores.

    Attributes:
        moments: (S, 2, C) mean and variance of each norm's input, by its name.
        given: whether the moments were given.
    """

    EPSILON = 1e-5

    def __init__(self, moments: dict[str, Tensor] | None = None):
        self.given = moments is not None
        self.moments = dict(moments or {})

    def __call__(self, name: str, linear: Tensor, images: Tensor, epsilon: float = EPSILON) -> Tensor:
        """Images (S, N, C, H, W) normalised by channel, then scaled by a map (S, C, 2)."""
        if not self.given:
            variance, mean = torch.var_mean(images, dim=(1, 3, 4), correction=0)
            self.moments[name] = torch.stack([mean, variance], dim=1)
        mean, variance = self.moments[name].unbind(1)
        gain = linear[..., 0] * (variance + epsilon).rsqrt()
        shift = linear[..., 1] - mean * gain
        return images * gain[:, None, :, None, None] + shift[:, None, :, None, None]

    def outputs(self, name: str, values: Tensor) -> Tensor:
        """Outputs (S, N, C, …) of a map that no norm follows, as they are; a subclass may record or change them."""
        return values


class Dropout:
    """Sets a random share of values to zero and scales up the others, so that their mean stays.

    Args:
        share: of the values; 0 changes nothing.
        generator: of the draws, on the device of the values.
    """

    def __init__(self, share: float = 0.0, generator: torch.Generator | None = None):
        self.share, self.generator = share, generator

    def __call__(self, values: Tensor) -> Tensor:
        """Values of any shape, each dropped or not."""
        if not self.share:
            return values
        kept = torch.empty_like(values).bernoulli_(1 - self.share, generator=self.generator)
        return values * kept / (1 - self.share)


def for_each(inputs: Tensor, stack: int, dimensions: int) -> Tensor:
    """(S, N, …) of inputs (N, …) that all networks share; inputs (S, N, …) stay as they are.

    Args:
        inputs: (N, …) or (S, N, …).
        stack: number S of networks.
        dimensions: number of axes of one input.
    """
    return inputs if inputs.dim() == dimensions + 2 else inputs.expand(stack, *inputs.shape)


def norm_map(name: str, channels: int) -> LinearMap:
    """The scale and the shift after a normalisation, as a map of its own: for each channel one weight and a bias."""
    return LinearMap(name, channels, 1)

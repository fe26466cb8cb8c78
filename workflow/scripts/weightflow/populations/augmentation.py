"""Augmentation of images in training: random crops of padded images, and horizontal flips."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

_PADDED = 8  # sides are padded by this part of them, on both ends


def draw_crops(examples: int, shape: Sequence[int], generators: Sequence[torch.Generator]) -> Tensor:
    """(N, n, 3) crops and flips of n examples for each of N networks, each network with its own draws.

    Args:
        examples: number n.
        shape: of an image, (channels, height, width).
        generators: (N,) of the networks.

    Returns:
        First row and first column of the crop in the padded image, and 1 for a flip, else 0.
    """
    ranges = torch.tensor([*(2 * pad + 1 for pad in _padding(shape)), 2])
    return torch.stack([(torch.rand(examples, 3, generator=own) * ranges).to(torch.int16) for own in generators])


def crop_and_flip(images: Tensor, crops: Tensor) -> Tensor:
    """Images of the same shape (N, B, C, H, W), each cropped from its padded image, and flipped or not.

    They are padded with zeros, the mean of standardised inputs, by an eighth of each side.

    Args:
        images: (N, B, C, H, W).
        crops: (N, B, 3), as `draw_crops` gives them.
    """
    height, width = images.shape[-2:]
    down, right = _padding(images.shape[-3:])
    top, left, flip = crops.long().unbind(-1)
    rows = top[..., None] + torch.arange(height, device=images.device)
    forward = torch.arange(width, device=images.device)
    columns = left[..., None] + torch.where(flip[..., None] == 1, forward.flip(0), forward)
    padded = functional.pad(images, (right, right, down, down))
    found = padded.gather(-2, rows[:, :, None, :, None].expand(*images.shape[:-1], padded.shape[-1]))
    return found.gather(-1, columns[:, :, None, None, :].expand(images.shape))


def _padding(shape: Sequence[int]) -> tuple[int, int]:
    """Padding of height and width."""
    return -(-shape[-2] // _PADDED), -(-shape[-1] // _PADDED)

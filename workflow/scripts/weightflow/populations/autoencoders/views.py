"""Views of networks: symmetries that do not change their outputs, and noise that does."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from weightflow.networks.alignment import permute
from weightflow.networks.layout import HiddenUnits, LinearMap


def draw_views(
    layers: tuple[LinearMap, ...], symmetries: Sequence[HiddenUnits], count: int, draws: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random symmetries of a network: permutations of its units, and sign changes of odd units.

    Args:
        layers: the layer table.
        symmetries: groups of units; inner groups are permuted too.
        count: of views.
        draws: of the orders and signs.

    Returns:
        (count, P) source indices of each view's flat weights, and (count, P) their signs.
    """
    numbered = np.arange(1, 1 + sum(layer.weights for layer in layers))
    found = np.stack([_shuffled(layers, symmetries, numbered, draws) for _ in range(count)])
    return np.abs(found) - 1, np.sign(found)


def viewed(weights: Tensor, views: tuple[np.ndarray, np.ndarray]) -> Tensor:
    """(B, P) the views of networks (B, P), as many as there are networks."""
    places, signs = (torch.as_tensor(own, device=weights.device) for own in views)
    return weights.gather(1, places) * signs


def disturbed(weights: Tensor, mean: Tensor, noise: Tensor, erasing: float, draws: torch.Generator) -> Tensor:
    """(B, P) networks with noise, some of whose weights are erased.

    Args:
        weights: (B, P).
        mean: (P,) that erased weights have.
        noise: (P,) its standard deviation.
        erasing: share of the weights.
        draws: of the noise and the erased weights.
    """
    found = weights + noise * torch.randn(weights.shape, generator=draws, device=weights.device)
    erased = torch.rand(weights.shape, generator=draws, device=weights.device) < erasing
    return torch.where(erased, mean, found)


def _shuffled(
    layers: tuple[LinearMap, ...], symmetries: Sequence[HiddenUnits], weights: np.ndarray, draws: np.random.Generator
) -> np.ndarray:
    for group in symmetries:
        for inside in group.inner:
            weights = _shuffled(layers, inside, weights, draws)
        signs = draws.choice([-1, 1], group.count)  # ignored by slots that are not odd
        weights = permute(layers, group, weights, draws.permutation(group.count), signs)
    return weights

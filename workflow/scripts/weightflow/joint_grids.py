"""Joint probabilities of two variables on a grid, for figures: they show a density without the noise of samples.

The two are those that `Snapshots.pair` names. Figures do without torch, so a prediction holds the grids.
"""

import math

import numpy as np
import torch
from torch import Tensor

from weightflow.backbones import Backbone
from weightflow.prediction import bin_counts

MOST_STATES = 512  # of a variable; a finer grid shows nothing more, and costs its square
MOST_PROBABILITIES = 2_000_000  # of all times, 8 MB on disk
DRAWN = 4_000  # samples at each time where the grid is estimated
_AT_ONCE = 2_000_000  # probabilities held in one batch


def grid_bins(states: int, times: int) -> int:
    """Bins of a grid along each variable; each holds `bin_counts(states, bins)` counts, the last one maybe fewer."""
    most = max(1, min(states, math.isqrt(MOST_PROBABILITIES // times)))
    return math.ceil(states / bin_counts(states, most))


@torch.no_grad()
def joint_grids(backbone: Backbone, weights: Tensor, variables: int, pair: tuple[int, ...], seed: int) -> np.ndarray:
    """Joint probabilities of two variables at T times.

    They are exact for the two variables that the backbone generates first, p(x₁) p(x₂ | x₁). Any others are the
    mean over drawn states; where the variables come in order, over the second one's conditional at each of these.

    Args:
        backbone: the density.
        weights: (T, P).
        variables: d.
        pair: i < j; anything else has no joint probabilities.
        seed: of the drawn states.

    Returns:
        (T, B, B) float32 with B = `grid_bins(L, T)`; empty where there is no pair, or L is above 512.
    """
    states = backbone.states
    if len(pair) != 2 or states > MOST_STATES:
        return np.zeros((0, 0, 0), dtype=np.float32)
    order = backbone.order
    in_order = order == tuple(range(variables))
    bins = grid_bins(states, len(weights))
    generator = torch.Generator(weights.device).manual_seed(seed)
    is_exact = pair == order[:2]
    at_once = max(1, _AT_ONCE // ((states if is_exact else DRAWN) * variables * states))
    found = []
    for networks in weights.split(at_once):
        if is_exact:
            joint = _first_two(backbone, networks, variables, pair)
        else:
            joint = _drawn(backbone, networks, pair, in_order, generator)
        found.append(_binned(joint, bins).float().cpu())
    return torch.cat(found).numpy()


def _first_two(backbone: Backbone, networks: Tensor, variables: int, pair: tuple[int, int]) -> Tensor:
    """(S, L, L): neither variable's conditional depends on the variables that come later, which are zero here."""
    first, second = pair
    prefixes = torch.zeros(backbone.states, variables, dtype=torch.long, device=networks.device)
    prefixes[:, first] = torch.arange(backbone.states, device=networks.device)
    conditionals = backbone.conditionals(networks, prefixes).double()
    start = conditionals[:, 0, first]
    return (start.unsqueeze(-1) + conditionals[:, :, second]).exp()


def _drawn(
    backbone: Backbone, networks: Tensor, pair: tuple[int, int], in_order: bool, generator: torch.Generator
) -> Tensor:
    """(S, L, L) from drawn states."""
    states = backbone.sample(networks, DRAWN, generator)
    first, second = (states[..., variable] for variable in pair)
    if in_order:
        shares = backbone.conditionals(networks, states)[:, :, pair[1]].double().exp()
    else:
        shares = torch.nn.functional.one_hot(second, backbone.states).double()
    joint = shares.new_zeros(len(networks), backbone.states, backbone.states)
    return joint.scatter_add_(1, first.unsqueeze(-1).expand_as(shares), shares) / DRAWN


def _binned(joint: Tensor, bins: int) -> Tensor:
    """(S, B, B) sums of (S, L, L) over equally many counts."""
    counts = bin_counts(joint.shape[-1], bins)
    spare = bins * counts - joint.shape[-1]
    padded = torch.nn.functional.pad(joint, (0, spare, 0, spare))
    return padded.unflatten(1, (bins, counts)).unflatten(3, (bins, counts)).sum((2, 4))

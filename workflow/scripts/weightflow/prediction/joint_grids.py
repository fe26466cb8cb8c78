"""Joint probabilities of two variables on a grid, for figures of a density without sampling noise.

Figures do not import torch, so predictions and motions store the grids.
"""

import math

import numpy as np
import torch
from torch import Tensor

from weightflow.data.state_space import Counts, StateSpace
from weightflow.networks.backbones import Backbone
from weightflow.networks.count_heads import CountHead
from weightflow.prediction.figure_grids import bin_counts

MOST_STATES = 512  # states of a variable; a finer grid shows no more, and its cost is quadratic
MOST_PROBABILITIES = 2_000_000  # over all times, 8 MB on disk
DRAWN = 4_000  # states drawn at each time for the grid of a pair that is not generated first
_LEAST_EACH = 16  # of them in each bin of the earlier variable
_TINY = 1e-300
_AT_ONCE = 2_000_000  # probabilities held in one batch


def grid_bins(states: int, times: int) -> int:
    """Bins of a grid along each variable; each holds `bin_counts(states, bins)` counts, the last one possibly fewer."""
    most = max(1, min(states, math.isqrt(MOST_PROBABILITIES // times)))
    return math.ceil(states / bin_counts(states, most))


@torch.no_grad()
def joint_grids(backbone: Backbone, weights: Tensor, space: StateSpace, pair: tuple[int, ...], seed: int) -> np.ndarray:
    """Joint probabilities of two variables at T times.

    For the first two variables that the backbone generates they are exact, p(x₁) p(x₂ | x₁), for real values with x₁ in
    the middle of its bin. For other pairs they are means of conditional probabilities over drawn states.

    Args:
        backbone: the density.
        weights: (T, P).
        space: the state space.
        pair: two variables, the rows and the columns; any other tuple has no joint probabilities.
        seed: of the drawn states.

    Returns:
        (T, B, B) float32, B = `grid_bins(L, T)` or the space's bins; empty without a pair, for L above 512, or for
        real values with too many times.
    """
    bins, times, counts = space.bins, len(weights), isinstance(space, Counts)
    fits = bins <= MOST_STATES if counts else times * bins**2 <= MOST_PROBABILITIES
    if len(pair) != 2 or not fits:
        return np.zeros((0, 0, 0), dtype=np.float32)
    generator = torch.Generator(weights.device).manual_seed(seed)
    edges = torch.as_tensor(space.edge_coordinates(len(backbone.order)), device=weights.device)
    is_exact = set(pair) == set(backbone.order[:2]) and set(pair) <= set(backbone.learned)
    most = max(len(backbone.order), 1 if counts else bins) * backbone.head.outputs
    at_once = max(1, _AT_ONCE // ((bins if is_exact else max(DRAWN, _LEAST_EACH * bins)) * max(most, bins)))
    found = []
    for networks in weights.split(at_once):
        if is_exact:
            joint = _first_two(backbone, networks, edges, pair)
        else:
            joint = _drawn(backbone, networks, edges, pair, generator)
        found.append((_binned(joint, grid_bins(bins, times)) if counts else joint).float().cpu())
    return torch.cat(found).numpy()


def _first_two(backbone: Backbone, networks: Tensor, edges: Tensor, pair: tuple[int, int]) -> Tensor:
    """(S, B, B), exact: the two conditionals do not depend on later variables, which are zero here."""
    first, second = backbone.order[:2]
    middles = _middles(backbone, edges[first])
    prefixes = middles.new_zeros(len(middles), len(backbone.order))
    prefixes[:, first] = middles
    outputs = backbone.outputs(networks, prefixes)
    start = backbone.masses(outputs[:, :1], prefixes[:1], first, edges[first])[:, 0].double()
    joint = start.unsqueeze(-1) * backbone.masses(outputs, prefixes, second, edges[second]).double()
    return joint if (first, second) == pair else joint.transpose(1, 2)


def _middles(backbone: Backbone, edges: Tensor) -> Tensor:
    """(B,) coordinates in the middle of bins."""
    middles = (edges[:-1] + edges[1:]) / 2
    return middles.round().long() if isinstance(backbone.head, CountHead) else middles


def _drawn(
    backbone: Backbone, networks: Tensor, edges: Tensor, pair: tuple[int, int], generator: torch.Generator
) -> Tensor:
    """(S, B, B) without noise along both axes: means over states drawn with the earlier variable in each bin.

    A state is drawn with the earlier variable in the middle of a bin and weighted by the bin's conditional probability.
    The weighted mean of the later variable's conditionals is its distribution in that bin.
    """
    earlier, later = sorted(pair, key=backbone.order.index)
    bins = edges.shape[1] - 1
    if earlier not in backbone.learned:  # computed from variables that are drawn
        states = backbone.sample(networks, DRAWN, generator)
        outputs = backbone.outputs(networks, states)
        one, other = (backbone.masses(outputs, states, v, edges[v]).double() for v in (earlier, later))
        joint = one.mT @ other / DRAWN
        return joint if (earlier, later) == pair else joint.transpose(1, 2)
    each = max(_LEAST_EACH, DRAWN // bins)
    middles = _middles(backbone, edges[earlier]).repeat_interleave(each)
    states, _ = backbone.sample_given({earlier: middles}, networks, bins * each, generator)
    outputs = backbone.outputs(networks, states)
    masses = backbone.masses(outputs, states, earlier, edges[earlier]).unflatten(1, (bins, each)).double()
    weights = torch.diagonal(masses, dim1=1, dim2=3).transpose(1, 2)  # (S, B, each) of each state's own bin
    shares = backbone.masses(outputs, states, later, edges[later]).unflatten(1, (bins, each)).double()
    conditional = (weights.unsqueeze(-1) * shares).sum(2) / weights.sum(2, keepdim=True).clamp_min(_TINY)
    states = backbone.sample(networks, DRAWN, generator)
    outputs = backbone.outputs(networks, states)
    joint = backbone.masses(outputs, states, earlier, edges[earlier]).double().mean(1).unsqueeze(-1) * conditional
    return joint if (earlier, later) == pair else joint.transpose(1, 2)


def _binned(joint: Tensor, bins: int) -> Tensor:
    """(S, B, B) sums of (S, L, L) over equally many counts."""
    counts = bin_counts(joint.shape[-1], bins)
    spare = bins * counts - joint.shape[-1]
    padded = torch.nn.functional.pad(joint, (0, spare, 0, spare))
    return padded.unflatten(1, (bins, counts)).unflatten(3, (bins, counts)).sum((2, 4))

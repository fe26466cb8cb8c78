"""Uncertainty bands about predicted marginals: what networks that a flow draws at a time say, from one to another."""

from dataclasses import dataclass

import numpy as np
import torch

from weightflow import seeding
from weightflow.backbones import Backbone
from weightflow.weight_flow import WeightFlow, generate

LEAST = 1e-3  # probability from which on a count is judged: bands about nothing hold it always
_PREFIXES = 4096  # of the variables before one, beyond which these are drawn


@dataclass(frozen=True)
class Bands:
    """Of the probability of each count of each variable at each time.

    Attributes:
        times: (T,).
        lower, middle, upper: (T, d, L).
        level: share of the networks that lie between lower and upper.
    """

    times: np.ndarray
    lower: np.ndarray
    middle: np.ndarray
    upper: np.ndarray
    level: float


def condition_of(times: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """(n, 1) times as a flow is told them: −1 at the first snapshot and 1 at the last."""
    return (2 * (times - observed[0]) / (observed[-1] - observed[0]) - 1)[:, None]


@torch.no_grad()
def predict_bands(
    flow: WeightFlow,
    backbone: Backbone,
    times: np.ndarray,
    observed: np.ndarray,
    networks: int,
    level: float,
    seed: int,
) -> Bands:
    """Bands at times.

    Args:
        flow: over the weights of anchors, conditional on their times.
        backbone: of counts.
        times: (T,) within the observed range.
        observed: (K,) times of the snapshots.
        networks: that are drawn at each time.
        level: of the bands, such as 0.9.
        seed: of the draws; the same noise at all times, so that a band moves with the time alone.
    """
    generator = torch.Generator().manual_seed(seeding.integer(seed, "bands"))
    tails, found = [(1 - level) / 2, 0.5, (1 + level) / 2], []
    for time in times:
        told = np.repeat(condition_of(np.array([time]), observed), networks, axis=0)
        weights = torch.as_tensor(generate(flow, networks, seed, told))
        found.append(np.quantile(backbone.marginals(weights, _PREFIXES, generator).numpy(), tails, axis=0))
    lower, middle, upper = np.stack(found, axis=1)
    return Bands(times, lower, middle, upper, level)


def coverage(bands: Bands, truth: np.ndarray) -> np.ndarray:
    """(T,) share of the counts of all variables whose true probability (T, d, L) lies in its band.

    Counts that neither the truth nor the band gives a probability of at least `LEAST` are left out.
    """
    judged = (truth >= LEAST) | (bands.upper >= LEAST)
    inside = (bands.lower <= truth) & (truth <= bands.upper)
    return (inside & judged).sum((1, 2)) / judged.sum((1, 2))

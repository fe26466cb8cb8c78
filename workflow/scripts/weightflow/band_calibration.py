"""How far bands must be stretched so that they hold what they should, as left-out snapshots tell.

An ensemble knows what resampling leaves open. It does not know what no member can express, which tails hold most of;
nor are its curves all there is to err between snapshots. Each interior snapshot, left out in turn, is a time that was
not observed and whose states are known.
"""

from collections.abc import Sequence

import numpy as np
import torch

from weightflow import seeding
from weightflow.backbones import Backbone
from weightflow.bands import LEAST
from weightflow.ensemble_curves import EnsembleCurves

STRETCHES = np.round(np.arange(1.0, 2.01, 0.1), 1)  # that are tried
FEWEST = 4  # snapshots, for curves through the others to bend
_PREFIXES = 512


def choose_stretch(
    curves: EnsembleCurves,
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    networks: int,
    level: float,
    seed: int,
) -> float:
    """The least factor on networks' coordinates with which bands hold left-out snapshots as often as they should.

    Args:
        curves: through the ensemble.
        backbone: of counts.
        snapshots: K arrays (N_k, d) of the states that it was trained on.
        networks: that are drawn for each snapshot.
        level: of the bands.
        seed: of the draws.

    Returns:
        The factor; the largest that is tried where none is enough, and 1 where there are too few snapshots to say.
    """
    if len(curves.times) < FEWEST:
        return 1.0
    draws = seeding.stream(seed, "bands", "stretch")
    interior = range(1, len(curves.times) - 1)
    for stretch in STRETCHES:
        held = [held_share(curves, backbone, snapshots[k], k, stretch, networks, level, draws) for k in interior]
        if np.mean(held) >= level:
            break
    return float(stretch)


@torch.no_grad()
def held_share(
    curves: EnsembleCurves,
    backbone: Backbone,
    states: np.ndarray,
    left_out: int,
    stretch: float,
    networks: int,
    level: float,
    draws: np.random.Generator,
) -> float:
    """Share of counts whose frequency in a snapshot lies in the band that all others give of it; arguments as above.

    The band is of frequencies among as many states, so that it holds what such few states add of their own.
    """
    others = curves.without(left_out)
    weights = others.weights(curves.times[left_out], stretch * others.coordinates(networks, draws))
    generator = torch.Generator().manual_seed(int(draws.integers(2**31)))
    said = backbone.marginals(torch.as_tensor(weights.astype(np.float32)), _PREFIXES, generator).numpy()
    levels, count = said.shape[-1], len(states)
    found = np.stack([np.bincount(own, minlength=levels) for own in states.astype(np.int64).T])
    expected = draws.binomial(count, said.clip(0, 1))
    judged = (found >= LEAST * count) | (np.quantile(said, (1 + level) / 2, axis=0) >= LEAST)
    # Ties are broken at random, so that the rank of what is drawn alike is uniform.
    rank = (expected < found).mean(0) + draws.random(found.shape) * (expected == found).mean(0)
    return float((np.abs(rank - 0.5) <= level / 2)[judged].mean())

"""How far bands must be stretched so that they hold what they should, as left-out snapshots tell.

An ensemble knows what resampling leaves open. It does not know what no member can express, which tails hold most of;
nor are its curves all there is to err between snapshots. Each interior snapshot, left out in turn, is a time that was
not observed and whose states are known. Two things of this are not clean: members begin at one fit to all snapshots,
the left-out one among them; and networks are drawn beside the curves as they are, without the flow's own error.
"""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import expit

from weightflow import seeding
from weightflow.bands.conditional_flow import LogOdds, log_odds
from weightflow.bands.coverage import LEAST
from weightflow.bands.curves import EnsembleCurves
from weightflow.networks.backbones import Backbone

STRETCHES = np.round(np.arange(1.0, 4.01, 0.1), 1)  # that are tried
FEWEST = 4  # snapshots, for curves through the others to bend


def choose_stretch(
    curves: EnsembleCurves,
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    networks: int,
    level: float,
    seed: int,
) -> float:
    """The least factor on networks' log-odds from which on bands hold left-out snapshots as often as they should.

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
    generator = torch.Generator().manual_seed(seeding.integer(seed, "bands", "stretch"))
    told = []
    for k in range(1, len(curves.times) - 1):
        others = curves.without(k)
        coordinates = others.coordinates(np.full(networks, curves.times[k]), draws)
        odds = log_odds(others, backbone, curves.times[k], coordinates, generator)
        told.append((odds, snapshots[k]))
    # The same draws for every factor: else the first that is lucky would be taken.
    held = [
        np.mean(
            [
                held_share(odds, states, stretch, level, seeding.stream(seed, "bands", "frequencies", k))
                for k, (odds, states) in enumerate(told)
            ]
        )
        for stretch in STRETCHES
    ]
    too_few = np.flatnonzero(np.array(held) < level)
    return float(STRETCHES[min(too_few[-1] + 1, len(STRETCHES) - 1)]) if len(too_few) else float(STRETCHES[0])


def held_share(odds: LogOdds, states: np.ndarray, stretch: float, level: float, draws: np.random.Generator) -> float:
    """Share of counts whose frequency in a snapshot lies in its band.

    The band is of frequencies among as many states, so that it holds what such few states add of their own.

    Args:
        odds: of the networks that the band is made of.
        states: (N, d) of the snapshot.
        stretch: factor on the log-odds beside the centre.
        level: of the band.
        draws: of frequencies, and of ranks where these are equal.
    """
    said, levels, count = expit(odds.centre + stretch * odds.beside), odds.centre.shape[-1], len(states)
    found = np.stack([np.bincount(own, minlength=levels) for own in states.astype(np.int64).T])
    expected = draws.binomial(count, said)
    judged = (found >= LEAST * count) | (np.quantile(said, (1 + level) / 2, axis=0) >= LEAST)
    rank = (expected < found).mean(0) + draws.random(found.shape) * (expected == found).mean(0)
    return float((np.abs(rank - 0.5) <= level / 2)[judged].mean())

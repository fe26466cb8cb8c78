"""Calibration of bands: a stretch factor from the coverage of left-out snapshots.

An ensemble measures the sampling error of the snapshots. It misses the error of the model class, which is largest in
the tails, and part of the interpolation error. A left-out interior snapshot is an unobserved time with known states, so
it measures the coverage of the bands there. Two limitations remain: members start from one fit to all snapshots, the
left-out one included, and networks are drawn about the curves directly, without the flow's error.
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

STRETCHES = np.round(np.arange(1.0, 4.01, 0.1), 1)  # candidates
FEWEST = 4  # snapshots, so that the curves through all but one have bends


def choose_stretch(
    curves: EnsembleCurves,
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    networks: int,
    level: float,
    seed: int,
) -> float:
    """The smallest stretch of the log-odds from which on bands reach their nominal coverage of left-out snapshots.

    Args:
        curves: through the ensemble.
        backbone: of counts.
        snapshots: K arrays (N_k, d) of training states.
        networks: number drawn for each snapshot.
        level: of the bands.
        seed: of the draws.

    Returns:
        The factor; the largest candidate if none suffices, and 1 for fewer than four snapshots.
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
    # The same draws for every factor, so that chance does not choose it.
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

    The band is that of frequencies in samples of the snapshot's size, so it includes their sampling error.

    Args:
        odds: of the band's networks.
        states: (N, d) of the snapshot.
        stretch: factor on the log-odds beside the centre.
        level: of the band.
        draws: for frequencies, and for the ranks of ties.
    """
    said, levels, count = expit(odds.centre + stretch * odds.beside), odds.centre.shape[-1], len(states)
    found = np.stack([np.bincount(own, minlength=levels) for own in states.astype(np.int64).T])
    expected = draws.binomial(count, said)
    judged = (found >= LEAST * count) | (np.quantile(said, (1 + level) / 2, axis=0) >= LEAST)
    rank = (expected < found).mean(0) + draws.random(found.shape) * (expected == found).mean(0)
    return float((np.abs(rank - 0.5) <= level / 2)[judged].mean())

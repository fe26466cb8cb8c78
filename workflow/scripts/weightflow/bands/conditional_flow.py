"""A flow over the networks that an ensemble of anchors leaves possible, conditional on time, and the bands it gives.

It is matched to where networks lie beside the curves through the ensemble (curves.py), not to their weights:
some directions in weight space change the density much more than others, and a flow that errs alike in all of them
widens the bands to a multiple.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import expit, logit

from weightflow import seeding
from weightflow.bands.coverage import Bands
from weightflow.bands.curves import EnsembleCurves
from weightflow.networks.backbones import Backbone
from weightflow.populations.reduction import fit_reduction
from weightflow.populations.settings import VelocitySettings
from weightflow.populations.weight_flow import WeightFlow, fit_weight_flow, generate
from weightflow.seeding import Computation

_DRAWS = 4000  # networks that a flow is matched to
_PREFIXES, _PREFIXES_OF_ONE = 512, 4096  # of the variables before one, beyond which these are drawn
_RAREST = 1e-9  # probability, so that log-odds are finite


@dataclass(frozen=True)
class PossibleNetworks:
    """The networks that an ensemble of anchors leaves possible at any time.

    Attributes:
        flow: over the coordinates of these networks.
        curves: that the coordinates belong to.
        backbone: of counts, whose weights the networks are.
    """

    flow: WeightFlow
    curves: EnsembleCurves
    backbone: Backbone


def conditions_at(times: np.ndarray, curves: EnsembleCurves) -> np.ndarray:
    """(n, K − 1) what a flow is told of times (n,): −1 at the first snapshot to 1 at the last, and the curves' errors.

    These rise and fall between any two snapshots, which a perceptron does not see in the time alone.
    """
    first, last = curves.times[[0, -1]]
    return np.column_stack([2 * (times - first) / (last - first) - 1, curves.relative_error(times)])


def fit_band_flow(curves: EnsembleCurves, settings: VelocitySettings, computation: Computation) -> WeightFlow:
    """Fit a flow to the coordinates of networks at random times; arguments as of `fit_weight_flow`."""
    draws = seeding.stream(computation.seed, "band flow")
    first, last = curves.times[[0, -1]]
    times = draws.uniform(first, last, _DRAWS)
    coordinates = curves.coordinates(times, draws).astype(np.float32)
    alone = fit_reduction(coordinates, None, "dual")  # few coordinates, alike, stand for themselves
    return fit_weight_flow(coordinates, alone, settings, computation, conditions_at(times, curves))


class LogOdds(NamedTuple):
    """Log-odds of counts: in them bands are symmetric, and nothing leaves the unit interval.

    Attributes:
        centre: (d, L) of the network on the mean curve.
        beside: (n, d, L) of other networks, less the centre.
    """

    centre: np.ndarray
    beside: np.ndarray


@torch.no_grad()
def log_odds(
    curves: EnsembleCurves,
    backbone: Backbone,
    time: float,
    coordinates: np.ndarray,
    generator: torch.Generator,
) -> LogOdds:
    """What networks with coordinates (n, size) say of every count at a time."""

    def told(chosen: np.ndarray, prefixes: int) -> np.ndarray:
        weights = torch.as_tensor(curves.weights(time, chosen).astype(np.float32))
        return logit(backbone.marginals(weights, prefixes, generator).numpy().clip(_RAREST, 1 - _RAREST))

    centre = told(np.zeros((1, curves.size)), _PREFIXES_OF_ONE)[0]
    return LogOdds(centre, told(coordinates, _PREFIXES) - centre)


@torch.no_grad()
def predict_bands(
    possible: PossibleNetworks,
    times: np.ndarray,
    networks: int,
    level: float,
    seed: int,
    stretch: float = 1.0,
) -> Bands:
    """Bands at times.

    Args:
        possible: the networks that bands are made of.
        times: (T,) within the observed range.
        networks: that are drawn at each time.
        level: of the bands, such as 0.9.
        seed: of the draws; the same noise at all times, so that a band moves with the time alone.
        stretch: factor on the log-odds of the networks beside those of the mean curve (calibration.py).
    """
    curves, backbone = possible.curves, possible.backbone
    generator = torch.Generator().manual_seed(seeding.integer(seed, "bands"))
    tails, found = [(1 - level) / 2, (1 + level) / 2], []
    for time in times:
        told = conditions_at(np.full(networks, time), curves)
        odds = log_odds(curves, backbone, time, generate(possible.flow, networks, seed, told), generator)
        lower, upper = odds.centre + stretch * np.quantile(odds.beside, tails, axis=0)
        found.append(expit([lower, odds.centre, upper]))
    lowest, middle, highest = np.stack(found, axis=1)
    return Bands(times, lowest, middle, highest, level)

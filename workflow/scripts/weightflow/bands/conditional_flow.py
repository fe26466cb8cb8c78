"""A flow over the networks of an ensemble of anchors, conditional on time, and the bands from it.

The flow is over the networks' coordinates about the curves through the ensemble (curves.py), not over their weights.
Some directions in weight space change the density much more than others, and a flow with the same error in all
directions makes the bands several times too wide.
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

_DRAWS = 4000  # networks that a flow is fitted to
_PREFIXES, _PREFIXES_OF_ONE = 512, 4096  # largest numbers of prefixes in a marginal; of more, some are drawn
_RAREST = 1e-9  # smallest probability, which keeps log-odds finite


@dataclass(frozen=True)
class PossibleNetworks:
    """A distribution of networks at any time, from an ensemble of anchors.

    Attributes:
        flow: over the coordinates of the networks.
        curves: the curves that define the coordinates.
        backbone: the density of counts.
    """

    flow: WeightFlow
    curves: EnsembleCurves
    backbone: Backbone


def conditions_at(times: np.ndarray, curves: EnsembleCurves) -> np.ndarray:
    """(n, K − 1) conditions of a flow at times (n,): the time, scaled to −1 … 1, and the curves' relative errors.

    The errors rise and fall in every interval; a perceptron would not learn this from the time.
    """
    first, last = curves.times[[0, -1]]
    return np.column_stack([2 * (times - first) / (last - first) - 1, curves.relative_error(times)])


def fit_band_flow(curves: EnsembleCurves, settings: VelocitySettings, computation: Computation) -> WeightFlow:
    """Fit a flow to the coordinates of networks at random times; arguments as of `fit_weight_flow`."""
    draws = seeding.stream(computation.seed, "band flow")
    first, last = curves.times[[0, -1]]
    times = draws.uniform(first, last, _DRAWS)
    coordinates = curves.coordinates(times, draws).astype(np.float32)
    alone = fit_reduction(coordinates, None, "dual")  # few coordinates of equal scale need no principal components
    return fit_weight_flow(coordinates, alone, settings, computation, conditions_at(times, curves))


class LogOdds(NamedTuple):
    """Log-odds of counts; bands are symmetric in log-odds, and probabilities stay between 0 and 1.

    Attributes:
        centre: (d, L) of the network on the mean curve.
        beside: (n, d, L) of other networks, minus the centre.
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
    """Log-odds of every count at a time, for networks with coordinates (n, size)."""

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
        possible: the distribution of networks.
        times: (T,) within the observed range.
        networks: number drawn at each time.
        level: of the bands, such as 0.9.
        seed: of the draws; all times have the same noise, so that bands are smooth in time.
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

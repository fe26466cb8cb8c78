"""A flow over the networks that an ensemble of anchors leaves possible, conditional on time, and the bands it gives.

It is matched to where networks lie beside the curves through the ensemble (ensemble_curves.py), not to their weights:
some directions in weight space change the density much more than others, and a flow that errs alike in all of them
widens the bands to a multiple.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy.special import expit, logit

from weightflow import seeding
from weightflow.bands.curves import EnsembleCurves
from weightflow.bands.marginals import Bands
from weightflow.networks.backbones import Backbone
from weightflow.populations.weight_flow import WeightFlow, fit_weight_flow, generate

_DRAWS = 4000  # networks that a flow is matched to
_PREFIXES, _PREFIXES_OF_ONE = 512, 4096  # of the variables before one, beyond which these are drawn
_RAREST = 1e-9  # probability, so that log-odds are finite


def conditions_at(times: np.ndarray, curves: EnsembleCurves) -> np.ndarray:
    """(n, K − 1) what a flow is told of times (n,): −1 at the first snapshot to 1 at the last, and the curves' errors.

    These rise and fall between any two snapshots, which a perceptron does not see in the time alone.
    """
    first, last = curves.times[[0, -1]]
    return np.column_stack([2 * (times - first) / (last - first) - 1, curves.relative_error(times)])


def fit_band_flow(curves: EnsembleCurves, settings: Mapping[str, Any], seed: int, device: torch.device) -> WeightFlow:
    """Fit a flow to the coordinates of networks at random times; arguments as of `fit_weight_flow`."""
    draws = seeding.stream(seed, "band flow")
    times = draws.uniform(*curves.times[[0, -1]], _DRAWS)
    coordinates = curves.coordinates(times, draws).astype(np.float32)
    return fit_weight_flow(coordinates, settings, seed, device, conditions_at(times, curves))


@torch.no_grad()
def log_odds(
    curves: EnsembleCurves,
    backbone: Backbone,
    time: float,
    coordinates: np.ndarray,
    generator: torch.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """What networks say of every count at a time, where bands are symmetric and nothing leaves the unit interval.

    Returns:
        (d, L) log-odds of the network on the mean curve, and (n, d, L) by how much those of networks with coordinates
        (n, size) differ from them.
    """

    def told(chosen: np.ndarray, prefixes: int) -> np.ndarray:
        weights = torch.as_tensor(curves.weights(time, chosen).astype(np.float32))
        return logit(backbone.marginals(weights, prefixes, generator).numpy().clip(_RAREST, 1 - _RAREST))

    centre = told(np.zeros((1, curves.size)), _PREFIXES_OF_ONE)[0]
    return centre, told(coordinates, _PREFIXES) - centre


@torch.no_grad()
def predict_bands(
    flow: WeightFlow,
    curves: EnsembleCurves,
    backbone: Backbone,
    times: np.ndarray,
    networks: int,
    level: float,
    seed: int,
    stretch: float = 1.0,
) -> Bands:
    """Bands at times.

    Args:
        flow: over coordinates of networks.
        curves: that these are coordinates on.
        backbone: of counts.
        times: (T,) within the observed range.
        networks: that are drawn at each time.
        level: of the bands, such as 0.9.
        seed: of the draws; the same noise at all times, so that a band moves with the time alone.
        stretch: factor on the log-odds of the networks beside those of the mean curve (band_calibration.py).
    """
    generator = torch.Generator().manual_seed(seeding.integer(seed, "bands"))
    tails, found = [(1 - level) / 2, (1 + level) / 2], []
    for time in times:
        told = conditions_at(np.full(networks, time), curves)
        centre, beside = log_odds(curves, backbone, time, generate(flow, networks, seed, told), generator)
        lower, upper = centre + stretch * np.quantile(beside, tails, axis=0)
        found.append(expit([lower, centre, upper]))
    return Bands(times, *np.stack(found, axis=1), level)

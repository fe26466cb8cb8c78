"""A flow over the networks that an ensemble of anchors leaves possible, conditional on time, and the bands it gives.

It is matched to where networks lie beside the curves through the ensemble (ensemble_curves.py), not to their weights:
some directions in weight space change the density much more than others, and a flow that errs alike in all of them
widens the bands to a multiple.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from weightflow import seeding
from weightflow.backbones import Backbone
from weightflow.bands import Bands
from weightflow.ensemble_curves import EnsembleCurves
from weightflow.weight_flow import WeightFlow, fit_weight_flow, generate

_DRAWS = 4000  # networks that a flow is matched to
_PREFIXES = 512  # of the variables before one, beyond which these are drawn; all of them change no band by a twentieth


def condition_of(times: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """(n, 1) times as a flow is told them: −1 at the first snapshot and 1 at the last."""
    return (2 * (times - observed[0]) / (observed[-1] - observed[0]) - 1)[:, None]


def fit_band_flow(curves: EnsembleCurves, settings: Mapping[str, Any], seed: int, device: torch.device) -> WeightFlow:
    """Fit a flow to the coordinates of networks at random times; arguments as of `fit_weight_flow`."""
    draws, observed = seeding.stream(seed, "band flow"), curves.times
    coordinates = curves.coordinates(_DRAWS, draws).astype(np.float32)
    times = draws.uniform(observed[0], observed[-1], _DRAWS)
    return fit_weight_flow(coordinates, settings, seed, device, condition_of(times, observed))


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
        stretch: factor on the networks' coordinates (band_calibration.py).
    """
    device = next(flow.velocity.parameters()).device
    generator = torch.Generator(device).manual_seed(seeding.integer(seed, "bands"))
    tails, found = [(1 - level) / 2, 0.5, (1 + level) / 2], []
    for time in times:
        told = np.repeat(condition_of(np.array([time]), curves.times), networks, axis=0)
        weights = curves.weights(time, stretch * generate(flow, networks, seed, told)).astype(np.float32)
        said = backbone.marginals(torch.as_tensor(weights, device=device), _PREFIXES, generator)
        found.append(np.quantile(said.cpu().numpy(), tails, axis=0))
    lower, middle, upper = np.stack(found, axis=1)
    return Bands(times, lower, middle, upper, level)

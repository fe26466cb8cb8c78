"""Where a model's weights are at any time, from what its fit left behind."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch

from weightflow.dynamics.equations import Solver, solve_weights
from weightflow.dynamics.fields import load_field, make_field
from weightflow.dynamics.latent_path import read_latent_path
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.dynamics.weight_spline import read_spline
from weightflow.prediction.moving_density import WeightsAt


def along_spline(curve: str, continuation: str) -> WeightsAt:
    """The weights on a learned spline, by its file: for several grids of times (T_i,) those (T_i, P) on each.

    Args:
        curve: the file.
        continuation: linear, or constant to keep the last weights past the end.
    """
    spline = read_spline(curve)
    if continuation == "constant":
        return partial(map, lambda times: spline.at(np.minimum(times, spline.times[-1])))
    return partial(map, spline.at)


def along_field(
    dynamics: str,
    path: str,
    curve: str,
    graph: WeightGraph,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> WeightsAt:
    """The weights that a fitted field moves, by its files: for several grids of times (T_i,) those (T_i, P) on each.

    Args:
        dynamics: the field's file.
        path: the latent path's, of a CDE; nothing of an ODE.
        curve: the learned spline's that it begins at; nothing where it begins at rest.
        graph: its anchors.
        settings: `dynamics`, `solver` and `continuation` of the model.
        seed: of the model.
        device: where to compute.
    """
    driven = read_latent_path(path)[1] if path else None
    begin = read_spline(curve) if curve else None
    field = make_field(graph, driven, settings["dynamics"], seed, begin, settings["continuation"])
    load_field(dynamics, field)
    return partial(solve_weights, field.to(device), graph, solver=Solver(**settings["solver"]))

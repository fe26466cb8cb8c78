"""A model's weights at any time, from what its fit made."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from weightflow.dynamics.equations import CONTINUATIONS, Field, solve_weights
from weightflow.dynamics.field_files import load_field, make_field
from weightflow.dynamics.latent_path import read_latent_path
from weightflow.dynamics.settings import SolverSettings
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.dynamics.weight_spline import WeightSpline, read_spline
from weightflow.prediction.moving_density import WeightsAt
from weightflow.seeding import Computation


def along_spline(spline: WeightSpline, last: float, continuation: str) -> WeightsAt:
    """Weights on a learned spline: a function from grids of times (T_i,) to weights (T_i, P) on each.

    Args:
        spline: the curve.
        last: time of the last snapshot.
        continuation: past it; taught, along the spline; linear, with the slope there; constant, with the weights there.
    """
    if continuation == "taught":
        return partial(map, spline.at)
    ahead = CONTINUATIONS[continuation] * spline.slope(last)

    def at(times: np.ndarray) -> np.ndarray:
        inside = np.minimum(times, last)
        return spline.at(inside) + (times - inside)[:, None] * ahead

    return partial(map, at)


@dataclass(frozen=True)
class WeightFiles:
    """The files that the weights of one run are computed from; missing ones are empty.

    Attributes:
        graph: the anchors.
        curve: the learned spline; for a field, its base curve.
        path: the latent path of a CDE.
        dynamics: parameters of the field.
    """

    graph: str = ""
    curve: str = ""
    path: str = ""
    dynamics: str = ""


def read_moving_field(files: WeightFiles, graph: WeightGraph, settings: Any, seed: int) -> Field:
    """A fitted field from its files.

    Args:
        files: of the field.
        graph: its anchors.
        settings: `dynamics` and `continuation` of the model.
        seed: of the model.
    """
    driven = read_latent_path(files.path).coordinates if files.path else None
    begin = read_spline(files.curve) if files.curve else None
    field = make_field(graph, driven, settings.dynamics, seed, begin, settings.continuation)
    load_field(files.dynamics, field)
    return field


def read_weights(
    files: WeightFiles, graph: WeightGraph, settings: Any, times: np.ndarray, computation: Computation
) -> WeightsAt:
    """Weights of a fitted model: a function from grids of times (T_i,) to weights (T_i, P) on each.

    Args:
        files: of the model.
        graph: its anchors.
        settings: `dynamics`, `solver` and `continuation` of the model.
        times: (T,) of the data.
        computation: the device, and the seed of the model.
    """
    if files.dynamics:
        field = read_moving_field(files, graph, settings, computation.seed)
        return along_field(field, graph, settings.solver, times, computation.device)
    return along_spline(read_spline(files.curve), float(graph.times[-1]), settings.continuation.weights)


def along_field(
    field: Field, graph: WeightGraph, solver: SolverSettings, times: np.ndarray, device: torch.device
) -> WeightsAt:
    """Weights along a fitted field: a function from grids of times (T_i,) to weights (T_i, P) on each.

    Args:
        field: with its parameters.
        graph: its anchors.
        solver: the scheme.
        times: (T,) of the data.
        device: to compute on.
    """
    return partial(solve_weights, field.to(device), graph, solver=solver, times=times)

"""A model's weights at any time, from the files of its fit."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from weightflow.dynamics.equations import solve_weights
from weightflow.dynamics.field_files import load_field, make_field
from weightflow.dynamics.latent_path import read_latent_path
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.dynamics.weight_spline import read_spline
from weightflow.prediction.moving_density import WeightsAt
from weightflow.seeding import Computation


def along_spline(curve: str, continuation: str) -> WeightsAt:
    """Weights on a learned spline: a function from grids of times (T_i,) to weights (T_i, P) on each.

    Args:
        curve: the spline's file.
        continuation: linear, or constant to keep the last weights past the end.
    """
    spline = read_spline(curve)
    if continuation == "constant":
        return partial(map, lambda times: spline.at(np.minimum(times, spline.times[-1])))
    return partial(map, spline.at)


@dataclass(frozen=True)
class FieldFiles:
    """The files that a fitted field is read from.

    Attributes:
        dynamics: the field's parameters.
        path: the latent path of a CDE; empty for an ODE.
        curve: the learned spline as base curve; empty for a field that starts at rest.
    """

    dynamics: str
    path: str = ""
    curve: str = ""


def along_field(files: FieldFiles, graph: WeightGraph, settings: ModelSettings, computation: Computation) -> WeightsAt:
    """Weights along a fitted field: a function from grids of times (T_i,) to weights (T_i, P) on each.

    Args:
        files: of the field.
        graph: its anchors.
        settings: `dynamics`, `solver` and `continuation` of the model.
        computation: the device, and the seed of the model.
    """
    driven = read_latent_path(files.path).coordinates if files.path else None
    begin = read_spline(files.curve) if files.curve else None
    field = make_field(graph, driven, settings.dynamics, computation.seed, begin, settings.continuation)
    load_field(files.dynamics, field)
    return partial(solve_weights, field.to(computation.device), graph, solver=settings.solver)

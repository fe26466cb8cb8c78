"""Weights from the files of a fit are those of the fit."""

import numpy as np
import torch

from weightflow.dynamics import Solver, solve_weights
from weightflow.fitting import make_field, write_field
from weightflow.moving_weights import along_field, along_spline
from weightflow.weight_graph import build_weight_graph
from weightflow.weight_spline import WeightSpline, write_spline

GRIDS = [np.array([0.0, 0.7, 2.0]), np.array([1.5])]


def test_a_splines_file_gives_its_weights(tmp_path, rng):
    curve = WeightSpline(np.arange(3.0), rng.standard_normal((3, 4)))
    write_spline(tmp_path / "curve.safetensors", curve)
    for grid, weights in zip(GRIDS, along_spline(str(tmp_path / "curve.safetensors"))(GRIDS), strict=True):
        np.testing.assert_array_equal(weights, curve.at(grid))


def test_a_fields_file_gives_its_weights(tmp_path, rng, backbone, model_settings):
    count = sum(layer.weights for layer in backbone.layers)
    graph = build_weight_graph(backbone.layers, rng.standard_normal((3, count)), np.arange(3.0), "made up", {})
    settings = {
        "dynamics": model_settings["dynamics"] | {"kind": "ode", "start": "rest"},
        "solver": model_settings["solver"],
    }
    field = make_field(graph, None, settings["dynamics"], 0)
    write_field(tmp_path / "field.safetensors", field)
    weights_at = along_field(str(tmp_path / "field.safetensors"), "", "", graph, settings, 0, torch.device("cpu"))
    expected = solve_weights(field, graph, GRIDS, Solver(**settings["solver"]))
    for found, wanted in zip(weights_at(GRIDS), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)

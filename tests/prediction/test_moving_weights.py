"""Weights from the files of a fit are those of the fit."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline

from tests.conftest import with_changes
from weightflow.dynamics.equations import solve_weights
from weightflow.dynamics.field_files import make_field, write_field
from weightflow.dynamics.latent_path import write_latent_path
from weightflow.dynamics.weight_graph import WeightGraph, build_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline, read_spline, write_spline
from weightflow.networks.settings import BackboneSettings
from weightflow.prediction.moving_weights import WeightFiles, along_field, along_spline, read_moving_field

GRIDS = [np.array([0.0, 0.7, 2.0]), np.array([1.5])]


def test_a_splines_file_gives_its_weights(tmp_path, rng):
    curve = WeightSpline(np.arange(3.0), rng.standard_normal((3, 4)))
    write_spline(tmp_path / "curve.safetensors", curve)
    spline = read_spline(tmp_path / "curve.safetensors")
    for grid, weights in zip(GRIDS, along_spline(spline, 2.0, "taught")(GRIDS), strict=True):
        np.testing.assert_array_equal(weights, curve.at(grid))


@pytest.mark.parametrize("last", [1.5, 3.0])
@pytest.mark.parametrize("kind", ["taught", "linear", "constant"])
def test_a_spline_continues_as_set(rng, kind, last):
    knots = np.array([0.0, 1.0, 1.5, 3.0])
    curve = WeightSpline(knots, rng.standard_normal((4, 2)))
    times = np.array([1.2, 1.5, 3.0, 3.5, 7.0])
    (found,) = along_spline(curve, last, kind)([times])
    independent, end = CubicSpline(knots, curve.weights, bc_type="natural"), 3.0 if kind == "taught" else last
    ahead = np.maximum(times - end, 0)[:, None] * independent(end, 1) * (kind != "constant")
    np.testing.assert_allclose(found, independent(np.minimum(times, end)) + ahead, atol=1e-12)


def graph_of(backbone, rng) -> WeightGraph:
    """Three random anchors."""
    weights = rng.standard_normal((3, sum(layer.weights for layer in backbone.layers)))
    return build_weight_graph(backbone.layers, weights, np.arange(3.0), "made up", BackboneSettings(hidden=2))


@pytest.mark.parametrize("path", ["linear", "constant"])
def test_a_cdes_files_go_on_where_its_path_is_told_to(tmp_path, rng, backbone, model_settings, path):
    count = sum(layer.weights for layer in backbone.layers)
    graph = build_weight_graph(
        backbone.layers, rng.standard_normal((3, count)), np.arange(3.0), "made up", BackboneSettings()
    )
    settings = with_changes(model_settings, dynamics={"kind": "cde", "start": "rest"}, continuation={"path": path})
    latent = rng.standard_normal((3, 1))
    field = make_field(graph, latent, settings.dynamics, 0)
    torch.manual_seed(0)
    for parameter in field.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    write_field(tmp_path / "field.safetensors", field)
    write_latent_path(tmp_path / "path.safetensors", np.arange(3.0), latent)
    field_file, path_file = (str(tmp_path / f"{name}.safetensors") for name in ("field", "path"))
    read = read_moving_field(WeightFiles(path=path_file, dynamics=field_file), graph, settings, 0)
    weights_at = along_field(read, graph, settings.solver, graph.times, torch.device("cpu"))
    within, past = weights_at([np.array([0.5, 2.0]), np.array([2.0, 2.5, 3.5])])
    (expected,) = solve_weights(field, graph, [np.array([0.5, 2.0])], settings.solver, graph.times)
    np.testing.assert_allclose(within, expected, rtol=1e-5, atol=1e-5)
    moves = np.abs(np.diff(past, axis=0)).max(axis=1)
    assert (moves > 1e-3).all() if path == "linear" else (moves == 0).all()


def test_a_fields_file_gives_its_weights(tmp_path, rng, backbone, model_settings):
    count = sum(layer.weights for layer in backbone.layers)
    graph = build_weight_graph(
        backbone.layers, rng.standard_normal((3, count)), np.arange(3.0), "made up", BackboneSettings()
    )
    settings = with_changes(model_settings, dynamics={"kind": "ode", "start": "rest"})
    field = make_field(graph, None, settings.dynamics, 0)
    write_field(tmp_path / "field.safetensors", field)
    files = WeightFiles(dynamics=str(tmp_path / "field.safetensors"))
    read = read_moving_field(files, graph, settings, 0)
    weights_at = along_field(read, graph, settings.solver, graph.times, torch.device("cpu"))
    expected = solve_weights(field, graph, GRIDS, settings.solver, graph.times)
    for found, wanted in zip(weights_at(GRIDS), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)

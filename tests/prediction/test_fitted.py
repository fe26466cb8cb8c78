"""A fitted model from its files: its weights at any time, its motion, its scores."""

import numpy as np
import pytest
import torch

from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import build_weight_graph, write_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline, write_spline
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.settings import BackboneSettings
from weightflow.prediction.fitted import FittedModel, read_each, read_fitted
from weightflow.prediction.moving_weights import along_spline

LEVELS, TIMES = 5, np.arange(3.0)


def fitted(data: Snapshots, name: str = "model", seed: int = 3) -> FittedModel:
    """A backbone whose weights move along a spline through random anchors."""
    backbone = GRUBackbone(len(data.variables), CountHead(LEVELS), hidden=3)
    anchors = 2 * backbone.initial(3, torch.Generator().manual_seed(seed)).double().numpy()
    return FittedModel(name, seed, data, backbone, along_spline(WeightSpline(TIMES, anchors), TIMES[-1], "linear"))


@pytest.fixture
def data(rng) -> Snapshots:
    part = [rng.integers(0, LEVELS, (30, 2)) for _ in TIMES]
    return Snapshots(TIMES, part, part, np.array([True, False, True]), ["S", "I"], Counts(LEVELS), "heldout", "day")


def test_files_give_the_weights_of_each_model(tmp_path, data, rng):
    settings = BackboneSettings(hidden=3, position=False)
    backbone = GRUBackbone(2, CountHead(LEVELS), hidden=3)
    count = sum(layer.weights for layer in backbone.layers)
    paths, curves = [], []
    for seed in (0, 1):
        graph = build_weight_graph(backbone.layers, rng.standard_normal((3, count)), TIMES, "made up", settings)
        curves.append(WeightSpline(TIMES, rng.standard_normal((3, count))))
        paths += [tmp_path / f"graph{seed}.safetensors", tmp_path / f"curve{seed}.safetensors"]
        write_weight_graph(paths[-2], graph)
        write_spline(paths[-1], curves[-1])
    plain = ModelSettings().plain()
    known = {"m": {name: plain[name] for name in ("dynamics", "solver", "continuation")}}
    runs = [("m", seed, ["graph", "curve"]) for seed in (0, 1)]
    found = list(read_each(runs, map(str, paths), known, data))
    for model, curve in zip(found, curves, strict=True):
        np.testing.assert_allclose(model.weights(np.array([0.5, 1.5])), curve.at(np.array([0.5, 1.5])), rtol=1e-6)
    alone = read_fitted("m", 1, [str(path) for path in paths[2:]], ["graph", "curve"], known["m"], data)
    np.testing.assert_array_equal(alone.weights(TIMES), found[1].weights(TIMES))


def test_draws_have_the_same_random_numbers_at_all_times(data):
    model = fitted(data)
    first, again = (
        [density.cloud.states for density in model.along(np.array([1.0, 1.0 + 1e-9]), 0, 500)] for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).mean() < 0.01

"""The paper's training step, written plainly for benchmarks, against how ours is computed."""

import numpy as np
import pytest
import torch
from published_step import BATCH, draw_starts, loss

from weightflow.dynamics.equations import evolve, normalise_times
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.settings import DynamicsSettings, SolverSettings
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.networks.layout import LinearMap
from weightflow.networks.settings import BackboneSettings

SOLVER = SolverSettings(method="rk4", substeps=1)
TIMES = np.array([0.0, 1.0, 1.5, 4.0, 5.0])  # unequal steps
LAYERS = (LinearMap("one", 3, 2), LinearMap("two", 2, 3))
SETTINGS = DynamicsSettings(kind="ode", width=8, layers=1, heads=2, feedforward=16)


@pytest.mark.parametrize("seed", range(5))
def test_distinct_starts_solved_once_give_the_loss_and_gradient_of_all_starts(seed):
    weights = np.random.default_rng(seed).normal(size=(5, sum(layer.weights for layer in LAYERS)))
    graph = build_weight_graph(LAYERS, weights, TIMES, "of a test", BackboneSettings())
    field = make_field(graph, None, SETTINGS, seed)
    with torch.no_grad():
        for parameter in field.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
    anchors, knots = torch.as_tensor(weights, dtype=torch.float32), normalise_times(TIMES, TIMES)
    starts, horizon = draw_starts(np.random.default_rng(seed), len(TIMES))
    assert len(starts) == BATCH
    plain = loss(field, anchors, knots, starts, horizon, 1e-3)
    plain_slopes = torch.autograd.grad(plain, list(field.parameters()))

    places, repeats = torch.unique(starts, return_counts=True)
    share = repeats / repeats.sum()
    reached, energy = evolve(field, anchors[places], places, knots, horizon, SOLVER)
    goals = torch.stack([anchors[places + i + 1] for i in range(horizon)])
    ours = ((reached - goals).square().mean(2) @ share).mean() + 1e-3 * energy[-1] @ share
    torch.testing.assert_close(ours, plain)
    slopes = torch.autograd.grad(ours, list(field.parameters()))
    for one, other in zip(slopes, plain_slopes, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)

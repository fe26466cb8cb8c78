"""The preset `published` against the released code's mathematics, written plainly, through the files it would write."""

import numpy as np
import pytest
import torch
from published_step import BATCH, PlainField, draw_starts, loss
from torchdiffeq import odeint

import weightflow as wf
from weightflow.data.state_space import Counts
from weightflow.dynamics.equations import solve_weights
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.field_fitting import Material, StepTerms
from weightflow.dynamics.released import load_field_of_release, read_path_of_release
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.networks.backbones import make_backbone
from weightflow.networks.released_files import read_anchors_of_release, weights_of_release

LEVELS, HIDDEN, KNOTS = 11, 5, 6  # four bits, so tokens of two lengths
SIZES = (8, 16, 2, 2, 32)
TIMES = 10.0 * np.arange(KNOTS)  # of data with the times 0 … 50
SPAN = 50 / 51
CPU = torch.device("cpu")


@pytest.fixture(params=[1, 2])
def plain(request) -> PlainField:
    torch.manual_seed(request.param)
    return PlainField(4, HIDDEN, LEVELS, torch.randn(KNOTS, request.param), SIZES)


@pytest.fixture
def tokens(plain) -> torch.Tensor:
    """(K, N, C) padded tokens of random anchors."""
    found = torch.randn(KNOTS, 6 * HIDDEN + LEVELS, 6, generator=torch.Generator().manual_seed(0))
    found[:, : 3 * HIDDEN, 5:] = 0
    return found


@pytest.fixture
def model(plain) -> ModelSettings:
    width, within, layers, heads, feedforward = SIZES
    sizes = {"width": width, "map_hidden": within, "layers": layers, "heads": heads, "feedforward": feedforward}
    return ModelSettings.of(
        {
            "preset": "published",
            "backbone": {"hidden": HIDDEN, "levels": LEVELS},
            "dynamics": {**sizes, "dropout": 0, "span": SPAN},
            "training": {"max_horizon": KNOTS - 1, "energy": 1e-3},
        },
        "a test",
    )


@pytest.fixture
def folder(plain, tokens, tmp_path):
    """Files as the released code writes them."""
    torch.save(plain.state_dict(), tmp_path / "phi.pth")
    for time, own in zip(TIMES, tokens, strict=True):
        torch.save(own, tmp_path / f"feat_t{int(time)}.pt")
    return tmp_path


@pytest.fixture
def ours(folder, model):
    """Our field and graph, from these files."""
    backbone = make_backbone(model.backbone, ["a", "b"], Counts(20))
    weights = read_anchors_of_release(folder, backbone.layers, TIMES)
    graph = build_weight_graph(backbone.layers, weights, TIMES, "of a test", model.backbone)
    field = make_field(graph, read_path_of_release(folder, KNOTS), model.dynamics, 0)
    load_field_of_release(folder, field)
    return field, graph


@pytest.mark.parametrize("seed", range(4))
def test_a_step_has_the_loss_and_the_gradient_of_the_released_code(plain, tokens, model, ours, seed, tmp_path):
    field, graph = ours
    starts, horizon = draw_starts(np.random.default_rng(seed), KNOTS)
    assert len(starts) == BATCH == model.training.starts
    times = torch.as_tensor(TIMES / 51, dtype=torch.float32)
    theirs = loss(plain, tokens, times, starts, horizon, 1e-3)
    terms = StepTerms(field, Material(graph), model.solver, model.training, CPU)(np.random.default_rng(seed))
    found = torch.stack(list(terms.values())).sum()
    torch.testing.assert_close(found, theirs, rtol=1e-5, atol=0)
    theirs.backward()
    found.backward()
    slopes = make_field(graph, read_path_of_release(tmp_path, KNOTS), model.dynamics, 0)
    with torch.no_grad():  # a file of gradients, to compare them under our names
        for parameter in plain.parameters():
            parameter.copy_(parameter.grad)
    torch.save(plain.state_dict(), tmp_path / "phi.pth")
    load_field_of_release(tmp_path, slopes)
    for (name, parameter), slope in zip(field.named_parameters(), slopes.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, slope, rtol=1e-4, atol=1e-6, msg=name)


def test_the_path_of_weights_is_that_of_the_released_code(plain, tokens, model, ours):
    field, graph = ours
    marks = np.arange(51.0)
    _, weights = solve_weights(field, graph, [TIMES, marks], model.solver, marks)
    times = torch.as_tensor(marks / 51, dtype=torch.float32)
    with torch.no_grad():
        path, _ = odeint(plain, (tokens[:1], torch.zeros(1)), times, method="rk4")
    expected = weights_of_release(path[:, 0].numpy(), graph.layers)
    np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-4)


def test_released_files_are_a_flow(plain, tokens, model, folder, tmp_path_factory):
    rng = np.random.default_rng(0)
    data = wf.from_snapshots({time: rng.integers(0, LEVELS, (30, 2)) for time in TIMES}, heldout=0)
    settings = {key: value for key, value in model.plain().items() if key != "preset"}
    flow = wf.fit(data, settings={**settings, "released": {"folder": str(folder)}}, progress=False)
    times = torch.as_tensor(TIMES / 51, dtype=torch.float32)
    with torch.no_grad():
        path, _ = odeint(plain, (tokens[:1], torch.zeros(1)), times, method="rk4")
    np.testing.assert_allclose(
        flow.weights(TIMES), weights_of_release(path[:, 0].numpy(), flow.graph.layers), rtol=1e-4, atol=1e-4
    )
    flow.save(file := tmp_path_factory.mktemp("saved") / "my.flow")
    np.testing.assert_array_equal(wf.load(file).weights([7, 30]), flow.weights([7, 30]))

"""Fitting curves of weights: known moving laws are found, penalties do what they say, and bad runs end clearly."""

import numpy as np
import pytest
import torch
from scipy.stats import binom

from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.dynamics.settings import ModelSettings, SplineSettings
from weightflow.dynamics.spline_fitting import draw_batch, fit_spline, fit_taught_spline
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline, knot_times
from weightflow.errors import DivergenceError
from weightflow.networks import losses
from weightflow.networks.backbones import make_backbone
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.settings import BackboneSettings
from weightflow.seeding import Computation
from weightflow.teaching.teachers import Lesson, Teacher, Teachers

CPU = torch.device("cpu")
LEVELS = 8
SETTINGS = SplineSettings(steps=40, times=4, batch=64, learning_rate=0.05)
GENTLE = {"curvature": 0.01, "roughness": 0.0001}
OBSERVED = np.array([0.0, 1.0, 3.0])


def law(time: float) -> np.ndarray:
    """(L,) of a binomial whose mean moves from 1.4 to 5.6."""
    return binom.pmf(np.arange(LEVELS), LEVELS - 1, 0.2 + 0.2 * time)


@pytest.fixture
def backbone() -> GRUBackbone:
    return GRUBackbone(variables=1, head=CountHead(LEVELS), hidden=2)


@pytest.fixture
def start(backbone) -> WeightSpline:
    """The same fresh network at every knot."""
    knots = knot_times(OBSERVED, 2, 3)
    fresh = backbone.initial(1, torch.Generator().manual_seed(0)).numpy()
    return WeightSpline(knots, np.repeat(fresh, len(knots), axis=0))


@pytest.fixture
def lesson() -> Lesson:
    """2000 states of the law at each of seven times."""
    rng, times = np.random.default_rng(0), np.linspace(0, 3, 7)
    return Lesson(times, [rng.choice(LEVELS, (2000, 1), p=law(t)) for t in times])


def divergence_from_law(backbone, curve: WeightSpline, time: float) -> float:
    weights = torch.as_tensor(curve.at(np.array([time])), dtype=torch.float32)
    found = backbone.log_prob(weights, torch.arange(LEVELS)[:, None])[0].numpy()
    return float(law(time) @ (np.log(law(time)) - found))


def test_a_known_moving_law_is_found_between_the_times_taught_too(backbone, start, lesson):
    curve, _ = fit_spline(backbone, start, lesson, SETTINGS.but(steps=300), GENTLE, Computation(0, CPU))
    for time in (0.0, 0.7, 1.3, 2.2, 3.0):
        assert divergence_from_law(backbone, start, time) > 0.2
        assert divergence_from_law(backbone, curve, time) < 0.03, time


def test_same_seed_same_bytes_and_another_seed_others(backbone, start, lesson):
    (one, first), (two, second), (other, _) = (
        fit_spline(backbone, start, lesson, SETTINGS, GENTLE, Computation(seed, CPU)) for seed in (0, 0, 1)
    )
    assert one.weights.tobytes() == two.weights.tobytes()
    assert first.equals(second)
    assert not np.array_equal(one.weights, other.weights)


def test_the_table_adds_up(backbone, start, lesson):
    _, table = fit_spline(backbone, start, lesson, SETTINGS.but(steps=26), GENTLE, Computation(0, CPU))
    assert table.columns.tolist() == ["step", "loss", "nll", "curvature", "roughness"]
    assert table["step"].tolist() == [0, 10, 20, 25]
    np.testing.assert_allclose(table["loss"], table[["nll", "curvature", "roughness"]].sum(axis=1), rtol=1e-5)


def test_no_steps_leave_the_start_as_it_is(backbone, start, lesson):
    curve, table = fit_spline(backbone, start, lesson, SETTINGS.but(steps=0), GENTLE, Computation(0, CPU))
    assert np.array_equal(curve.times, start.times)
    assert np.array_equal(curve.weights, start.weights)
    assert table.empty


def test_the_penalties_flatten_what_they_are_about(backbone, start, lesson):
    def terms(**smoothing: float) -> tuple[float, float]:
        curve, _ = fit_spline(backbone, start, lesson, SETTINGS.but(steps=200), GENTLE | smoothing, Computation(0, CPU))
        weights = torch.as_tensor(curve.weights, dtype=torch.float32)
        return losses.curvature(weights).item(), losses.roughness(backbone, weights).item()

    bends, rough = terms()
    assert terms(curvature=100.0)[0] < 0.2 * bends
    assert terms(roughness=10.0)[1] < 0.2 * rough


def test_divergence_names_the_setting_to_change(backbone, start, lesson):
    sentence = r"weight spline diverged at step \d+; lower models\.\*\.spline\.learning_rate \(now 1e\+30\)\."
    with pytest.raises(DivergenceError, match=sentence):
        fit_spline(backbone, start, lesson, SETTINGS.but(learning_rate=1e30), GENTLE, Computation(0, CPU))


def test_a_batch_holds_states_of_its_own_times():
    states = torch.arange(5)[:, None, None] * 10 + torch.arange(7)[None, :, None] + torch.zeros(1, 1, 2, dtype=int)
    times, batch = draw_batch(states, 6, 40, torch.Generator().manual_seed(0))
    assert times.shape == (6,)
    assert batch.shape == (6, 40, 2)
    assert batch.dtype == torch.int64
    assert torch.equal(batch // 10, times[:, None, None].expand_as(batch))
    assert set((batch % 10).flatten().tolist()) == set(range(7))


@pytest.mark.parametrize(("slowing", "end"), [(((0.0, 1.0),), 4.5), ((), 3.0)])
def test_a_curve_goes_on_where_its_teacher_does(slowing, end):
    rng, steps = np.random.default_rng(0), SETTINGS.but(steps=300)
    states = [rng.choice(LEVELS, (2000, 1), p=law(time)) for time in OBSERVED]
    data = Snapshots(OBSERVED, states, [], np.ones(3, dtype=bool), ["a"], Counts(LEVELS), "training", "hour")
    model = ModelSettings(backbone=BackboneSettings(hidden=2), spline=steps)
    backbone = make_backbone(model.backbone, data.variables, data.space)
    fresh = backbone.initial(1, torch.Generator().manual_seed(0)).numpy().repeat(3, axis=0)
    graph = build_weight_graph(backbone.layers, fresh, OBSERVED, "made up", model.backbone)
    mixture = ((Teacher("mixture"), 1.0),)
    teachers = Teachers(mixture, mixture, slowing=slowing)
    curve, _ = fit_taught_spline(data, graph, model, teachers, GENTLE, Computation(0, CPU))
    assert curve.times[-1] == end
    if slowing:  # the mean moves on from 5.6 to 7 at time 4, where all states have the largest count
        weights = torch.as_tensor(curve.at(np.array([4.0])), dtype=torch.float32)
        assert backbone.log_prob(weights, torch.tensor([[LEVELS - 1]])).exp() > 0.6

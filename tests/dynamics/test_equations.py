"""ODE and CDE solutions, their energy and their gradients, against closed forms and torchcde.cdeint."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torchcde
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.linalg import expm
from torch import nn
from torchdiffeq import odeint

from tests.conftest import SMALL_DYNAMICS
from weightflow.dynamics.equations import (
    BaseCurve,
    CDEField,
    DrivingPath,
    ODEField,
    evolve,
    evolve_through,
    first_weights,
    normalise_times,
    solve_weights,
)
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.latent_path import spline
from weightflow.dynamics.settings import SolverSettings
from weightflow.dynamics.weight_spline import WeightSpline, knot_times, through
from weightflow.errors import InputError

KNOTS = torch.tensor([0.0, 0.1, 0.4, 0.45, 1.0], dtype=torch.float64)
FINE = SolverSettings(substeps=60)
ADAPTIVE = SolverSettings(method="dopri5", rtol=1e-10, atol=1e-12)
COARSE = SolverSettings(substeps=2)
TIGHT = SolverSettings(method="dopri5", rtol=1e-9, atol=1e-9)
MATRIX = torch.tensor([[0.2, -1.5, 0.0], [1.5, 0.2, 0.3], [0.0, -0.4, -1.0]], dtype=torch.float64)
START = torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64)


class Linear(nn.Module):
    """Rates A θ, in the form of a graph network with one channel."""

    def forward(self, weights, time):
        return (weights @ MATRIX.T).unsqueeze(-1)


class Turning(nn.Module):
    """Rates that depend on time: A θ · 3 sin(5 t), with solution exp(A · 3 (cos 5s − cos 5t) / 5) θ(s)."""

    def forward(self, weights, time):
        return (weights @ MATRIX.T * (3 * torch.sin(5 * time))[:, None]).unsqueeze(-1)

    @staticmethod
    def solution(weights, start, end):
        amount = 3 * (np.cos(5 * float(start)) - np.cos(5 * float(end))) / 5
        return torch.from_numpy(expm(amount * MATRIX.numpy())) @ weights


class Channels(nn.Module):
    """Rates D_c θ in channel c, with diagonal D_c, which commute: θ = exp(Σ D_c ΔZ_c) θ(s) for any path."""

    diagonals = torch.tensor([[0.7, -1.0, 0.3], [-0.5, 0.4, 1.1]], dtype=torch.float64)

    def forward(self, weights, time):
        return torch.stack([weights * diagonal for diagonal in self.diagonals], dim=-1)


class Mixed(nn.Module):
    """A nonlinear, time-dependent field with two channels."""

    def forward(self, weights, time):
        first = torch.tanh(weights @ MATRIX.T) * torch.cos(3 * time)[:, None]
        return torch.stack([first, torch.sin(weights) - weights.roll(1, -1)], dim=-1)


def path_knots() -> torch.Tensor:
    """A two-dimensional path with turns."""
    return torch.tensor([[0.0, 1.0], [0.8, -0.3], [0.1, 0.4], [-1.0, 0.6], [0.5, -1.2]], dtype=torch.float64)


def exponential(amount) -> torch.Tensor:
    return torch.from_numpy(expm(float(amount) * MATRIX.numpy()))


@pytest.mark.parametrize("solver", [FINE, ADAPTIVE], ids=["rk4", "dopri5"])
def test_linear_ode_equals_the_matrix_exponential(solver):
    starts = torch.tensor([0, 1, 2])
    weights = torch.stack([START, -START, 2 * START])
    reached, _ = evolve(ODEField(Linear()), weights, starts, KNOTS, 2, solver)
    for row, start in enumerate(starts):
        for step in range(2):
            goal = exponential(KNOTS[start + step + 1] - KNOTS[start]) @ weights[row]
            torch.testing.assert_close(reached[step, row], goal, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("solver", [FINE, ADAPTIVE], ids=["rk4", "dopri5"])
def test_linear_ode_through_any_times_equals_the_matrix_exponential(solver):
    times = torch.tensor([0.0, 0.03, 0.1, 0.27, 0.9, 1.0], dtype=torch.float64)
    reached, _ = evolve_through(ODEField(Linear()), START, KNOTS, times, solver)
    goal = torch.stack([exponential(t) @ START for t in times])
    torch.testing.assert_close(reached, goal, rtol=1e-7, atol=1e-7)


def test_time_is_absolute_whatever_snapshot_a_solution_starts_from():
    starts = torch.tensor([0, 1, 2, 3])
    reached, _ = evolve(ODEField(Turning()), START.expand(4, -1), starts, KNOTS, 1, FINE)
    goal = torch.stack([Turning.solution(START, KNOTS[s], KNOTS[s + 1]) for s in starts])
    torch.testing.assert_close(reached[0], goal, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("kind", ["ode", "cde"])
@pytest.mark.parametrize("start", [1, 2, 3])
def test_starting_at_a_snapshot_continues_the_solution_that_passes_through_it(kind, start):
    field = ODEField(Turning()) if kind == "ode" else CDEField(Mixed(), DrivingPath(KNOTS, path_knots()))
    whole, _ = evolve(field, START[None], torch.tensor([0]), KNOTS, 4, COARSE)
    later, _ = evolve(field, whole[start - 1], torch.tensor([start]), KNOTS, 4 - start, COARSE)
    torch.testing.assert_close(later, whole[start:])


def test_starts_solved_side_by_side_equal_starts_solved_alone():
    field = CDEField(Mixed(), DrivingPath(KNOTS, path_knots()))
    weights, starts = torch.stack([START, -START, START.flip(0)]), torch.tensor([2, 0, 1])
    together, energies = evolve(field, weights, starts, KNOTS, 2, COARSE)
    for row in range(3):
        alone, energy = evolve(field, weights[row : row + 1], starts[row : row + 1], KNOTS, 2, COARSE)
        torch.testing.assert_close(together[:, row], alone[:, 0])
        torch.testing.assert_close(energies[:, row], energy[:, 0])


@pytest.mark.slow
@pytest.mark.parametrize("solver", [COARSE, FINE, ADAPTIVE], ids=["rk4, coarse", "rk4, fine", "dopri5"])
def test_evolve_and_evolve_through_agree_at_the_snapshots(solver):
    field = CDEField(Mixed(), DrivingPath(KNOTS, path_knots()))
    leaps, leap_energy = evolve(field, START[None], torch.tensor([0]), KNOTS, 4, solver)
    through, energy = evolve_through(field, START, KNOTS, KNOTS, solver)
    torch.testing.assert_close(through[1:], leaps[:, 0], rtol=1e-7, atol=1e-8)
    torch.testing.assert_close(energy[1:], leap_energy[:, 0], rtol=1e-7, atol=1e-8)


def test_cde_along_a_linear_path_equals_the_matrix_exponential():
    slope = 2.5
    field = CDEField(Linear(), DrivingPath(KNOTS, slope * KNOTS[:, None]))
    reached, _ = evolve(field, START[None], torch.tensor([1]), KNOTS, 3, FINE)
    goal = torch.stack([exponential(slope * (KNOTS[k] - KNOTS[1])) @ START for k in (2, 3, 4)])
    torch.testing.assert_close(reached[:, 0], goal, rtol=1e-7, atol=1e-7)


def test_cde_with_commuting_channels_depends_on_the_paths_increments_alone():
    knots = path_knots()
    reached, _ = evolve(
        CDEField(Channels(), DrivingPath(KNOTS, knots)), START[None], torch.tensor([1]), KNOTS, 3, ADAPTIVE
    )
    goal = torch.stack([((knots[k] - knots[1]) @ Channels.diagonals).exp() * START for k in (2, 3, 4)])
    torch.testing.assert_close(reached[:, 0], goal, rtol=1e-6, atol=1e-6)


def test_cde_equals_torchcde_cdeint_along_the_same_path():
    class Function(nn.Module):
        def forward(self, t, z):
            return Mixed()(z[None], t.reshape(1))[0]

    times = torch.tensor([0.0, 0.05, 0.4, 0.77, 1.0], dtype=torch.float64)
    path = spline(path_knots(), KNOTS)
    options = {"method": "dopri5", "rtol": 1e-10, "atol": 1e-12, "adjoint": False}
    theirs = torchcde.cdeint(path, Function(), START, times, **options)
    ours, _ = evolve_through(CDEField(Mixed(), DrivingPath(KNOTS, path_knots())), START, KNOTS, times, ADAPTIVE)
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-8)


def test_ode_equals_scipy_on_a_nonlinear_field():
    class First(nn.Module):
        def forward(self, weights, time):
            return Mixed()(weights, time)[..., :1]

    def rates(t, y):
        return First()(torch.from_numpy(y)[None], torch.tensor([t]))[0, :, 0].numpy()

    theirs = solve_ivp(rates, (0, 1), START.numpy(), rtol=1e-10, atol=1e-12, t_eval=[0.3, 1.0]).y.T
    times = torch.tensor([0.3, 1.0], dtype=torch.float64)
    ours, _ = evolve_through(ODEField(First()), START, KNOTS, times, ADAPTIVE)
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-7)


def test_rk4_converges_at_fourth_order():
    def error(substeps: int) -> float:
        solver = SolverSettings(substeps=substeps)
        reached, _ = evolve(ODEField(Turning()), START[None], torch.tensor([0]), KNOTS, 4, solver)
        return float((reached[-1, 0] - Turning.solution(START, 0, 1)).norm())

    assert 12 < error(16) / error(32) < 20


def test_energy_of_a_constant_velocity_is_half_its_square_times_the_time():
    class Constant(nn.Module):
        def forward(self, weights, time):
            return torch.tensor([3.0, 4.0, 0.0], dtype=torch.float64).expand_as(weights).unsqueeze(-1)

    _, energy = evolve(ODEField(Constant()), START[None], torch.tensor([1]), KNOTS, 3, COARSE)
    torch.testing.assert_close(energy[:, 0], 12.5 * (KNOTS[2:] - KNOTS[1]))


@pytest.mark.parametrize("solver", [FINE, ADAPTIVE], ids=["rk4", "dopri5"])
def test_energy_of_exponential_growth_equals_its_closed_form(solver):
    class Growth(nn.Module):
        def forward(self, weights, time):
            return weights.unsqueeze(-1)

    times = torch.tensor([0.0, 0.2, 1.0], dtype=torch.float64)
    _, energy = evolve_through(ODEField(Growth()), START, KNOTS, times, solver)
    goal = START.square().sum() * ((2 * times).exp() - 1) / 4
    torch.testing.assert_close(energy, goal, rtol=1e-7, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ode", "cde"])
def test_adjoint_gradients_equal_gradients_through_the_solver(graph, kind):
    settings = SMALL_DYNAMICS.but(kind=kind)
    field = make_field(graph, np.random.default_rng(0).normal(size=(5, 2)), settings, seed=0).double()
    torch.manual_seed(0)
    for parameter in field.parameters():
        nn.init.normal_(parameter, std=0.3)
    knots, weights = normalise_times(graph.times, graph.times), torch.from_numpy(graph.weights).double()

    def gradients(adjoint: bool) -> list[torch.Tensor]:
        solver = TIGHT.but(adjoint=adjoint)
        starts = torch.tensor([0, 2])
        reached, energy = evolve(field, weights[starts], starts, knots, 2, solver)
        loss = reached.square().mean() + 0.1 * energy[-1].mean()
        return torch.autograd.grad(loss, list(field.parameters()))

    for direct, adjoint in zip(gradients(adjoint=False), gradients(adjoint=True), strict=True):
        torch.testing.assert_close(adjoint, direct, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("solver", [TIGHT, SolverSettings(substeps=30)], ids=["dopri5", "rk4"])
@pytest.mark.parametrize("curved", [False, True], ids=["from rest", "from a curve"])
def test_adjoint_gradients_through_the_whole_range_equal_those_through_the_solver(graph, solver, curved):
    curve = through(graph.times, graph.weights, graph.times) if curved else None
    field = make_field(graph, None, SMALL_DYNAMICS, 0, curve).double().train()  # as in a fit
    torch.manual_seed(0)
    for parameter in field.parameters():
        nn.init.normal_(parameter, std=0.3)
    knots, weights = normalise_times(graph.times, graph.times), torch.from_numpy(graph.weights).double()
    times = torch.tensor([0.0, 0.013, 0.1, 0.42, 0.45, 0.777, 1.0], dtype=torch.float64)  # on the grid and off it

    def gradients(own: SolverSettings) -> tuple[torch.Tensor, list[torch.Tensor]]:
        reached, energy = evolve_through(field, weights[0], knots, times, own)
        loss = reached.square().mean() + 0.1 * energy[-1]
        return reached.detach(), torch.autograd.grad(loss, list(field.parameters()))

    (ways, adjoint), (expected, direct) = gradients(solver.but(adjoint=True)), gradients(solver)
    assert torch.equal(ways, expected)
    for one, other in zip(adjoint, direct, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_cde_refuses_times_past_the_last_snapshot():
    field = CDEField(Mixed(), DrivingPath(KNOTS, path_knots()))
    with pytest.raises(InputError, match="cannot go past the last snapshot"):
        evolve_through(field, START, KNOTS, torch.tensor([0.5, 1.01], dtype=torch.float64), COARSE)


@pytest.mark.parametrize("time_channel", [False, True])
@pytest.mark.parametrize("kind", ["linear", "constant"])
def test_cde_goes_on_with_its_path(kind, time_channel):
    """θ = exp(Σ D_c ΔZ_c) θ(0), with Z continued by SciPy's natural spline and its last slope."""
    knots = path_knots()
    if time_channel:
        knots[:, 0] = KNOTS
    path = CubicSpline(KNOTS.numpy(), knots.numpy(), bc_type="natural")
    field = CDEField(Channels(), DrivingPath(KNOTS, knots, time_channel, kind))
    times = np.array([0.5, 1.0, 1.2, 1.9])
    pace = np.array([float(kind == "linear" or time_channel), float(kind == "linear")])
    ahead = np.maximum(times - 1, 0)[:, None] * path(1.0, 1) * pace
    moved = path(np.minimum(times, 1)) + ahead - path(0.0)
    expected = START * torch.exp(torch.from_numpy(moved) @ Channels.diagonals)
    reached, _ = evolve_through(field, START, KNOTS, torch.from_numpy(times), FINE)
    torch.testing.assert_close(reached, expected, rtol=1e-4, atol=1e-6)


def test_a_path_that_goes_on_is_the_same_before_its_end():
    goes_on = CDEField(Mixed(), DrivingPath(KNOTS, path_knots(), continuation="linear"))
    times = torch.tensor([0.0, 0.3, 0.45, 1.0], dtype=torch.float64)
    assert torch.equal(goes_on.slopes(times), CDEField(Mixed(), DrivingPath(KNOTS, path_knots())).slopes(times))


def test_ode_goes_on_past_the_last_snapshot():
    times = torch.tensor([0.5, 1.0, 1.3], dtype=torch.float64)
    reached, _ = evolve_through(ODEField(Turning()), START, KNOTS, times, ADAPTIVE)
    goal = torch.stack([Turning.solution(START, 0, t) for t in times])
    torch.testing.assert_close(reached, goal, rtol=1e-7, atol=1e-7)


def test_solution_begins_at_the_weights_it_was_given():
    times = torch.tensor([0.0, 0.3], dtype=torch.float64)
    reached, energy = evolve_through(ODEField(Linear()), START, KNOTS, times, COARSE)
    assert torch.equal(reached[0], START)
    assert energy[0] == 0


# Fields that begin at a curve.

CURVE_TIMES = torch.tensor([0.0, 0.02, 0.1, 0.3, 0.4, 0.45, 0.7, 1.0], dtype=torch.float64)
CURVE_KNOTS = torch.cumsum(torch.randn(8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64), 0)
CURVE = CubicSpline(CURVE_TIMES.numpy(), CURVE_KNOTS.numpy(), bc_type="natural")
ANY_TIMES = torch.tensor([0.0, 0.01, 0.1, 0.33, 0.86, 1.0], dtype=torch.float64)


class Still(nn.Module):
    """Rates of zero in some channels."""

    def __init__(self, channels: int = 1):
        super().__init__()
        self.channels = channels

    def forward(self, weights, time):
        return torch.zeros(*weights.shape, self.channels, dtype=weights.dtype)


def curved(kind: str, network: nn.Module) -> nn.Module:
    curve, path = BaseCurve(CURVE_TIMES, CURVE_KNOTS), DrivingPath(KNOTS, path_knots())
    return ODEField(network, curve) if kind == "ode" else CDEField(network, path, curve)


def first_channel(field: nn.Module) -> nn.Module:
    class First(nn.Module):
        def forward(self, weights, time):
            return field(weights, time)[..., :1]

    return First()


@pytest.mark.parametrize("kind", ["ode", "cde"])
@pytest.mark.parametrize("solver", [COARSE, ADAPTIVE], ids=["rk4, coarse", "dopri5"])
def test_a_field_at_rest_is_the_curve_it_begins_at(kind, solver):
    field = curved(kind, Still(1 if kind == "ode" else 2))
    begin = field.base(KNOTS[:1])[0]
    reached, energy = evolve_through(field, begin, KNOTS, ANY_TIMES, solver)
    np.testing.assert_allclose(reached.numpy(), CURVE(ANY_TIMES.numpy()), atol=2e-6)
    assert torch.equal(reached, field.base(ANY_TIMES))
    assert not energy.any()
    starts = torch.tensor([0, 2])
    leaps, _ = evolve(field, field.base(KNOTS[starts]), starts, KNOTS, 2, solver)
    np.testing.assert_allclose(leaps.numpy(), CURVE(KNOTS[starts + torch.tensor([[1], [2]])].numpy()), atol=2e-6)


def test_past_its_end_the_curve_goes_on_straight():
    field, times = curved("ode", Still()), torch.tensor([0.5, 1.0, 1.2, 1.9], dtype=torch.float64)
    reached, _ = evolve_through(field, field.base(KNOTS[:1])[0], KNOTS, times, COARSE)
    expected = CURVE(1) + (times.numpy()[1:, None] - 1) * CURVE(1, 1)
    np.testing.assert_allclose(reached[1:].numpy(), expected, atol=2e-5)


def test_past_its_end_the_curve_stays_where_it_is_told_to():
    field = ODEField(Still(), BaseCurve(CURVE_TIMES, CURVE_KNOTS, "constant"))
    found = field.base(torch.tensor([0.5, 1.0, 1.7], dtype=torch.float64)).numpy()
    np.testing.assert_allclose(found, CURVE([0.5, 1.0, 1.0]), atol=1e-6)


@pytest.mark.parametrize("kind", ["ode", "cde"])
def test_a_deviation_from_the_curve_solves_the_equation_of_the_weights(kind):
    network = first_channel(Mixed()) if kind == "ode" else Mixed()
    path = spline(path_knots(), KNOTS)

    def rates(t, theta):  # dθ/dt = S'(t) + g(θ, t) dZ/dt
        time = torch.tensor([t], dtype=torch.float64)
        slopes = torch.ones(1, dtype=torch.float64) if kind == "ode" else path.derivative(time)[0]
        return CURVE(t, 1) + (network(torch.from_numpy(theta)[None], time)[0] @ slopes).numpy()

    start = CURVE(0) + np.array([0.3, -0.2, 0.1])
    theirs = solve_ivp(rates, (0, 1), start, rtol=1e-9, atol=1e-11, t_eval=ANY_TIMES.numpy(), max_step=0.02).y.T
    for solver in (FINE, SolverSettings(method="dopri5", rtol=1e-7, atol=1e-8)):
        ours, _ = evolve_through(curved(kind, network), torch.from_numpy(start), KNOTS, ANY_TIMES, solver)
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-4)


@pytest.mark.parametrize("kind", ["ode", "cde"])
def test_with_a_curve_too_evolve_and_evolve_through_agree_at_the_snapshots(kind):
    field = curved(kind, first_channel(Mixed()) if kind == "ode" else Mixed())
    begin = field.base(KNOTS[:1]).double()
    leaps, leap_energy = evolve(field, begin, torch.tensor([0]), KNOTS, 4, COARSE)
    through_all, energy = evolve_through(field, begin[0], KNOTS, KNOTS, COARSE)
    torch.testing.assert_close(through_all[1:], leaps[:, 0])
    torch.testing.assert_close(energy[1:], leap_energy[:, 0])


@pytest.mark.parametrize("kind", ["ode", "cde"])
def test_a_fresh_field_predicts_the_learned_curve(graph, kind):
    curve = through(graph.times, graph.weights, knot_times(graph.times, 2, 4))
    curve = WeightSpline(curve.times, curve.weights + 0.1)  # not the anchors' own
    path = np.random.default_rng(0).normal(size=(5, 2))
    field = make_field(graph, path, SMALL_DYNAMICS.but(kind=kind), 0, curve)
    times = np.array([0.0, 0.3, 4.0, 9.0, 10.0])
    (weights,) = solve_weights(field, graph, [times], COARSE, graph.times)
    np.testing.assert_allclose(weights, curve.at(times), atol=1e-5)
    first = first_weights(field, graph, normalise_times(graph.times, graph.times))
    np.testing.assert_allclose(first.numpy(), curve.weights[0], atol=1e-6)


def test_a_fresh_ode_goes_on_as_the_curve_does(graph):
    curve = through(graph.times, graph.weights, knot_times(graph.times, 2, 4))
    field = make_field(graph, None, SMALL_DYNAMICS, 0, curve)
    (weights,) = solve_weights(field, graph, [np.array([0.0, 13.0])], COARSE, graph.times)
    np.testing.assert_allclose(weights[1], curve.at(np.array([13.0]))[0], atol=1e-5)


@pytest.mark.parametrize(("kind", "span"), [("ode", 1.0), ("cde", 0.9)])
def test_a_prediction_may_step_between_all_times_of_the_data_or_adapt_its_steps(graph, kind, span):
    settings = SMALL_DYNAMICS.but(kind=kind, start="random", span=span, dropout=0.3)
    path = np.random.default_rng(0).normal(size=(len(graph.times), 1))
    field, times = make_field(graph, path, settings, 0), np.linspace(graph.times[0], graph.times[-1], 41)

    def solved(way: str, asked: np.ndarray) -> np.ndarray:
        solver = SolverSettings(prediction=way, rtol=1e-7, atol=1e-8)
        return solve_weights(field, graph, [asked], solver, times)[0]

    found = {way: solved(way, times) for way in ("as_fitted", "each_time", "adaptive")}
    np.testing.assert_allclose(found["each_time"], found["adaptive"], atol=2e-4)
    assert np.abs(found["as_fitted"] - found["adaptive"]).max() > np.abs(found["each_time"] - found["adaptive"]).max()
    np.testing.assert_allclose(solved("each_time", times[20:21]), found["each_time"][20:21], atol=1e-6)
    knots, ends = normalise_times(graph.times, graph.times, span), normalise_times(times, graph.times, span)
    assert ends[-1] == span
    state = first_weights(field, graph, knots)[None], torch.zeros(1)

    def rates(time, state):
        return field(time.reshape(1), state[0]), torch.zeros(1)

    with torch.no_grad():
        for begin, end in pairwise(ends):
            state = tuple(part[-1] for part in odeint(rates, state, torch.stack([begin, end]), method="rk4"))
    np.testing.assert_allclose(found["each_time"][-1], state[0][0], atol=1e-5)

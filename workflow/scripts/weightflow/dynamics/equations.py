"""Weights moving through continuous time: the neural ODE and the neural CDE, with their path energy.

ODE: dθ/dt = g(θ, t). CDE: dθ = g(θ, t) dZ(t). The path energy is E = ½ ∫ ‖dθ/dt‖² dt. Time is
absolute and normalised: 0 at the first observed snapshot, the field's span (1) at the last, for any start of a
solution, unless `training.restart` is set. (The released code restarts the clock at every start; that makes g see
wrong times.)

A field may have a base curve S(t) of weights, such as the anchors' spline: then θ = S + δ with
dδ/dt = g(S + δ, t). As g starts at zero, the solution starts as the curve itself, and fitting corrects it.
The solver integrates only δ, so it makes no error where δ is zero.

Solutions from several starts are solved side by side, interval by interval, each at its own absolute time.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchdiffeq import odeint, odeint_adjoint

from weightflow.dynamics.graph_network import GraphNetwork
from weightflow.dynamics.latent_path import spline
from weightflow.dynamics.settings import SolverSettings
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.errors import DivergenceError, InputError

CONTINUATIONS = {"taught": 1.0, "linear": 1.0, "constant": 0.0}  # slope past the end, as a share of the last slope


def normalise_times(times: np.ndarray, observed: np.ndarray, span: float = 1.0) -> Tensor:
    """Times on the clock of the dynamics: 0 at the first observed snapshot, `span` at the last."""
    return span * torch.as_tensor((times - observed[0]) / (observed[-1] - observed[0]), dtype=torch.float64)


@dataclass(frozen=True)
class BaseCurve:
    """The base curve S of a field, by its knots.

    Attributes:
        times: (M,) normalised.
        weights: (M, P).
        continuation: taught, along the knots past the last snapshot, and linear after them; linear with the slope at
            the last snapshot; or constant.
    """

    times: Tensor
    weights: Tensor
    continuation: str = "taught"


@dataclass(frozen=True)
class DrivingPath:
    """The latent path Z that drives a CDE, by its knots.

    Attributes:
        times: (K,) normalised.
        knots: (K, channels).
        time_channel: whether the first channel is time itself, which always continues.
        continuation: past the last knot, linear with the slope there, or constant; None ends the path and the solution
            there.
    """

    times: Tensor
    knots: Tensor
    time_channel: bool = False
    continuation: str | None = None


class Field(nn.Module):
    """Rates of change of the weights, or of their deviation δ from the base curve.

    Args:
        network: g.
        curve: S; None for the paper's fields.
        span: time of the last snapshot.
    """

    def __init__(self, network: GraphNetwork, curve: BaseCurve | None = None, span: float = 1.0):
        super().__init__()
        self.span = span
        self.pace = 0.0 if curve is None else CONTINUATIONS[curve.continuation]
        self.network = network
        self.curve = None if curve is None else spline(curve.weights.double(), curve.times)
        self.end = float(curve.times[-1]) if curve is not None and curve.continuation == "taught" else span

    jumps = False  # whether the rates jump at the last snapshot

    @property
    def extrapolates(self) -> bool:
        """Whether the field continues past the last snapshot."""
        return True

    def base(self, time: Tensor) -> Tensor:
        """(B, P) weights of the curve at normalised times (B,), continued past its end; a scalar 0 without a curve."""
        if self.curve is None:
            return torch.zeros((), device=time.device)
        inside = time.clamp(max=self.end)
        ahead = self.pace * (time - inside)[:, None] * self.curve.derivative(inside)
        return (self.curve.evaluate(inside) + ahead).float()

    def base_rates(self, time: Tensor) -> Tensor:
        """(B, P) slopes of the curve at normalised times (B,); a scalar 0 without a curve."""
        if self.curve is None:
            return torch.zeros((), device=time.device)
        inside = time.clamp(max=self.end)
        pace = torch.where(time > self.end, self.pace, 1.0)[:, None]
        return (pace * self.curve.derivative(inside)).float()

    def forward(self, time: Tensor, deviation: Tensor) -> Tensor:
        """(B, P) rates at normalised times (B,) and deviations (B, P) from the curve."""
        raise NotImplementedError


class ODEField(Field):
    """dδ/dt = g(S + δ, t)."""

    def forward(self, time: Tensor, deviation: Tensor) -> Tensor:
        """(B, P) rates at normalised times (B,)."""
        return self.network(self.base(time) + deviation, time).squeeze(-1)


class CDEField(Field):
    """dδ/dt = g(S + δ, t) dZ/dt, with the latent path Z.

    Args:
        network: g, with one channel per column of the path's knots.
        path: Z.
        curve: as in `Field`.
        span: as in `Field`; the path has its own times.
    """

    def __init__(self, network: GraphNetwork, path: DrivingPath, curve: BaseCurve | None = None, span: float = 1.0):
        super().__init__(network, curve, span)
        self.path = spline(path.knots, path.times)
        self.path_end = float(path.times[-1])
        self.path_pace = None
        self.jumps = path.continuation == "constant"
        if path.continuation is not None:
            channels, pace = path.knots.shape[1], CONTINUATIONS[path.continuation]
            self.path_pace = torch.full((channels,), pace, dtype=path.knots.dtype)
            self.path_pace[: path.time_channel] = 1.0

    @property
    def extrapolates(self) -> bool:
        """Whether the path continues past the last snapshot."""
        return self.path_pace is not None

    def slopes(self, time: Tensor) -> Tensor:
        """(B, channels) slopes of the path at normalised times (B,)."""
        if self.path_pace is None:
            return self.path.derivative(time)
        inside = self.path.derivative(time.clamp(max=self.path_end))
        return torch.where((time > self.path_end)[:, None], inside * self.path_pace.to(inside), inside)

    def forward(self, time: Tensor, deviation: Tensor) -> Tensor:
        """(B, P) rates at normalised times (B,)."""
        slopes = self.slopes(time).to(deviation.dtype)
        return torch.einsum("bpc,bc->bp", self.network(self.base(time) + deviation, time), slopes)


def evolve(
    field: Field,
    weights: Tensor,
    starts: Tensor,
    knots: Tensor,
    horizon: int,
    solver: SolverSettings,
    of_path: bool = False,
) -> tuple[Tensor, Tensor]:
    """Solve from several snapshots at once, over the same number of snapshot intervals.

    Args:
        field: rates (B, P) from normalised times (B,) and deviations (B, P).
        weights: (B, P) at the starts.
        starts: (B,) indices of the starting snapshots, each at most K − 1 − horizon.
        knots: (K,) normalised snapshot times.
        horizon: intervals to solve for.
        solver: the scheme.
        of_path: whether the energy of a field with a base curve is that of the whole path, not of the deviation.

    Returns:
        (horizon, B, P) weights at the next snapshots, and (horizon, B) energies since the start.
    """
    state = (weights - field.base(knots[starts]), weights.new_zeros(len(weights)))
    reached = []
    for interval in range(horizon):
        begin = knots[starts + interval]
        length = knots[starts + interval + 1] - begin
        # Each row crosses its own interval while u goes from 0 to 1, so unequal spacings cost nothing.
        state = _cross(field, state, begin, length, solver, of_path)
        reached.append((state[0] + field.base(begin + length), state[1]))
    return torch.stack([w for w, _ in reached]), torch.stack([energy for _, energy in reached])


def evolve_through(
    field: Field,
    weights: Tensor,
    knots: Tensor,
    times: Tensor,
    solver: SolverSettings,
    of_path: bool = False,
    ends: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One solution from the first snapshot through any normalised times.

    Args:
        field: as in `evolve`.
        weights: (P,) at time 0.
        knots: (K,) normalised snapshot times.
        times: (T,) increasing, normalised, 0 or more.
        solver: the scheme.
        of_path: as in `evolve`.
        ends: (E,) normalised times, from the first snapshot on, between which rk4 takes its steps; None for those of
            the snapshots, as in a fit.

    Returns:
        (T, P) weights and (T,) energies.

    Raises:
        InputError: a time lies past the last snapshot and the field cannot go there.
    """
    if times[-1] > knots[-1] + 1e-9 and not field.extrapolates:
        raise InputError(
            "a CDE cannot go past the last snapshot, where its latent path ends; set models.*.continuation.path, or "
            "dynamics.kind: ode."
        )

    def rates(t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        velocity = field(t.reshape(1), state[0])
        return velocity, _power(field, t.reshape(1), velocity, of_path)

    marks = torch.unique(torch.cat([knots[:1], times]))
    jumps = field.jumps and bool(marks[-1] > knots[-1])
    arguments: dict[str, Any] = {"options": {"jump_t": knots[-1:]}} if jumps else {}
    if solver.method == "rk4":
        grid = _steps(knots if ends is None else ends, solver.substeps, float(marks[-1]))
        arguments["options"] = {"grid_constructor": lambda *_: grid, "interp": "cubic", "perturb": jumps}
        if solver.adjoint:
            arguments["adjoint_options"] = {"grid_constructor": lambda f, y, ends: _way_back(grid, ends)}
    begin = weights[None] - field.base(knots[:1])
    solution, energy = _solve(field, rates, (begin, weights.new_zeros(1)), marks, solver, **arguments)
    places = torch.searchsorted(marks, times)
    return solution[places, 0] + field.base(times), energy[places, 0]


def _steps(ends: Tensor, substeps: int, last: float) -> Tensor:
    """Steps through the intervals between `ends` up to the time `last`; past the last interval they keep its size."""
    size = ends[-1] - ends[-2]
    beyond = max(0, math.ceil((last - float(ends[-1])) / float(size) - 1e-9))
    ends = torch.cat([ends, ends[-1] + size * torch.arange(1, beyond + 1, device=ends.device, dtype=ends.dtype)])
    share = torch.arange(substeps, device=ends.device, dtype=ends.dtype) / substeps
    grid = (ends[:-1, None] + ends.diff()[:, None] * share).flatten()
    return torch.cat([grid[grid < last], grid.new_tensor([last])])


def _way_back(grid: Tensor, ends: Tensor) -> Tensor:
    """Steps of a grid between two times in reverse order, for the adjoint equation."""
    later, earlier = ends
    inside = grid[(grid > earlier) & (grid < later)]
    return torch.cat([ends[:1], inside.flip(0), ends[1:]])


def first_weights(field: Field, graph: WeightGraph, knots: Tensor) -> Tensor:
    """(P,) weights at the first snapshot's time: of the base curve, if any, else of the first anchor."""
    if field.curve is not None:
        return field.base(knots[:1])[0]
    return torch.as_tensor(graph.weights[0], dtype=torch.float32, device=knots.device)


@torch.no_grad()
def solve_weights(
    field: Field,
    graph: WeightGraph,
    grids: Sequence[np.ndarray],
    solver: SolverSettings,
    times: np.ndarray,
) -> list[np.ndarray]:
    """Weights at the times of each grid, from one solution that starts at the first anchor or on the base curve.

    Args:
        field: the fitted dynamics, on the device to compute on.
        graph: its anchors.
        grids: arrays of times (T_i,), in the data's unit.
        solver: the scheme.
        times: all times of the data, between which `each_time` steps.

    Returns:
        Arrays (T_i, P).

    Raises:
        DivergenceError: the weights became NaN or infinite on the way.
        InputError: a time lies past the last snapshot and the field cannot go there.
    """
    device = next(field.parameters()).device
    asked = np.unique(np.concatenate(grids))
    stepped = times[times >= graph.times[0]] if solver.prediction == "each_time" else graph.times
    knots, marks, ends = (normalise_times(t, graph.times, field.span).to(device) for t in (graph.times, asked, stepped))
    own = solver.but(method="dopri5") if solver.prediction == "adaptive" else solver
    weights, _ = evolve_through(field, first_weights(field, graph, knots), knots, marks, own, ends=ends)
    found = weights.cpu().numpy()
    if not (finite := np.isfinite(found).all(axis=1)).all():
        raise DivergenceError(
            f"the solution becomes infinite or NaN at time {asked[~finite][0]:g}; raise "
            "models.*.training.max_horizon or models.*.solver.substeps, or lower models.*.training.learning_rate."
        )
    return [found[np.searchsorted(asked, grid)] for grid in grids]


def _power(field: Field, time: Tensor, velocity: Tensor, of_path: bool) -> Tensor:
    """(B,) half the squared speeds of deviations, or of whole paths."""
    whole = velocity + field.base_rates(time) if of_path else velocity
    return 0.5 * whole.square().sum(-1)


def _cross(
    field: Field, state: tuple[Tensor, Tensor], begin: Tensor, length: Tensor, solver: SolverSettings, of_path: bool
) -> tuple[Tensor, Tensor]:
    """Weights (B, P) and energies (B,) after one interval, with its own start and length for each row."""

    def rates(u: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        velocity = field(begin + u * length, state[0])
        pace = length.to(velocity.dtype)
        return velocity * pace[:, None], _power(field, begin + u * length, velocity, of_path) * pace

    grid = torch.linspace(0, 1, solver.substeps + 1, device=begin.device, dtype=begin.dtype)
    weights, energy = _solve(field, rates, state, grid, solver)
    return weights[-1], energy[-1]


def _solve(
    field: Field,
    rates: Callable,
    state: tuple[Tensor, Tensor],
    times: Tensor,
    solver: SolverSettings,
    **more: Any,
) -> tuple[Tensor, Tensor]:
    """Weights and energies at times, by the solver's scheme and gradient method."""
    more |= {"method": solver.method, "rtol": solver.rtol, "atol": solver.atol}
    if solver.adjoint:
        return odeint_adjoint(rates, state, times, adjoint_params=tuple(field.parameters()), **more)
    return odeint(rates, state, times, **more)

"""Weights moving through continuous time: the neural ODE and the neural CDE, with their path energy.

ODE: dθ/dt = g(θ, t). CDE: dθ = g(θ, t) dZ(t). Energy E = ½ ∫ ‖dθ/dt‖² dt is integrated along. Time is
absolute and normalised: 0 at the first observed snapshot, 1 at the last, whatever snapshot a solution
starts from. (The released code restarts the clock at every start; that makes g see wrong times.)

Solutions from several starts are solved side by side, interval by interval, each at its own absolute time.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torchdiffeq import odeint, odeint_adjoint

from weightflow.errors import InputError
from weightflow.latent_path import spline


class ODEField(nn.Module):
    """dθ/dt = g(θ, t)."""

    extrapolates = True

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, time: Tensor, weights: Tensor) -> Tensor:
        """(B, P) rates at normalised times (B,)."""
        return self.network(weights, time).squeeze(-1)


class CDEField(nn.Module):
    """dθ/dt = g(θ, t) dZ/dt, with the latent path Z given by its knots.

    Args:
        network: g, with one channel per column of `knots`.
        times: (K,) normalised times of the knots.
        knots: (K, channels).
    """

    extrapolates = False

    def __init__(self, network: nn.Module, times: Tensor, knots: Tensor):
        super().__init__()
        self.network = network
        self.path = spline(knots, times)

    def forward(self, time: Tensor, weights: Tensor) -> Tensor:
        """(B, P) rates at normalised times (B,)."""
        slopes = self.path.derivative(time).to(weights.dtype)
        return torch.einsum("bpc,bc->bp", self.network(weights, time), slopes)


@dataclass(frozen=True)
class Solver:
    """How a solution is computed.

    Attributes:
        method: rk4 (fixed steps) or dopri5 (adaptive).
        substeps: rk4 steps in a snapshot interval.
        rtol, atol: tolerances of dopri5.
        adjoint: gradients by the adjoint equation (constant memory) instead of through the solver.
    """

    method: str
    substeps: int
    rtol: float
    atol: float
    adjoint: bool

    @property
    def arguments(self) -> dict[str, Any]:
        """Keywords for torchdiffeq."""
        return {"method": self.method, "rtol": self.rtol, "atol": self.atol}


def evolve(
    field: nn.Module, weights: Tensor, starts: Tensor, knots: Tensor, horizon: int, solver: Solver
) -> tuple[Tensor, Tensor]:
    """Solve from several snapshots at once, over the same number of snapshot intervals.

    Args:
        field: rates (B, P) from normalised times (B,) and weights (B, P).
        weights: (B, P) at the starts.
        starts: (B,) indices of the starting snapshots, each at most K − 1 − horizon.
        knots: (K,) normalised snapshot times.
        horizon: intervals to solve for.
        solver: the scheme.

    Returns:
        (horizon, B, P) weights at the next snapshots, and (horizon, B) path energies since the start.
    """
    state = (weights, weights.new_zeros(len(weights)))
    reached = []
    for interval in range(horizon):
        begin = knots[starts + interval]
        length = knots[starts + interval + 1] - begin
        # Each row crosses its own interval while u goes from 0 to 1, so unequal spacings cost nothing.
        state = _cross(field, state, begin, length, solver)
        reached.append(state)
    return torch.stack([w for w, _ in reached]), torch.stack([energy for _, energy in reached])


def evolve_through(
    field: nn.Module, weights: Tensor, knots: Tensor, times: Tensor, solver: Solver
) -> tuple[Tensor, Tensor]:
    """One solution from the first snapshot through any normalised times.

    Args:
        field: as in `evolve`.
        weights: (P,) at time 0.
        knots: (K,) normalised snapshot times.
        times: (T,) increasing, normalised, 0 or more.
        solver: the scheme.

    Returns:
        (T, P) weights and (T,) path energies.

    Raises:
        InputError: a time lies past the last snapshot and the field cannot go there.
    """
    if times[-1] > knots[-1] + 1e-9 and not field.extrapolates:
        raise InputError(
            "the CDE cannot go past the last snapshot, where its latent path ends; use dynamics.kind: ode there."
        )

    def rates(t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        velocity = field(t.reshape(1), state[0])
        return velocity, 0.5 * velocity.square().sum(-1)

    # The fixed-step scheme takes one step between neighbours of this grid.
    steps = torch.linspace(0, 1, solver.substeps + 1, device=knots.device, dtype=knots.dtype)[:-1]
    grid = (knots[:-1, None] + knots.diff()[:, None] * steps).flatten()
    grid = torch.unique(torch.cat([knots[:1], times, grid[grid < times[-1]]]))
    solution, energy = odeint(rates, (weights[None], weights.new_zeros(1)), grid, **solver.arguments)
    places = torch.searchsorted(grid, times)
    return solution[places, 0], energy[places, 0]


def _cross(field: nn.Module, state: tuple[Tensor, Tensor], begin: Tensor, length: Tensor, solver: Solver):
    def rates(u: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        velocity = field(begin + u * length, state[0])
        pace = length.to(velocity.dtype)
        return velocity * pace[:, None], 0.5 * velocity.square().sum(-1) * pace

    grid = torch.linspace(0, 1, solver.substeps + 1, device=begin.device, dtype=begin.dtype)
    if solver.adjoint:
        solution = odeint_adjoint(rates, state, grid, adjoint_params=tuple(field.parameters()), **solver.arguments)
    else:
        solution = odeint(rates, state, grid, **solver.arguments)
    return tuple(part[-1] for part in solution)

"""Conditional flow matching between snapshots with optimal-transport couplings: OT-CFM (Tong et al., TMLR 2024).

A network learns the velocity of straight ways between states that minibatch optimal transport couples, in every
interval between snapshots at once; states of a snapshot are then carried on by the flow. It is a baseline: samples at
any time, without a density.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torchdiffeq import odeint

from weightflow import seeding
from weightflow.prediction import Prediction
from weightflow.progress import progress
from weightflow.snapshots import Snapshots
from weightflow.transport import couple

SPREAD = 0.1  # σ of the noise about the ways, in coordinates
STEPS = 5000
BATCH = 256  # states of each interval in a step
_LEARNING_RATE = 1e-3
_WIDTH = 64
_SUBSTEPS = 50  # of the solver in an interval


@dataclass(frozen=True)
class Flow:
    """A velocity field over the coordinates of the states.

    Attributes:
        velocity: from (n, d + 1), the last column the time, to (n, d).
        times: (K,) of the snapshots that it was fitted to.
    """

    velocity: nn.Module
    times: np.ndarray

    @torch.no_grad()
    def carry(self, states: Tensor, start: float, end: float) -> Tensor:
        """(n, d) where the flow takes states (n, d) from one time to another, by rk4."""
        if start == end:
            return states
        length = float(np.diff(self.times).min()) / _SUBSTEPS
        grid = torch.linspace(start, end, 1 + max(1, round((end - start) / length)), dtype=states.dtype)

        def field(t: Tensor, at: Tensor) -> Tensor:
            return self.velocity(torch.cat([at, t.expand(len(at), 1)], dim=1))

        return odeint(field, states, grid.to(states.device), method="rk4")[-1]


def fit_flow(snapshots: Sequence[np.ndarray], times: np.ndarray, seed: int, device: torch.device) -> Flow:
    """Fit the velocity to all intervals between snapshots.

    Args:
        snapshots: K arrays (N_k, d) of coordinates.
        times: (K,).
        seed: of the network, batches, couplings and noise.
        device: where to compute.
    """
    draws = seeding.stream(seed, "flow matching")
    generator = torch.Generator().manual_seed(seeding.integer(seed, "flow matching", "network"))
    network = _network(snapshots[0].shape[1], generator).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
    for _ in progress(range(STEPS), "flow matching"):
        batches = [flow_batch(snapshots, times, k, draws) for k in range(len(snapshots) - 1)]
        inputs, goals = (
            torch.as_tensor(np.concatenate(part), dtype=torch.float32, device=device)
            for part in zip(*batches, strict=True)
        )
        loss = (network(inputs) - goals).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return Flow(network, np.asarray(times, dtype=float))


def flow_batch(
    snapshots: Sequence[np.ndarray], times: np.ndarray, k: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What the velocity learns from in one step and interval.

    Args:
        snapshots: K arrays (N_k, d) of coordinates.
        times: (K,).
        k: the interval from the k-th to the next snapshot.
        rng: of states, couplings, times and noise.

    Returns:
        (n, d + 1) places on the ways with their times, and (n, d) velocities there: (x₁ − x₀) / length.
    """
    start, end = (part[rng.integers(len(part), size=BATCH)] for part in snapshots[k : k + 2])
    end = end[couple(start, end, rng)]
    length, share = times[k + 1] - times[k], rng.random((BATCH, 1))
    places = start + share * (end - start) + SPREAD * rng.standard_normal(start.shape)
    return np.concatenate([places, times[k] + share * length], axis=1), (end - start) / length


def predict_flow(data: Snapshots, samples: int, seed: int, device: torch.device) -> Prediction:
    """At every time, states of the last observed snapshot, carried there by the flow.

    Args:
        data: the data set.
        samples: states at each time.
        seed: of the fit and of the states.
        device: where to compute.
    """
    snapshots, rng = data.coordinates, seeding.stream(seed, "ot_cfm")
    first, unit = data.observed_times[0], np.diff(data.observed_times).min()  # hours or days, it is the same flow
    times, observed = (data.times - first) / unit, (data.observed_times - first) / unit
    flow, states = fit_flow(snapshots, observed, seed, device), []
    for time in times:
        k = int(np.clip(np.searchsorted(observed, time, side="right") - 1, 0, len(observed) - 1))
        own = snapshots[k]
        chosen = own if len(own) == samples else own[rng.choice(len(own), samples, replace=len(own) < samples)]
        start = torch.as_tensor(chosen, dtype=torch.float32, device=device)
        reached = flow.carry(start, float(observed[k]), float(time)).double().cpu().numpy()
        states.append(data.space.project(data.space.states(reached), rng))
    return Prediction(data.times, states)


def _network(variables: int, generator: torch.Generator) -> nn.Module:
    """Three hidden layers of SELU, as in the authors' library, with weights drawn from a generator of its own."""
    sizes = [variables + 1, _WIDTH, _WIDTH, _WIDTH, variables]
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        linear = nn.Linear(inputs, outputs)
        with torch.no_grad():
            for parameter in linear.parameters():
                drawn = torch.rand(parameter.shape, generator=generator)
                parameter.copy_((2 * drawn - 1) / inputs**0.5)
        layers += [linear, nn.SELU()]
    return nn.Sequential(*layers[:-1])

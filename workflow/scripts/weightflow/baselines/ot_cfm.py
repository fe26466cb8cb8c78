"""Conditional flow matching between snapshots with optimal-transport couplings: OT-CFM (Tong et al., TMLR 2024).

A network learns the velocity of straight paths between states coupled by minibatch optimal transport, in all intervals
between snapshots at once. The flow then carries the states of a snapshot forward. This baseline gives samples at any
time and no density.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchdiffeq import odeint

from weightflow import seeding
from weightflow.baselines.settings import OtCfmSettings
from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import exactly
from weightflow.networks.saved_networks import with_parameters
from weightflow.prediction.predictions import Prediction
from weightflow.progress import progress
from weightflow.seeding import Computation
from weightflow.storage import parts_of, read_tensors, write_tensors
from weightflow.transport.couplings import couple

KIND = "flow"
_NETWORK = "network."  # prefix of the parameters' names in files


@dataclass(frozen=True)
class Flow:
    """A velocity field over the coordinates of the states.

    Attributes:
        velocity: function from (n, d + 1) to (n, d); the last column is the time since the first snapshot. The unit of
            time is the shortest interval.
        times: (K,) times of the snapshots.
        substeps: solver steps in the shortest interval.
    """

    velocity: nn.Module
    times: np.ndarray
    substeps: int

    def scaled(self, times: np.ndarray) -> np.ndarray:
        """Times since the first snapshot in shortest intervals, so that the flow does not depend on the unit."""
        return (times - self.times[0]) / np.diff(self.times).min()

    @torch.no_grad()
    def carry(self, states: Tensor, start: float, end: float) -> Tensor:
        """States (n, d) carried by the flow from one time to another, with rk4."""
        if start == end:
            return states
        start, end = map(float, self.scaled(np.array([start, end])))
        grid = torch.linspace(start, end, 1 + max(1, round((end - start) * self.substeps)), dtype=states.dtype)

        def field(t: Tensor, at: Tensor) -> Tensor:
            return self.velocity(torch.cat([at, t.expand(len(at), 1)], dim=1))

        return odeint(field, states, grid.to(states.device), method="rk4")[-1]


def fit_flow(
    snapshots: Sequence[np.ndarray], times: np.ndarray, settings: OtCfmSettings, computation: Computation
) -> Flow:
    """Fit the velocity to all intervals between snapshots.

    Args:
        snapshots: K arrays (N_k, d) of coordinates.
        times: (K,).
        settings: of the network, its fit and the solver.
        computation: the device, and the seed of the network, batches, couplings and noise.
    """
    seed, device = computation.seed, computation.device
    times = np.asarray(times, dtype=float)
    draws = seeding.stream(seed, "flow matching")
    generator = torch.Generator().manual_seed(seeding.integer(seed, "flow matching", "network"))
    network = _network(snapshots[0].shape[1], settings.width, generator)
    flow = Flow(network.to(device), times, settings.substeps)
    optimiser = torch.optim.Adam(flow.velocity.parameters(), lr=settings.learning_rate)
    for _ in progress(range(settings.steps), "flow matching"):
        batches = [flow_batch(snapshots, flow.scaled(times), k, settings, draws) for k in range(len(snapshots) - 1)]
        inputs, goals = (
            torch.as_tensor(np.concatenate(part), dtype=torch.float32, device=device)
            for part in zip(*batches, strict=True)
        )
        loss = (flow.velocity(inputs) - goals).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return flow


def flow_batch(
    snapshots: Sequence[np.ndarray], times: np.ndarray, k: int, settings: OtCfmSettings, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Training batch of the velocity for one step and one interval.

    Args:
        snapshots: K arrays (N_k, d) of coordinates.
        times: (K,) scaled times.
        k: the interval from the k-th to the next snapshot.
        settings: `batch` and `spread`.
        rng: for states, couplings, times and noise.

    Returns:
        (n, d + 1) points on the paths with their times, and (n, d) velocities there: (x₁ − x₀) / length.
    """
    start, end = (part[rng.integers(len(part), size=settings.batch)] for part in snapshots[k : k + 2])
    end = end[couple(start, end, rng)]
    length, share = times[k + 1] - times[k], rng.random((settings.batch, 1))
    places = start + share * (end - start) + settings.spread * rng.standard_normal(start.shape)
    return np.concatenate([places, times[k] + share * length], axis=1), (end - start) / length


def predict_flow(flow: Flow, data: Snapshots, samples: int, seed: int) -> Prediction:
    """At every time, states of the last observed snapshot, carried there by the flow.

    Args:
        flow: fitted to the data's observed snapshots.
        data: the data set.
        samples: states at each time.
        seed: of the states.
    """
    snapshots, rng, states = data.coordinates, seeding.stream(seed, "ot_cfm"), []
    observed, device = data.observed_times, next(flow.velocity.parameters()).device
    for time, k in zip(data.times, data.before(data.times), strict=True):
        start = torch.as_tensor(exactly(snapshots[k], samples, rng), dtype=torch.float32, device=device)
        reached = flow.carry(start, float(observed[k]), float(time)).double().cpu().numpy()
        values = reached if data.discrete else data.space.states(reached)  # counts, not rounded yet
        states.append(data.space.project(values, rng))
    return Prediction(data.times, states)


def write_flow(path: str | Path, flow: Flow, **metadata: Any) -> None:
    """Write the network's parameters, the snapshots' times and the solver's steps."""
    parameters = {f"{_NETWORK}{name}": value.cpu().numpy() for name, value in flow.velocity.state_dict().items()}
    write_tensors(path, KIND, {"times": flow.times, **parameters}, substeps=flow.substeps, **metadata)


def read_flow(path: str | Path, device: torch.device) -> Flow:
    """Read a flow, its network onto a device."""
    artefact = read_tensors(path, KIND, finite=True)
    tensors = artefact.tensors
    with parts_of(path):
        times = tensors.pop("times")
        parameters = {name.removeprefix(_NETWORK): torch.from_numpy(value) for name, value in tensors.items()}
        width, inputs = parameters["0.weight"].shape
        network = with_parameters(lambda: _network(inputs - 1, width), parameters)
        return Flow(network.to(device), times, int(artefact.metadata["substeps"]))


def _network(variables: int, width: int, generator: torch.Generator | None = None) -> nn.Module:
    """Three hidden layers of SELU, as in the authors' library, with weights drawn from the generator, if given."""
    sizes = [variables + 1, width, width, width, variables]
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        linear = nn.Linear(inputs, outputs)
        with torch.no_grad():
            for parameter in linear.parameters():
                drawn = torch.rand(parameter.shape, generator=generator)
                parameter.copy_((2 * drawn - 1) / inputs**0.5)
        layers += [linear, nn.SELU()]
    return nn.Sequential(*layers[:-1])

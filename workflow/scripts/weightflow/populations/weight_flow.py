"""Flow matching over weights: a velocity that carries noise to networks (DeepWeightFlow, Gupta et al. 2026).

On the path x_t = (1 − t) x_0 + t x_1 from noise x_0 ~ N(0, σ²) to a network x_1, the velocity learns x_1 − x_0 (Lipman
et al. 2023).
"""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchdiffeq import odeint

from weightflow import seeding
from weightflow.errors import DivergenceError
from weightflow.networks.learning_rate import cosine_decay
from weightflow.networks.saved_networks import with_parameters
from weightflow.populations.reduction import Reduction
from weightflow.populations.settings import FlowSettings
from weightflow.progress import progress
from weightflow.seeding import Computation
from weightflow.storage import parts_of, read_tensors, write_tensors
from weightflow.transport.couplings import couple

KIND = "weight flow"
_EMBEDDED = 64  # dimension of the embedded time
_TOLERANCE = 1e-4  # of the solver, in coordinates
_SEEN = 200  # recorded losses, about
_LOSSES = ["step", "loss"]
_NETWORK = "velocity."  # prefix of the parameters' names in files


class Velocity(nn.Module):
    """A perceptron of widths h, h/2, h over coordinates and the embedded time; LayerNorm and GELU."""

    def __init__(self, coordinates: int, width: int):
        super().__init__()
        self.coordinates = coordinates
        self.embed = nn.Sequential(nn.Linear(1, _EMBEDDED), nn.GELU(), nn.Linear(_EMBEDDED, _EMBEDDED))
        sizes = [coordinates + _EMBEDDED, width, width // 2, width]
        hidden = [
            nn.Sequential(nn.Linear(read, written), nn.LayerNorm(written), nn.GELU())
            for read, written in itertools.pairwise(sizes)
        ]
        self.layers = nn.Sequential(*hidden, nn.Linear(width, coordinates))

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        """(n, d) velocities at times (n, 1) and points (n, d)."""
        return self.layers(torch.cat([x, self.embed(t)], dim=-1))


@dataclass(frozen=True)
class WeightFlow:
    """A fitted flow.

    Attributes:
        velocity: in coordinates.
        reduction: of weights to coordinates.
        source: σ of the noise, in coordinates.
        losses: table step, loss (mean squared error of the velocity), at regular steps and the last; empty for a
            flow from a file.
    """

    velocity: Velocity
    reduction: Reduction
    source: float
    losses: pd.DataFrame


def fit_weight_flow(
    weights: np.ndarray, reduction: Reduction, settings: FlowSettings, computation: Computation
) -> WeightFlow:
    """Fit a flow to a population.

    Args:
        weights: (N, P), aligned to each other.
        reduction: of weights to coordinates.
        settings: of the velocity.
        computation: the device, and the seed of the network, batches, noise and times.

    Raises:
        DivergenceError: the loss became NaN or infinite.
    """
    goals = torch.as_tensor(reduction.coordinates(weights), dtype=torch.float32)
    seed, device = computation.seed, computation.device
    draws = seeding.stream(seed, "weight flow")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.integer(seed, "weight flow", "network"))
        velocity = Velocity(goals.shape[1], settings.width).to(device)
    average = AveragedModel(velocity, multi_avg_fn=get_ema_multi_avg_fn(settings.ema))
    rate, count = settings.learning_rate, settings.steps
    optimiser = torch.optim.AdamW(velocity.parameters(), lr=rate, weight_decay=settings.weight_decay)
    losses = []
    for step in progress(range(count), "flow over weights"):
        optimiser.param_groups[0]["lr"] = rate * cosine_decay(step, count, 0.0)
        loss = _loss(velocity, goals, settings, draws, device)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average.update_parameters(velocity)
        if step % max(1, count // _SEEN) == 0 or step == count - 1:
            value = loss.item()
            losses.append((step, value))
            if not np.isfinite(value):
                raise DivergenceError(f"the weight flow diverged at step {step}; lower its learning_rate ({rate}).")
    velocity.load_state_dict(average.module.state_dict())
    return WeightFlow(velocity.eval(), reduction, settings.source, pd.DataFrame(losses, columns=_LOSSES))


def _loss(
    velocity: Velocity, goals: Tensor, settings: FlowSettings, draws: np.random.Generator, device: torch.device
) -> Tensor:
    """Mean squared error of the velocity on the paths of a batch."""
    ends = goals[torch.as_tensor(draws.integers(len(goals), size=settings.batch))]
    starts = settings.source * torch.as_tensor(draws.standard_normal(ends.shape), dtype=torch.float32)
    if settings.coupling == "optimal":
        ends = ends[torch.as_tensor(couple(starts.numpy(), ends.numpy(), draws))]
    alpha, beta = settings.times
    t = torch.as_tensor(draws.beta(alpha, beta, size=(len(ends), 1)), dtype=torch.float32)
    t, starts, ends = (part.to(device) for part in (t, starts, ends))
    return (velocity(t, torch.lerp(starts, ends, t)) - (ends - starts)).square().mean()


@torch.no_grad()
def generate(flow: WeightFlow, count: int, seed: int) -> np.ndarray:
    """(count, P) new networks' weights: fresh noise, carried along the velocity.

    Args:
        flow: fitted.
        count: of networks.
        seed: of the noise.
    """
    device = next(flow.velocity.parameters()).device
    noise = seeding.stream(seed, "weight flow", "generate").standard_normal((count, flow.velocity.coordinates))
    start = torch.as_tensor(flow.source * noise, dtype=torch.float32, device=device)

    def field(t: Tensor, x: Tensor) -> Tensor:
        return flow.velocity(t.expand(count, 1), x)

    ends = odeint(field, start, torch.tensor([0.0, 1.0], device=device), rtol=_TOLERANCE, atol=_TOLERANCE)[-1]
    return flow.reduction.weights(ends.cpu().numpy()).astype(np.float32)


def write_weight_flow(path: str | Path, flow: WeightFlow, **metadata: Any) -> None:
    """Write the velocity's parameters and the reduction; its losses are a table of their own."""
    tensors = {f"{_NETWORK}{name}": value.cpu().numpy() for name, value in flow.velocity.state_dict().items()}
    tensors["mean"] = flow.reduction.mean
    tensors |= {} if flow.reduction.axes is None else {"axes": flow.reduction.axes}
    write_tensors(path, KIND, tensors, scale=flow.reduction.scale, source=flow.source, **metadata)


def read_weight_flow(path: str | Path, device: torch.device) -> WeightFlow:
    """Read a flow, its velocity onto a device.

    Raises:
        InputError: the file is damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        state = {
            name.removeprefix(_NETWORK): torch.from_numpy(value)
            for name, value in artefact.tensors.items()
            if name.startswith(_NETWORK)
        }
        rows, width = state["layers.3.weight"].shape
        velocity = with_parameters(lambda: Velocity(rows, width), state)
        kept = Reduction(artefact.tensors["mean"], artefact.metadata["scale"], artefact.tensors.get("axes"))
        return WeightFlow(velocity.to(device).eval(), kept, artefact.metadata["source"], pd.DataFrame(columns=_LOSSES))

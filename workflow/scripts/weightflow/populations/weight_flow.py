"""Flow matching over weights: a velocity that carries noise to networks (DeepWeightFlow, Gupta et al. 2026).

On the path x_t = (1 − t) x_0 + t x_1 from noise x_0 ~ N(0, σ²) to a network x_1, the velocity learns x_1 − x_0 (Lipman
et al. 2023).
"""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchdiffeq import odeint

from weightflow import seeding
from weightflow.errors import DivergenceError
from weightflow.networks.learning_rate import cosine_decay
from weightflow.networks.saved_networks import parameters_behind, with_parameters
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.generators import Examples
from weightflow.populations.reduction import Reduction, fit_reduction
from weightflow.populations.settings import FlowSettings, PopulationSettings
from weightflow.progress import progress
from weightflow.seeding import Computation
from weightflow.storage import parts_of, read_tensors, write_tensors
from weightflow.transport.couplings import couple

KIND = "weight flow"
_EMBEDDED = 64  # dimension of the embedded time
_TOLERANCE = 1e-4  # of the solver, in coordinates
_SEEN = 200  # recorded losses, about
_ROUNDS = 100  # parts of the steps over which a loss is averaged for `keep: best` and `patience`
_LOSSES = ["step", "loss"]
_NETWORK = "velocity."  # prefix of the parameters' names in files


class Velocity(nn.Module):
    """A perceptron of widths h, h/2, h over coordinates and the embedded time; LayerNorm and GELU.

    Args:
        coordinates: number of them.
        width: h.
        dropout: share of the hidden units dropped in training.
    """

    def __init__(self, coordinates: int, width: int, dropout: float = 0.0):
        super().__init__()
        self.coordinates = coordinates
        self.embed = nn.Sequential(nn.Linear(1, _EMBEDDED), nn.GELU(), nn.Linear(_EMBEDDED, _EMBEDDED))
        sizes = [coordinates + _EMBEDDED, width, width // 2, width]
        hidden = [
            nn.Sequential(nn.Linear(read, written), nn.LayerNorm(written), nn.GELU(), nn.Dropout(dropout))
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
        solver: dopri5, or the fixed steps of euler or rk4.
        solver_steps: number of fixed steps.
        losses: table step, loss (mean squared error of the velocity), at regular steps and the last; empty for a
            flow from a file.
    """

    velocity: Velocity
    reduction: Reduction
    source: float
    losses: pd.DataFrame
    solver: str = "dopri5"
    solver_steps: int = 100

    @classmethod
    def fit(
        cls,
        weights: np.ndarray,
        classifier: Classifier,
        examples: Examples | None,
        settings: PopulationSettings,
        computation: Computation,
    ) -> Self:
        """Fit a flow to a population; arguments and errors as for `LearnedGenerator.fit`."""
        own = settings.flow
        reduction = fit_reduction(weights, own.components, own.reduction, own.coordinates == "raw")
        return cls.to(weights, reduction, own, computation)

    @classmethod
    def to(cls, weights: np.ndarray, reduction: Reduction, settings: FlowSettings, computation: Computation) -> Self:
        """Fit a flow to networks in given coordinates.

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
            velocity = Velocity(goals.shape[1], settings.width, settings.dropout)
            if settings.zero_last:
                for parameter in velocity.layers[-1].parameters():
                    nn.init.zeros_(parameter)
            velocity = velocity.to(device)
            losses, kept = _train(velocity, goals, settings, draws)
        velocity.load_state_dict(kept)
        table = pd.DataFrame(losses, columns=_LOSSES)
        return cls(velocity.eval(), reduction, settings.source, table, settings.solver, settings.solver_steps)

    @torch.no_grad()
    def draw(self, count: int, seed: int, value: float = 1.0) -> np.ndarray:
        """(count, P) new networks: fresh noise, `value` times that of the training, carried along the velocity."""
        device = next(self.velocity.parameters()).device
        noise = seeding.stream(seed, "weight flow", "generate").standard_normal((count, self.velocity.coordinates))
        start = torch.as_tensor(value * self.source * noise, dtype=torch.float32, device=device)

        def field(t: Tensor, x: Tensor) -> Tensor:
            return self.velocity(t.expand(count, 1), x)

        if self.solver == "dopri5":
            ends = odeint(field, start, torch.tensor([0.0, 1.0], device=device), rtol=_TOLERANCE, atol=_TOLERANCE)[-1]
        else:
            times = torch.linspace(0, 1, self.solver_steps + 1, device=device)
            ends = odeint(field, start, times, method=self.solver)[-1]
        return self.reduction.weights(ends.cpu().numpy()).astype(np.float32)

    def write(self, path: str | Path, **metadata: Any) -> None:
        """Write the velocity's parameters and the reduction; its losses are a table of their own."""
        tensors = {f"{_NETWORK}{name}": value.cpu().numpy() for name, value in self.velocity.state_dict().items()}
        tensors["mean"] = self.reduction.mean
        tensors |= {} if self.reduction.axes is None else {"axes": self.reduction.axes}
        facts = {"scale": self.reduction.scale, "source": self.source}
        solver = {"solver": self.solver, "solver_steps": self.solver_steps}
        write_tensors(path, KIND, tensors, **facts, **solver, **metadata)

    @classmethod
    def read(cls, path: str | Path, device: torch.device) -> Self:
        """Read a flow, its velocity onto a device.

        Raises:
            InputError: the file is damaged.
        """
        artefact = read_tensors(path, KIND, finite=True)
        with parts_of(path):
            state = parameters_behind(_NETWORK, artefact.tensors)
            rows, width = state["layers.3.weight"].shape
            velocity = with_parameters(lambda: Velocity(rows, width), state)
            kept = Reduction(artefact.tensors["mean"], artefact.metadata["scale"], artefact.tensors.get("axes"))
            facts = artefact.metadata
            losses = pd.DataFrame(columns=_LOSSES)
            own = velocity.to(device).eval()
            return cls(own, kept, facts["source"], losses, str(facts["solver"]), int(facts["solver_steps"]))


def _train(
    velocity: Velocity, goals: Tensor, settings: FlowSettings, draws: np.random.Generator
) -> tuple[list[tuple[int, float]], dict[str, Tensor]]:
    """Losses at regular steps, and the parameters that are kept."""
    device = next(velocity.parameters()).device
    average = AveragedModel(velocity, multi_avg_fn=get_ema_multi_avg_fn(settings.ema))
    rate, count = settings.learning_rate, settings.steps
    first, second = settings.betas
    optimiser = torch.optim.AdamW(
        velocity.parameters(), lr=rate, betas=(first, second), weight_decay=settings.weight_decay
    )
    losses, round_ = [], max(1, count // _ROUNDS)
    best, kept, since, total = np.inf, velocity.state_dict(), 0, 0.0
    for step in progress(range(count), "flow over weights"):
        if settings.schedule == "cosine":
            optimiser.param_groups[0]["lr"] = rate * cosine_decay(step, count, 0.0)
        optimiser.zero_grad(set_to_none=True)
        value = torch.zeros((), device=device)
        for _ in range(settings.accumulate):
            loss = _loss(velocity, goals, settings, draws, device) / settings.accumulate
            loss.backward()
            value += loss.detach()
        optimiser.step()
        average.update_parameters(velocity)
        if step % max(1, count // _SEEN) == 0 or step == count - 1:
            losses.append((step, float(value)))
            if not np.isfinite(float(value)):
                raise DivergenceError(f"the weight flow diverged at step {step}; lower its learning_rate ({rate}).")
        if settings.keep != "best" and settings.patience is None:
            continue
        total += float(value)
        if (step + 1) % round_ == 0:
            since = 0 if total < best else since + 1
            if total < best:
                best, kept = total, {name: own.clone() for name, own in velocity.state_dict().items()}
            total = 0.0
            if since == settings.patience:
                break
    if settings.keep == "best":
        return losses, kept
    return losses, average.module.state_dict() if settings.keep == "average" else velocity.state_dict()


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
    places = torch.lerp(starts, ends, t)
    if settings.path_noise:
        noise = torch.as_tensor(draws.standard_normal(ends.shape), dtype=torch.float32, device=device)
        places = places + settings.path_noise * noise
    return (velocity(t, places) - (ends - starts)).square().mean()

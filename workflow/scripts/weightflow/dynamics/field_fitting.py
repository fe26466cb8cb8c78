"""Fitting the dynamics: loss = structural + behavioural + divergence + energy + roughness, each with its weight.

In the paper, a step draws a horizon h and some starting anchors, evolves them over h snapshot intervals, and
compares the result with the anchors and their snapshots. Equal starts have equal solutions, so each is solved once.
With a teacher's lesson, a step solves once through the whole range, as prediction does, and the loss includes times
between the snapshots.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from weightflow import seeding
from weightflow.dynamics.equations import (
    Field,
    evolve,
    evolve_through,
    first_weights,
    normalise_times,
)
from weightflow.dynamics.field_files import read_field
from weightflow.dynamics.registry import LOSS_TERMS
from weightflow.dynamics.settings import SolverSettings, TrainingSettings
from weightflow.dynamics.spline_fitting import draw_batch
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.errors import DivergenceError, InputError
from weightflow.networks import losses
from weightflow.networks.backbones import Backbone
from weightflow.networks.learning_rate import decay
from weightflow.progress import progress
from weightflow.records.digests import code_digest, settings_digest
from weightflow.seeding import Computation
from weightflow.storage import read_tensors, write_tensors
from weightflow.teaching.teachers import Lesson

CHECKPOINT_KIND = "dynamics checkpoint"
_FINAL_RATE = 0.02  # final share of the learning rate in the cosine decay
_STRUCTURAL = 2 + list(LOSS_TERMS).index("structural")  # its column in a row of the history


@dataclass(frozen=True)
class Material:
    """The data of a fit.

    Attributes:
        graph: the anchors to pass through.
        snapshots: K arrays (N_k, d) of training states, needed only for the behavioural term and the divergence.
        backbone: the density whose weights move, needed for the same terms.
        lesson: a teacher's states between the snapshots, or None.
        roughness: weight of the penalty on roughness of the logits over the counts.
    """

    graph: WeightGraph
    snapshots: Sequence[np.ndarray] = ()
    backbone: Backbone | None = None
    lesson: Lesson | None = None
    roughness: float = 0.0


@dataclass(frozen=True)
class Monitor:
    """Checkpoint, callback and early end of a fit.

    Attributes:
        checkpoint: file, written every `checkpoint_every` steps; an interrupted run continues from it.
        watch: called with the number of steps done and the field, before the first step and after each one.
        stop: number of steps, if smaller than `steps`, the length of the learning rate's schedule.
    """

    checkpoint: Path | None = None
    watch: Callable[[int, Field], None] | None = None
    stop: int | None = None


UNATTENDED = Monitor()


def fit_dynamics(
    field: Field,
    material: Material,
    solver: SolverSettings,
    settings: TrainingSettings,
    computation: Computation,
    monitor: Monitor = UNATTENDED,
) -> pd.DataFrame:
    """Train a field in place.

    Args:
        field: from `make_field`.
        material: anchors, snapshots and the teacher's lesson.
        solver: the scheme.
        settings: the `training` section.
        computation: the device, and the seed of all draws; an interruption does not change the draws of a step.
        monitor: checkpoint, callback and early end.

    Returns:
        Table step, loss and one column for each term.

    Raises:
        DivergenceError: the loss became NaN or infinite.
    """
    seed, device, checkpoint, watch = computation.seed, computation.device, monitor.checkpoint, monitor.watch
    field.to(device)
    if settings.start_from:
        start_from(settings.start_from, field)
    terms_at = StepTerms(field, material, solver, settings, device)
    optimiser = torch.optim.AdamW(
        field.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, foreach=True
    )
    begin = {name: _digest(value) for name, value in field.state_dict().items()}  # includes path and curve
    code, network = code_digest(__file__), field.network.settings.plain()
    told = [material.roughness, *(_digest(states) for states in terms_at.told)]
    of_run = [material.graph.anchors, settings.plain(), solver.plain(), seed, network, begin, code, told]
    fingerprint = settings_digest(of_run)
    steps = settings.steps
    end = steps if monitor.stop is None else min(monitor.stop, steps)
    best = _Best(settings, field)
    history = _resume(checkpoint, fingerprint, (field, optimiser, best), end) if checkpoint else []

    _watched(watch, len(history), field)
    field.train()
    for step in progress(range(len(history), end), "dynamics", total=end, done=len(history)):
        terms = terms_at(seeding.stream(seed, "starts", step))
        loss = torch.stack(list(terms.values())).sum()
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * decay(settings.schedule, step, steps, _FINAL_RATE)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(field.parameters(), math.inf if settings.clip is None else settings.clip)
        values = [loss.item(), *(terms[name].item() if name in terms else 0.0 for name in LOSS_TERMS)]
        if not all(map(math.isfinite, [*values, gradient.item()])):
            raise DivergenceError(
                f"fitting the dynamics diverged at step {step} (loss {values[0]}); lower "
                f"models.*.training.learning_rate (now {settings.learning_rate}) or raise "
                f"models.*.solver.substeps (now {solver.substeps})."
            )
        optimiser.step()
        history.append([step, *values])
        best.see(history)
        _watched(watch, step + 1, field)
        due = settings.checkpoint_every and (step + 1) % settings.checkpoint_every == 0
        if checkpoint and due and step + 1 < end:
            _write_checkpoint(checkpoint, fingerprint, (field, optimiser, best), history)
    best.restore()
    field.eval()
    if checkpoint:
        checkpoint.unlink(missing_ok=True)
    return table_of_losses(history)


def table_of_losses(history: Sequence[Sequence[float]]) -> pd.DataFrame:
    """Table step, loss and one column for each term, from its rows."""
    return pd.DataFrame(list(history), columns=["step", "loss", *LOSS_TERMS])


class StepTerms:
    """The weighted terms of one step's loss, by name: a function of the step's random draws.

    Args:
        field: the rates.
        material: the data.
        solver: the scheme.
        settings: the `training` section.
        device: of the field.
    """

    def __init__(
        self, field: Field, material: Material, solver: SolverSettings, settings: TrainingSettings, device: torch.device
    ):
        self.field, self.material, self.solver, self.settings = field, material, solver, settings
        graph = material.graph
        self.knots = normalise_times(graph.times, graph.times, field.span).to(device)
        self.real_share = graph.mask.mean() if settings.padding else 1.0
        self.anchors = torch.as_tensor(graph.weights, dtype=torch.float32, device=device)
        self.speaks = settings.behavioural > 0 or settings.divergence > 0
        self.snapshots = [torch.as_tensor(s, device=device) for s in material.snapshots] if self.speaks else []
        self.told: list[Tensor] = list(self.snapshots)
        if material.lesson is not None:
            self.lesson_times = normalise_times(material.lesson.times, graph.times, field.span).to(device)
            self.lesson = torch.as_tensor(np.stack(material.lesson.states), device=device)
            self.told.append(self.lesson)

    @property
    def backbone(self) -> Backbone:
        """The backbone of the behavioural terms."""
        if self.material.backbone is None:
            raise ValueError("behavioural terms and a divergence need a backbone")
        return self.material.backbone

    def __call__(self, draws: np.random.Generator) -> dict[str, Tensor]:
        """The terms, each a scalar with its weight."""
        return self._short_ways(draws) if self.material.lesson is None else self._whole_way(draws)

    @property
    def of_path(self) -> bool:
        """Whether the energy is that of the whole path, not of the deviation from a base curve."""
        return self.settings.energy_of == "path"

    def _drop(self, draws: np.random.Generator) -> None:
        """Draw the dropped activations of the next solution, if the network drops any."""
        if self.field.network.settings.dropout:
            self.field.network.drop(int(draws.integers(2**62)))

    def _generator(self, draws: np.random.Generator) -> torch.Generator:
        return torch.Generator(self.knots.device).manual_seed(int(draws.integers(2**62)))

    def _short_ways(self, draws: np.random.Generator) -> dict[str, Tensor]:
        """Terms of solutions from some anchors over a common horizon."""
        settings, count = self.settings, len(self.anchors)
        horizon = int(draws.integers(1, min(settings.max_horizon or count, count - 1) + 1))
        if settings.repeats:
            drawn = draws.integers(0, count - horizon, settings.starts)
        else:
            drawn = draws.permutation(count - horizon)[: settings.starts]
        distinct, which = np.unique(drawn, return_inverse=True) if settings.repeats else (drawn, slice(None))
        starts = torch.as_tensor(distinct, device=self.knots.device)
        begin = self.anchors[starts] if self.field.curve is None else self.field.base(self.knots[starts])
        clock = torch.zeros_like(starts) if settings.restart else starts
        self._drop(draws)
        reached, energy = evolve(self.field, begin, clock, self.knots, horizon, self.solver, self.of_path)
        reached, energy, starts = reached[:, which], energy[:, which], starts[which]
        places = torch.stack([starts + i + 1 for i in range(horizon)]).flatten()
        weights = reached.flatten(0, 1)
        terms = self._on_the_way(weights, places, (energy if settings.energy_until == "each" else energy[-1]).mean())
        if self.speaks:
            states = self._states(places, self._generator(draws))
            nll = losses.negative_log_likelihood(self.backbone, weights, states)
            terms["behavioural"] = settings.behavioural * nll
            if settings.divergence:
                terms["divergence"] = self._divergence(weights, places, states)
        return terms

    def _whole_way(self, draws: np.random.Generator) -> dict[str, Tensor]:
        """Terms of one solution through the whole range, at the snapshots and at some of the lesson's times."""
        settings, generator, backbone = self.settings, self._generator(draws), self.backbone
        chosen, batch = draw_batch(self.lesson, settings.times, settings.batch, generator)
        first = first_weights(self.field, self.material.graph, self.knots)
        marks, places = torch.unique(torch.cat([self.knots, self.lesson_times[chosen]]), return_inverse=True)
        self._drop(draws)
        weights, energy = evolve_through(self.field, first, self.knots, marks, self.solver, self.of_path)
        count = len(self.knots)
        at_knots, at_lesson = weights[places[1:count]], weights[places[count:]]
        snapshots = torch.arange(1, count, device=self.knots.device)
        spent = energy[places[1:count]].mean() if settings.energy_until == "each" else energy[-1]
        terms = self._on_the_way(at_knots, snapshots, spent)
        terms["behavioural"] = settings.behavioural * losses.negative_log_likelihood(backbone, at_lesson, batch)
        if settings.divergence:
            terms["divergence"] = self._divergence(at_knots, snapshots, self._states(snapshots, generator))
        terms["roughness"] = self.material.roughness * losses.roughness(backbone, at_lesson)
        return terms

    def _on_the_way(self, weights: Tensor, places: Tensor, energy: Tensor) -> dict[str, Tensor]:
        """Terms without states: the distance of weights (S, P) from the anchors at places (S,), and the path energy."""
        apart = self.real_share * losses.structural(weights, self.anchors[places])
        return {"structural": self.settings.structural * apart, "energy": self.settings.energy * energy}

    def _divergence(self, weights: Tensor, places: Tensor, states: Tensor) -> Tensor:
        """KL divergence between the densities of weights (S, P) and of anchors at places (S,), at states (S, n, d)."""
        apart = losses.divergence(self.backbone, weights, self.anchors[places], states)
        return self.settings.divergence * apart

    def _states(self, places: Tensor, generator: torch.Generator) -> Tensor:
        """(S, n, d) random states of the snapshots at some places (S,)."""
        shape = len(places), self.settings.batch
        draws = torch.rand(shape, generator=generator, device=self.knots.device)
        chosen = [self.snapshots[k] for k in places.tolist()]
        return torch.stack([states[(u * len(states)).long()] for states, u in zip(chosen, draws, strict=True)])


def start_from(path: str | Path, field: nn.Module) -> None:
    """Copy another run's parameters, but not its buffers: path and scales belong to this run's anchors.

    Raises:
        InputError: the file is damaged or belongs to another network.
    """
    trained = read_field(path, field)
    with torch.no_grad():
        for name, parameter in field.named_parameters():
            parameter.copy_(trained[name])


def _digest(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.detach().cpu().numpy().tobytes()).hexdigest()


class _Best:
    """The parameters at the end of the round with the least mean squared error of the weights, if they are kept."""

    def __init__(self, settings: TrainingSettings, field: nn.Module):
        self.length = settings.round if settings.keep == "best" else 0
        self.field, self.error = field, math.inf
        self.state: dict[str, Tensor] = {}

    def see(self, history: Sequence[Sequence[float]]) -> None:
        """Compare a round that has just ended, of the rows step, loss and terms."""
        if not self.length or len(history) % self.length:
            return
        error = float(np.mean([row[_STRUCTURAL] for row in history[-self.length :]]))
        if error < self.error:
            self.error = error
            self.state = {name: value.detach().clone() for name, value in self.field.named_parameters()}

    def restore(self) -> None:
        """Give the field these parameters; without a whole round it keeps its last ones."""
        with torch.no_grad():
            for name, parameter in self.field.named_parameters():
                if name in self.state:
                    parameter.copy_(self.state[name])


Parts = tuple[nn.Module, torch.optim.Optimizer, _Best]


def _watched(watch: Callable[[int, Field], None] | None, step: int, field: Field) -> None:
    """Call the callback with the field as it predicts."""
    if watch:
        field.eval()
        watch(step, field)
        field.train()


def _write_checkpoint(path: Path, fingerprint: str, parts: Parts, history: list) -> None:
    field, optimiser, best = parts
    moments = {
        f"adam.{name}.{index}": value
        for index, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }
    tensors = {f"field.{name}": value for name, value in field.state_dict().items()}
    kept = {f"best.{name}": value for name, value in best.state.items()}
    arrays = _to_numpy({**tensors, **kept, **moments})
    told = {"fingerprint": fingerprint, "error": best.error if best.state else None}
    write_tensors(path, CHECKPOINT_KIND, {**arrays, "history": np.array(history)}, **told)


def _resume(path: Path, fingerprint: str, parts: Parts, end: int) -> list:
    """Load this run's checkpoint, if it exists and is not past the end; return the history so far."""
    if not path.is_file():
        return []
    try:
        artefact = read_tensors(path, CHECKPOINT_KIND)
    except InputError:
        return []  # a damaged checkpoint costs time, not the run
    if artefact.metadata.get("fingerprint") != fingerprint or len(artefact.tensors["history"]) > end:
        return []
    field, optimiser, best = parts
    tensors = {name: torch.from_numpy(array.copy()) for name, array in artefact.tensors.items()}
    field.load_state_dict(
        {name.removeprefix("field."): value for name, value in tensors.items() if name.startswith("field.")}
    )
    if (error := artefact.metadata.get("error")) is not None:
        device = next(field.parameters()).device
        best.error = float(error)
        kept = {name.removeprefix("best."): value for name, value in tensors.items() if name.startswith("best.")}
        best.state = {name: value.to(device) for name, value in kept.items()}
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("adam."):
            _, moment, index = name.split(".")
            state.setdefault(int(index), {})[moment] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return [[int(row[0]), *row[1:]] for row in artefact.tensors["history"].tolist()]


def _to_numpy(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: value.detach().cpu().numpy() for name, value in tensors.items()}

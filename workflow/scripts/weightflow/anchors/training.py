"""Anchors: the backbone's weights θ_k that minimise the negative log-likelihood on snapshot k.

Neighbouring anchors must be aligned (same basin, same order of neurons) for a path between them to mean anything.
The alignments are listed in registry.py; strategies.py trains them with what is defined here.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from weightflow import seeding
from weightflow.anchors.registry import ALIGNMENTS
from weightflow.anchors.settings import AnchorSettings
from weightflow.errors import DivergenceError
from weightflow.networks.alignment import align_chain
from weightflow.networks.backbones import Backbone
from weightflow.networks.batches import Batches
from weightflow.networks.learning_rate import cosine_decay
from weightflow.networks.likelihood import mean_nll
from weightflow.progress import progress
from weightflow.seeding import Computation

_FINAL_RATE = 0.05  # share of the learning rate that is left at the end of the cosine decay
_LOSS_EVERY = 10
_LOOKS = 20  # at whether an anchor has settled
_JUDGING = 1000  # states of a snapshot that say so


@dataclass(frozen=True)
class Anchors:
    """K trained anchors.

    Attributes:
        times: (K,) times of their snapshots.
        weights: (K, P) flat weights.
        losses: table snapshot, step, nll (per state, on the training batch).
    """

    times: np.ndarray
    weights: np.ndarray
    losses: pd.DataFrame


class AnchorPlace(NamedTuple):
    """Which of the trained anchors one is.

    Attributes:
        seed: index of its seed among the seeds.
        snapshot: index of its snapshot.
    """

    seed: int
    snapshot: int


class Loss(NamedTuple):
    """The loss of an anchor at a step.

    Attributes:
        place: which anchor.
        step: of its training.
        nll: per state, on the batch.
    """

    place: AnchorPlace
    step: int
    nll: float


def train_anchors(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: AnchorSettings,
    computation: Computation,
) -> Anchors:
    """Train one anchor per snapshot.

    Args:
        backbone: the density.
        snapshots: K arrays (N_k, d).
        times: (K,).
        settings: `alignment`, `first_steps`, `steps`, `settled`, `batch`, `learning_rate`, `smoothness`.
        computation: its seed is that of initial weights and batches.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    seeds, device = [computation.seed], computation.device
    (found,) = train_anchors_of_seeds(backbone, snapshots, times, settings, seeds, device)
    return found


def train_anchors_of_seeds(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: AnchorSettings,
    seeds: Sequence[int],
    device: torch.device,
) -> list[Anchors]:
    """The anchors of several seeds, side by side, on one device; other arguments as for `train_anchors`.

    Each seed has its own random streams, so its anchors are those it has alone (to the last bit or, where the linear
    algebra treats stacks of another height otherwise, to rounding).
    """
    training = prepare_training(backbone, snapshots, times, settings, seeds, device)
    alignment = ALIGNMENTS[settings.alignment]
    weights, losses = alignment.train.load()(training)
    if alignment.matched:
        weights = torch.stack([align(backbone, own) for own in weights])
    return [_anchors(training, times, own, _of_seed(losses, seed)) for seed, own in enumerate(weights)]


def train_anchor(training: "Training", snapshot: int, start: np.ndarray | None) -> Anchors:
    """The anchor of one snapshot and one seed alone, before it is matched to others, as `Anchors` of one.

    It is the one that all are trained with side by side (to the last bit or to rounding, as above).

    Args:
        training: what there is to train on, with one seed.
        snapshot: its index.
        start: (P,) common start of pooled anchors, or None for one of its own.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    common = None if start is None else torch.as_tensor(start, device=training.device)[None]
    weights, losses = train_each(training, [snapshot], common)
    return _anchors(training, training.times[[snapshot]], weights[0], _of_seed(losses, 0))


def gather_anchors(backbone: Backbone, parts: Sequence[Anchors], settings: AnchorSettings) -> Anchors:
    """Anchors trained alone, in order of their snapshots, as one set, matched where `alignment` says so."""
    weights = torch.as_tensor(np.concatenate([part.weights for part in parts]))
    losses = pd.concat([part.losses for part in parts]).sort_values(["step", "snapshot"], ignore_index=True)
    if ALIGNMENTS[settings.alignment].matched:
        weights = align(backbone, weights)
    return Anchors(np.concatenate([part.times for part in parts]), weights.numpy(), losses)


def prepare_training(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: AnchorSettings,
    seeds: Sequence[int],
    device: torch.device,
) -> "Training":
    """What strategies take, with the snapshots on the device; arguments as for `train_anchors`."""
    data = [torch.as_tensor(snapshot, device=device) for snapshot in snapshots]
    return Training(backbone, data, times, settings, tuple(seeds), device)


@dataclass(frozen=True)
class Training:
    """What a strategy takes.

    Attributes:
        backbone: the density.
        data: K tensors (N_k, d) of states as networks see them.
        times: (K,).
        settings: the `anchors` section.
        seeds: R seeds, each of everything random of its anchors.
        device: where the data are.
    """

    backbone: Backbone
    data: list[Tensor]
    times: np.ndarray
    settings: AnchorSettings
    seeds: tuple[int, ...]
    device: torch.device

    @property
    def batches(self) -> Batches:
        """Batches of all the snapshots."""
        return Batches(self.data, self.settings.batch)

    def generators(self, *labels: str | int) -> list[torch.Generator]:
        """The random stream of each seed for one snapshot (its index), or for what its label says."""
        return [
            torch.Generator(self.device).manual_seed(seeding.integer(seed, "anchors", *labels)) for seed in self.seeds
        ]

    def fresh(self, generators: Sequence[torch.Generator]) -> Tensor:
        """(S, P) initial weights, one row from each stream."""
        return torch.cat([self.backbone.initial(1, generator) for generator in generators])


class Stack:
    """Networks (S, P) that are trained side by side, and their optimiser."""

    def __init__(self, weights: Tensor, learning_rate: float):
        self.weights = weights.clone().requires_grad_()
        self.optimiser = torch.optim.Adam([self.weights], lr=learning_rate)

    def keep(self, rows: list[int]) -> None:
        """Let all but some networks go, with what the optimiser knew of them."""
        state = self.optimiser.state.pop(self.weights)
        shape, self.weights = self.weights.shape, self.weights.detach()[rows].requires_grad_()
        kept = {name: value[rows] if value.shape == shape else value for name, value in state.items()}
        self.optimiser.state[self.weights] = kept
        self.optimiser.param_groups[0]["params"] = [self.weights]


def fit_pooled(training: Training, steps: int) -> Tensor:
    """(R, P) weights of each seed fitted to all snapshots together, each as likely as any other."""
    generators, batches = training.generators("pooled"), training.batches
    stack = Stack(training.fresh(generators), training.settings.learning_rate)
    run = minimise(training, stack, lambda: torch.cat([batches.draw_pooled(g) for g in generators]), steps)
    for _ in progress(run, "all snapshots together", total=math.ceil(steps / _LOSS_EVERY)):
        pass
    return stack.weights.detach()


def train_each(
    training: Training,
    chosen: Sequence[int],
    start: Tensor | None,
    steps: int | None = None,
    penalty: Callable[[Tensor], Tensor | float] | None = None,
) -> tuple[Tensor, list[Loss]]:
    """Train the anchors of some snapshots side by side, each with its own random stream.

    Args:
        training: what there is to train on.
        chosen: S indices of snapshots; an anchor comes out the same whichever others are chosen with it.
        start: (R, P) common start of each seed's, or None for one of each anchor's own.
        steps: how many; None for the settings' number with such a start.
        penalty: of the weights (R·S, P), seed by seed, added to the sum of their losses; none of them settles then.

    Returns:
        (R, S, P) weights, and losses.
    """
    settings, batches, losses = training.settings, training.batches, []
    places = [AnchorPlace(seed, k) for seed in range(len(training.seeds)) for k in chosen]
    streams = {k: training.generators(k) for k in chosen}
    generators = [streams[place.snapshot][place.seed] for place in places]
    weights = training.fresh(generators) if start is None else start.repeat_interleave(len(chosen), dim=0)
    if steps is None:
        steps = settings.first_steps if start is None else settings.steps
    stack, going = Stack(weights, settings.learning_rate), list(range(len(places)))
    settled = _Settled(training, settings.settled) if settings.settled and penalty is None else None

    def draw() -> Tensor:
        return batches.draw([places[i].snapshot for i in going], [generators[i] for i in going])

    run = minimise(training, stack, draw, steps, penalty)
    for step, loss in progress(run, "anchors, side by side", total=math.ceil(steps / _LOSS_EVERY)):
        losses += [Loss(places[i], step, value) for i, value in zip(going, loss, strict=True)]
        if settled and step and step % max(_LOSS_EVERY, steps // _LOOKS // _LOSS_EVERY * _LOSS_EVERY) == 0:
            weights[going] = stack.weights.detach()
            stay = [row for row, i in enumerate(going) if not settled(i, places[i].snapshot, stack.weights[row])]
            if not stay:
                break
            if len(stay) < len(going):
                stack.keep(stay)
                going = [going[row] for row in stay]
    weights[going] = stack.weights.detach()
    return weights.unflatten(0, (-1, len(chosen))), losses


class _Settled:
    """Whether an anchor has gained less than `least` nats per state since it was last looked at, twice in a row.

    It is judged on the same states of its snapshot each time, so that draws are no part of the difference.
    """

    def __init__(self, training: Training, least: float):
        self.training, self.least = training, least
        self.scores: dict[int, list[float]] = {}

    def __call__(self, anchor: int, snapshot: int, weights: Tensor) -> bool:
        states = self.training.data[snapshot][:_JUDGING]
        scores = self.scores.setdefault(anchor, [])
        scores.append(mean_nll(self.training.backbone, weights.detach()[None], states).item())
        gains = -np.diff(scores[-3:])
        return len(gains) == 2 and bool((gains < self.least).all())


def align(backbone: Backbone, weights: Tensor) -> Tensor:
    """(K, P) independent anchors with their hidden units matched from each to the next."""
    matched = align_chain(backbone.layers, backbone.symmetries, weights.cpu().numpy())
    return torch.as_tensor(matched, device=weights.device)


def minimise(
    training: Training,
    stack: Stack,
    draw: Callable[[], Tensor],
    steps: int,
    penalty: Callable[[Tensor], Tensor | float] | None = None,
) -> Iterator[tuple[int, list[float]]]:
    """Descend on a stack of S networks, a batch (S, n, d) each step, and yield (step, S losses) now and then."""
    settings, optimiser = training.settings, stack.optimiser
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = settings.learning_rate * cosine_decay(step, steps, _FINAL_RATE)
        loss = mean_nll(training.backbone, stack.weights, draw())
        optimiser.zero_grad(set_to_none=True)
        (loss.sum() + (penalty(stack.weights) if penalty else 0.0)).backward()
        optimiser.step()
        if step % _LOSS_EVERY == 0 or step == steps - 1:
            values = loss.tolist()
            if not all(map(math.isfinite, values)):
                raise _diverged(f"at step {step}", settings)
            yield step, values


def _anchors(training: Training, times: np.ndarray, weights: Tensor, losses: Sequence[Loss]) -> Anchors:
    """The anchors (S, P) of one seed, with its losses."""
    if not torch.isfinite(weights).all():
        raise _diverged("in its last steps", training.settings)
    rows = [(loss.place.snapshot, loss.step, loss.nll) for loss in losses]
    return Anchors(times, weights.cpu().numpy(), pd.DataFrame(rows, columns=["snapshot", "step", "nll"]))


def _of_seed(losses: Sequence[Loss], seed: int) -> list[Loss]:
    """The losses of one of the seeds, by its place among them."""
    return [loss for loss in losses if loss.place.seed == seed]


def _diverged(when: str, settings: AnchorSettings) -> DivergenceError:
    return DivergenceError(
        f"anchor training diverged {when}; lower models.*.anchors.learning_rate (now {settings.learning_rate})."
    )

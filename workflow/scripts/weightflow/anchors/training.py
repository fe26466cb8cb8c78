"""Anchors: the backbone's weights θ_k that minimise the negative log-likelihood on snapshot k.

Neighbouring anchors must be aligned (same basin, same order of neurons) for a path between them to mean anything.
registry.py lists the alignments; strategies.py trains anchors with the functions of this module.
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
from weightflow.networks.learning_rate import decay
from weightflow.networks.likelihood import mean_nll
from weightflow.networks.released_files import read_anchors_of_release
from weightflow.progress import progress
from weightflow.seeding import Computation

_FINAL_RATE = 0.05  # final share of the learning rate in the cosine decay
_LOSS_EVERY = 10
_LOOKS = 20  # checks whether an anchor has settled
_JUDGING = 1000  # states of a snapshot in such a check


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
    """Position of an anchor among the trained ones.

    Attributes:
        seed: index of its seed among the seeds.
        snapshot: index of its snapshot.
    """

    seed: int
    snapshot: int


class Loss(NamedTuple):
    """The loss of an anchor at a step.

    Attributes:
        place: position of the anchor.
        step: step of the training.
        nll: negative log-likelihood per state of the batch, in nats.
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
        settings: the `anchors` section.
        computation: the device, and the seed of initial weights and batches, unless the settings have one.

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

    Each seed has its own random streams, so its anchors do not depend on the other seeds, except for rounding where
    the linear algebra treats stacks of different heights differently.
    """
    training = prepare_training(backbone, snapshots, times, settings, seeds, device)
    alignment = ALIGNMENTS[settings.alignment]
    weights, losses = alignment.train.load()(training)
    if alignment.matched:
        weights = torch.stack([align(backbone, own) for own in weights])
    return [_anchors(training, times, own, _of_seed(losses, seed)) for seed, own in enumerate(weights)]


def train_anchor(training: "Training", snapshot: int, start: np.ndarray | None) -> Anchors:
    """Train the anchor of one snapshot and one seed, without matching its hidden units to other anchors.

    It equals the anchor from a training of all snapshots side by side, except for rounding.

    Args:
        training: data and settings, with one seed.
        snapshot: its index.
        start: (P,) common start of pooled anchors, or None for a random start.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    common = None if start is None else torch.as_tensor(start, device=training.device)[None]
    weights, losses = train_each(training, [snapshot], common)
    return _anchors(training, training.times[[snapshot]], weights[0], _of_seed(losses, 0))


def gather_anchors(backbone: Backbone, parts: Sequence[Anchors], settings: AnchorSettings) -> Anchors:
    """Join separately trained anchors, in the order of their snapshots, and match them if the alignment does."""
    weights = torch.as_tensor(np.concatenate([part.weights for part in parts]))
    losses = pd.concat([part.losses for part in parts]).sort_values(["step", "snapshot"], ignore_index=True)
    if ALIGNMENTS[settings.alignment].matched:
        weights = align(backbone, weights)
    return Anchors(np.concatenate([part.times for part in parts]), weights.numpy(), losses)


def released_anchors(folder: str, backbone: Backbone, times: np.ndarray) -> Anchors:
    """The anchors of the released code, without losses; raises as `read_anchors_of_release`.

    Args:
        folder: of the files.
        backbone: the density.
        times: (K,) of the observed snapshots.
    """
    weights = read_anchors_of_release(folder, backbone.layers, times)
    return Anchors(times, weights, pd.DataFrame(columns=["snapshot", "step", "nll"]))


def prepare_training(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: AnchorSettings,
    seeds: Sequence[int],
    device: torch.device,
) -> "Training":
    """The input of strategies, with the snapshots on the device; arguments as for `train_anchors`."""
    data = [torch.as_tensor(snapshot, device=device) for snapshot in snapshots]
    own = tuple(seed if settings.seed is None else settings.seed for seed in seeds)
    return Training(backbone, data, times, settings, own, device)


@dataclass(frozen=True)
class Training:
    """Input of a strategy.

    Attributes:
        backbone: the density.
        data: K tensors (N_k, d) of coordinates.
        times: (K,).
        settings: the `anchors` section.
        seeds: R seeds; each is the seed of all random numbers of its anchors.
        device: device of the data.
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
        """One random stream per seed, for a snapshot (by its index) or another purpose (by its label)."""
        return [
            torch.Generator(self.device).manual_seed(seeding.integer(seed, "anchors", *labels)) for seed in self.seeds
        ]

    def stack(self, weights: Tensor) -> "Stack":
        """Networks (S, P) with a fresh optimiser."""
        return Stack(weights, self.settings.learning_rate, self.settings.weight_decay)

    def fresh(self, generators: Sequence[torch.Generator]) -> Tensor:
        """(S, P) initial weights, one row from each stream."""
        return torch.cat([self.backbone.initial(1, generator) for generator in generators])


class Stack:
    """Networks (S, P) that are trained side by side, and their optimiser."""

    def __init__(self, weights: Tensor, learning_rate: float, weight_decay: float = 0.0):
        self.weights = weights.clone().requires_grad_()
        self.optimiser = torch.optim.AdamW([self.weights], lr=learning_rate, weight_decay=weight_decay)

    def keep(self, rows: list[int]) -> None:
        """Keep only the networks in these rows, with their part of the optimiser's state."""
        state = self.optimiser.state.pop(self.weights)
        shape, self.weights = self.weights.shape, self.weights.detach()[rows].requires_grad_()
        kept = {name: value[rows] if value.shape == shape else value for name, value in state.items()}
        self.optimiser.state[self.weights] = kept
        self.optimiser.param_groups[0]["params"] = [self.weights]


def fit_pooled(training: Training, steps: int) -> Tensor:
    """(R, P) weights of each seed fitted to all snapshots together, with equal probability of each snapshot."""
    generators, batches = training.generators("pooled"), training.batches
    stack = training.stack(training.fresh(generators))
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
        training: data and settings.
        chosen: S indices of snapshots; an anchor does not depend on the other chosen snapshots.
        start: (R, P) common start of each seed, or None for a random start of each anchor.
        steps: number of steps; None takes `steps` of the settings with a common start and `first_steps` without one.
        penalty: of the weights (R·S, P), seed by seed, added to the sum of their losses; no anchor stops early then.

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
    stack, going = training.stack(weights), list(range(len(places)))
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
    """Whether an anchor gained less than `least` nats per state in each of the last two checks.

    All checks use the same states of its snapshot, so random draws do not enter the difference.
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
    """Match the hidden units of each of K independent anchors (K, P) to those of the previous one."""
    matched = align_chain(backbone.layers, backbone.symmetries, weights.cpu().numpy())
    return torch.as_tensor(matched, device=weights.device)


def minimise(
    training: Training,
    stack: Stack,
    draw: Callable[[], Tensor],
    steps: int,
    penalty: Callable[[Tensor], Tensor | float] | None = None,
) -> Iterator[tuple[int, list[float]]]:
    """Train S networks on a batch (S, n, d) per step, and yield (step, S losses) every ten steps and at the last."""
    settings, optimiser = training.settings, stack.optimiser
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = settings.learning_rate * decay(settings.schedule, step, steps, _FINAL_RATE)
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
    """The losses of one seed, by its index."""
    return [loss for loss in losses if loss.place.seed == seed]


def _diverged(when: str, settings: AnchorSettings) -> DivergenceError:
    return DivergenceError(
        f"anchor training diverged {when}; lower models.*.anchors.learning_rate (now {settings.learning_rate})."
    )

"""Anchors: the backbone's weights θ_k that minimise the negative log-likelihood on snapshot k.

Neighbouring anchors must be aligned (same basin, same order of neurons) for a path between them to mean
anything. Strategies: `sequential` (the paper), where θ_k starts from θ_{k−1} with the optimiser's state
carried on; `pooled`, where all start from one fit to all snapshots together; `joint`, where all are trained
at once and held together in time; `rebasin`, independent anchors whose hidden units are then matched
(alignment.py); and `none`, independent anchors as they are.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from weightflow import seeding
from weightflow.alignment import align_chain
from weightflow.backbones import Backbone
from weightflow.batches import Batches
from weightflow.errors import DivergenceError
from weightflow.learning_rate import cosine_decay
from weightflow.likelihood import mean_nll
from weightflow.progress import progress

_FINAL_RATE = 0.05  # share of the learning rate that is left at the end of the cosine decay
_POOLED_SHARE = 0.25  # of the joint training's steps, spent on the common start
_LOSS_EVERY = 10


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


def train_anchors(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> Anchors:
    """Train one anchor per snapshot.

    Args:
        backbone: the density.
        snapshots: K arrays (N_k, d).
        times: (K,).
        settings: `alignment`, `first_steps`, `steps`, `batch`, `learning_rate`, `smoothness`.
        seed: of initial weights and batches.
        device: where to train.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    training = prepare_training(backbone, snapshots, times, settings, seed, device)
    return _anchors(training, times, *STRATEGIES[settings["alignment"]](training))


def train_anchor(training: "Training", snapshot: int, start: np.ndarray | None) -> Anchors:
    """The anchor of one snapshot alone, before it is matched to others, as `Anchors` of one.

    Its random stream is its own, so it is the one that all are trained with side by side (to the last bit or,
    where the linear algebra treats stacks of another height otherwise, to rounding).

    Args:
        training: what there is to train on.
        snapshot: its index.
        start: (P,) common start of pooled anchors, or None for one of its own.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    common = None if start is None else torch.as_tensor(start, device=training.device)[None]
    return _anchors(training, training.times[[snapshot]], *train_each(training, [snapshot], common))


def gather_anchors(backbone: Backbone, parts: Sequence[Anchors], settings: Mapping[str, Any]) -> Anchors:
    """Anchors trained alone, in order of their snapshots, as one set, matched where `alignment` says so."""
    weights = torch.as_tensor(np.concatenate([part.weights for part in parts]))
    losses = pd.concat([part.losses for part in parts]).sort_values(["step", "snapshot"], ignore_index=True)
    if settings["alignment"] == "rebasin":
        weights = align(backbone, weights)
    return Anchors(np.concatenate([part.times for part in parts]), weights.numpy(), losses)


def prepare_training(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> "Training":
    """What strategies are given, with the snapshots on the device; arguments as for `train_anchors`."""
    data = [torch.as_tensor(snapshot, device=device) for snapshot in snapshots]
    return Training(backbone, data, times, settings, seed, device)


@dataclass(frozen=True)
class Training:
    """What a strategy is given.

    Attributes:
        backbone: the density.
        data: K tensors (N_k, d) of states as networks see them.
        times: (K,).
        settings: the `anchors` section.
        seed: of everything random.
        device: where the data are.
    """

    backbone: Backbone
    data: list[Tensor]
    times: np.ndarray
    settings: Mapping[str, Any]
    seed: int
    device: torch.device

    @property
    def batches(self) -> Batches:
        """Batches of all the snapshots."""
        return Batches(self.data, self.settings["batch"])

    def generator(self, *labels: str | int) -> torch.Generator:
        """The random stream of one snapshot (its index), or of what its label says."""
        return torch.Generator(self.device).manual_seed(seeding.integer(self.seed, "anchors", *labels))


def _sequential(training: Training):
    settings, generator = training.settings, training.generator()
    weights = training.backbone.initial(1, generator).requires_grad_()
    optimiser = torch.optim.Adam([weights], lr=settings["learning_rate"])
    anchors, losses = [], []
    for k, snapshot in enumerate(progress(training.data, "anchors, one after another")):
        batches = Batches([snapshot], settings["batch"])
        steps = settings["steps"] if k else settings["first_steps"]
        for step, loss in _minimise(
            training, weights, lambda own=batches: own.draw([0], [generator]), steps, optimiser
        ):
            losses.append((k, step, loss[0]))
        anchors.append(weights.detach().clone())
    return torch.cat(anchors), losses


def _pooled(training: Training):
    start = fit_pooled(training, training.settings["first_steps"])
    return train_each(training, range(len(training.data)), start)


def _joint(training: Training):
    steps = training.settings["first_steps"]
    before = int(_POOLED_SHARE * steps)
    start = fit_pooled(training, before)
    penalty = unevenness(training.times, training.device)
    strength = training.settings["smoothness"]
    everyone = range(len(training.data))
    return train_each(training, everyone, start, steps - before, lambda weights: strength * penalty(weights))


def _independent(training: Training):
    return train_each(training, range(len(training.data)), None)


def _rebasin(training: Training):
    weights, losses = _independent(training)
    return align(training.backbone, weights), losses


# A strategy takes a Training and returns weights (K, P) and rows (snapshot, step, nll) of losses.
STRATEGIES: dict[str, Callable[[Training], tuple[Tensor, list]]] = {
    "sequential": _sequential,
    "pooled": _pooled,
    "joint": _joint,
    "rebasin": _rebasin,
    "none": _independent,
}


def fit_pooled(training: Training, steps: int) -> Tensor:
    """(1, P) weights fitted to all snapshots together, each as likely as any other."""
    generator, batches = training.generator("pooled"), training.batches
    weights = training.backbone.initial(1, generator).requires_grad_()
    optimiser = torch.optim.Adam([weights], lr=training.settings["learning_rate"])
    run = _minimise(training, weights, lambda: batches.draw_pooled(generator), steps, optimiser)
    for _ in progress(run, "all snapshots together", total=math.ceil(steps / _LOSS_EVERY)):
        pass
    return weights.detach()


def train_each(
    training: Training,
    chosen: Sequence[int],
    start: Tensor | None,
    steps: int | None = None,
    penalty: Callable[[Tensor], Tensor | float] = lambda weights: 0.0,
) -> tuple[Tensor, list[tuple[int, int, float]]]:
    """Train the anchors of some snapshots side by side, each with its own random stream.

    Args:
        training: what there is to train on.
        chosen: S indices of snapshots; an anchor comes out the same whichever others are chosen with it.
        start: (1, P) common start, or None for one of each anchor's own.
        steps: how many; None for the settings' number with such a start.
        penalty: of the weights (S, P), added to the sum of their losses.

    Returns:
        (S, P) weights, and rows (snapshot, step, nll) of losses.
    """
    settings, batches = training.settings, training.batches
    generators = [training.generator(k) for k in chosen]
    if start is None:
        weights = torch.cat([training.backbone.initial(1, generator) for generator in generators])
    else:
        weights = start.repeat(len(generators), 1)
    weights.requires_grad_()
    if steps is None:
        steps = settings["first_steps" if start is None else "steps"]
    optimiser = torch.optim.Adam([weights], lr=settings["learning_rate"])
    run = _minimise(training, weights, lambda: batches.draw(chosen, generators), steps, optimiser, penalty)
    losses = [
        (k, step, value)
        for step, loss in progress(run, "anchors, side by side", total=math.ceil(steps / _LOSS_EVERY))
        for k, value in zip(chosen, loss, strict=True)
    ]
    return weights.detach(), losses


def align(backbone: Backbone, weights: Tensor) -> Tensor:
    """(K, P) independent anchors with their hidden units matched from each to the next."""
    matched = align_chain(backbone.layers, backbone.symmetries, weights.cpu().numpy())
    return torch.as_tensor(matched, device=weights.device)


def unevenness(times: np.ndarray, device: torch.device) -> Callable[[Tensor], Tensor]:
    """The penalty ∫ |θ′|² + |θ″|² du of weights (K, P), by divided differences.

    Time u is counted in mean intervals between the K times, so the penalty has no unit.
    """
    u = torch.as_tensor((times - times[0]) / np.diff(times).mean(), dtype=torch.float32, device=device)
    apart = u.diff()[:, None]
    around = (apart[1:] + apart[:-1]) / 2

    def penalty(weights: Tensor) -> Tensor:
        first = weights.diff(dim=0) / apart
        second = first.diff(dim=0) / around
        return (first.square() * apart).sum() + (second.square() * around).sum()

    return penalty


def _minimise(
    training: Training,
    weights: Tensor,
    draw: Callable[[], Tensor],
    steps: int,
    optimiser: torch.optim.Optimizer,
    penalty: Callable[[Tensor], Tensor | float] = lambda weights: 0.0,
) -> Iterator[tuple[int, list[float]]]:
    """Descend on stacked weights (S, P), a batch (S, n, d) each step, and yield (step, S losses) now and then."""
    settings = training.settings
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = settings["learning_rate"] * cosine_decay(step, steps, _FINAL_RATE)
        loss = mean_nll(training.backbone, weights, draw())
        optimiser.zero_grad(set_to_none=True)
        (loss.sum() + penalty(weights)).backward()
        optimiser.step()
        if step % _LOSS_EVERY == 0 or step == steps - 1:
            values = loss.tolist()
            if not all(map(math.isfinite, values)):
                raise _diverged(f"at step {step}", settings)
            yield step, values


def _anchors(training: Training, times: np.ndarray, weights: Tensor, losses: list) -> Anchors:
    if not torch.isfinite(weights).all():
        raise _diverged("in its last steps", training.settings)
    return Anchors(times, weights.cpu().numpy(), pd.DataFrame(losses, columns=["snapshot", "step", "nll"]))


def _diverged(when: str, settings: Mapping[str, Any]) -> DivergenceError:
    return DivergenceError(
        f"anchor training diverged {when}; lower models.*.anchors.learning_rate (now {settings['learning_rate']})."
    )

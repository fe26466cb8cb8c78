"""Strategies for training anchors: one after another, from a common start, jointly with a penalty, or independently.

A strategy takes a `Training` and returns weights (R, K, P), of R seeds and K snapshots, and losses.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from weightflow.anchors.training import AnchorPlace, Loss, Training, fit_pooled, minimise, train_each
from weightflow.networks.batches import Batches, Rounds
from weightflow.progress import progress

_POOLED_SHARE = 0.25  # share of the joint training's steps for the common start


def sequential(training: Training) -> tuple[Tensor, list[Loss]]:
    """Each anchor starts from the previous one and keeps the optimiser's state."""
    settings, generators = training.settings, training.generators()
    stack = training.stack(training.fresh(generators))
    anchors, losses, everyone = [], [], [0] * len(generators)
    for k, snapshot in enumerate(progress(training.data, "anchors, one after another")):
        if settings.sampling == "rounds":
            draw: Callable[[], Tensor] = Rounds(snapshot, settings.batch, generators).draw
        else:
            draw = partial(Batches([snapshot], settings.batch).draw, everyone, generators)
        steps = settings.steps if k else settings.first_steps
        for step, loss in minimise(training, stack, draw, steps):
            losses += [Loss(AnchorPlace(place, k), step, value) for place, value in enumerate(loss)]
        anchors.append(stack.weights.detach().clone())
    return torch.stack(anchors, dim=1), losses


def pooled(training: Training) -> tuple[Tensor, list[Loss]]:
    """All anchors start from one fit to all snapshots together."""
    start = fit_pooled(training, training.settings.first_steps)
    return train_each(training, range(len(training.data)), start)


def joint(training: Training) -> tuple[Tensor, list[Loss]]:
    """All anchors start from one fit and are then trained together, with a penalty on their unevenness in time."""
    steps = training.settings.first_steps
    before = int(_POOLED_SHARE * steps)
    start = fit_pooled(training, before)
    uneven = unevenness(training.times, training.device)
    strength = training.settings.smoothness

    def penalty(weights: Tensor) -> Tensor | float:
        return strength * sum(uneven(own) for own in weights.unflatten(0, (len(training.seeds), -1)))

    return train_each(training, range(len(training.data)), start, steps - before, penalty)


def independent(training: Training) -> tuple[Tensor, list[Loss]]:
    """Each anchor starts from its own random weights."""
    return train_each(training, range(len(training.data)), None)


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

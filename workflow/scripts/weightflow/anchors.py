"""Anchors: the backbone's weights θ_k that minimise the negative log-likelihood on snapshot k.

Neighbouring anchors must be aligned (same basin, same order of neurons) for a path between them to mean
anything. Strategies: `sequential` (the paper), where θ_k starts from θ_{k−1} with the optimiser's state
carried on, and `none`, independent starts trained side by side.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from weightflow import seeding
from weightflow.backbones import Backbone
from weightflow.errors import DivergenceError, InputError
from weightflow.progress import progress
from weightflow.storage import read_tensors, write_tensors

KIND = "anchor"
_FINAL_RATE = 0.05  # share of the learning rate that is left at the end of the cosine decay
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
        settings: `alignment`, `first_steps`, `steps`, `batch`, `learning_rate`.
        seed: of initial weights and batches.
        device: where to train.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    generator = torch.Generator(device).manual_seed(seeding.integer(seed, "anchors"))
    data = [torch.as_tensor(snapshot, device=device).long() for snapshot in snapshots]
    weights, losses = STRATEGIES[settings["alignment"]](backbone, data, settings, generator)
    if not torch.isfinite(weights).all():
        raise _diverged("in its last steps", settings)
    table = pd.DataFrame(losses, columns=["snapshot", "step", "nll"])
    return Anchors(times, weights.cpu().numpy(), table)


def _sequential(backbone: Backbone, data: list[Tensor], settings: Mapping[str, Any], generator: torch.Generator):
    weights = backbone.initial(1, generator).requires_grad_()
    optimiser = torch.optim.Adam([weights], lr=settings["learning_rate"])
    anchors, losses = [], []
    for k, snapshot in enumerate(progress(data, "anchors, one after another")):
        steps = settings["steps"] if k else settings["first_steps"]
        for step, loss in _minimise(backbone, weights, [snapshot], steps, optimiser, settings, generator):
            losses.append((k, step, loss[0]))
        anchors.append(weights.detach().clone())
    return torch.cat(anchors), losses


def _independent(backbone: Backbone, data: list[Tensor], settings: Mapping[str, Any], generator: torch.Generator):
    weights = backbone.initial(len(data), generator).requires_grad_()
    optimiser = torch.optim.Adam([weights], lr=settings["learning_rate"])
    steps = settings["first_steps"]
    run = _minimise(backbone, weights, data, steps, optimiser, settings, generator)
    losses = [
        (k, step, value)
        for step, loss in progress(run, "anchors, side by side", total=math.ceil(steps / _LOSS_EVERY))
        for k, value in enumerate(loss)
    ]
    return weights.detach(), losses


# A strategy takes (backbone, K tensors of states, settings, generator) and returns weights (K, P) and rows of losses.
STRATEGIES: dict[str, Callable] = {"sequential": _sequential, "none": _independent}


def _minimise(backbone, weights, data, steps, optimiser, settings, generator):
    """Descend on stacked weights (S, P), one snapshot each, and yield (step, S losses) now and then."""
    for step in range(steps):
        remaining = 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.param_groups[0]["lr"] = settings["learning_rate"] * (_FINAL_RATE + (1 - _FINAL_RATE) * remaining)
        loss = -backbone.log_prob(weights, _batch(data, settings["batch"], generator)).mean(1)
        optimiser.zero_grad(set_to_none=True)
        loss.sum().backward()
        optimiser.step()
        if step % _LOSS_EVERY == 0 or step == steps - 1:
            values = loss.tolist()
            if not all(map(math.isfinite, values)):
                raise _diverged(f"at step {step}", settings)
            yield step, values


def _diverged(when: str, settings: Mapping[str, Any]) -> DivergenceError:
    return DivergenceError(
        f"anchor training diverged {when}; lower models.*.anchors.learning_rate (now {settings['learning_rate']})."
    )


def _batch(data: list[Tensor], size: int, generator: torch.Generator) -> Tensor:
    """(S, n, d): whole snapshots where they are equally many and no more than `size`, else random rows."""
    counts = {len(snapshot) for snapshot in data}
    if len(counts) == 1 and counts <= set(range(size + 1)):
        return torch.stack(data) if len(data) > 1 else data[0].unsqueeze(0)
    draws = torch.rand(len(data), size, generator=generator, device=generator.device)
    return torch.stack([snapshot[(u * len(snapshot)).long()] for snapshot, u in zip(data, draws, strict=True)])


def write_anchors(folder: str | Path, anchors: Anchors, **metadata: Any) -> None:
    """Write `anchor-000.safetensors` and so on, one file per snapshot."""
    for k, (time, weights) in enumerate(zip(anchors.times, anchors.weights, strict=True)):
        tensors = {"weights": weights, "time": np.array([time])}
        write_tensors(Path(folder) / f"anchor-{k:03d}.safetensors", KIND, tensors, **metadata)


def read_anchors(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """(times (K,), weights (K, P)) of the anchors in a folder.

    Raises:
        InputError: a file is missing or damaged, or the folder holds anchors of different networks.
    """
    paths = sorted(Path(folder).glob("anchor-*.safetensors"))
    if not paths:
        raise InputError(f"{folder}: holds no anchors; delete it and run again, and they are trained.")
    tensors = [read_tensors(path, KIND).tensors for path in paths]
    if len({t["weights"].shape for t in tensors}) > 1:
        raise InputError(f"{folder}: holds anchors of different sizes; delete it and run again.")
    return np.concatenate([t["time"] for t in tensors]), np.stack([t["weights"] for t in tensors])

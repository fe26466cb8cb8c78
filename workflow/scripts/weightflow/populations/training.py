"""Training of populations: many networks side by side as one batched program."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from weightflow import seeding
from weightflow.errors import DivergenceError
from weightflow.limits import check_bytes
from weightflow.networks.learning_rate import cosine_decay
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.classification import accuracy, logits, measure_norms
from weightflow.populations.initialisation import initial
from weightflow.populations.population import Population
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.task import Labelled, Task
from weightflow.progress import progress
from weightflow.seeding import Computation

_HELD = 4  # copies of the weights in memory during training: weights, gradients and two moments
_SEEN = 20  # epochs in the curves, about
_LAST_RATE = 0.05  # final share of the learning rate in the cosine decay


Look = Callable[[int, Tensor], None]


class _Examples(NamedTuple):
    """Inputs (n, …) and their labels (n,) on a device."""

    inputs: Tensor
    labels: Tensor


class _CurvePoint(NamedTuple):
    """A network at an epoch: its loss on the training part, its accuracy on the training and the validation part."""

    network: int
    epoch: int
    loss: float
    training: float
    validation: float


def train_population(
    classifier: Classifier, task: Task, settings: NetworkTrainingSettings, computation: Computation
) -> Population:
    """Train N networks, each with its own initial weights and order of examples, independent of the others.

    Args:
        classifier: the architecture.
        task: its training part for training, and its validation part for the curves.
        settings: `networks`, `epochs`, `checkpoints` (epochs up to `epochs`), `batch`, `at_once`, and lists
            `learning_rates`, `weight_decays` and `initialisations`, all of whose combinations take turns.
        computation: the device, and the seed of all networks.

    Raises:
        InputError: the networks do not fit in memory.
        DivergenceError: the loss became NaN or infinite.
    """
    weights, epochs = sum(layer.weights for layer in classifier.layers), _kept(settings)
    check_bytes(
        4 * settings.networks * weights * (len(epochs) + _HELD),
        f"populations.*.training: {settings.networks} networks of {weights} weights at {len(epochs)} epochs",
    )
    recipes, at_once = _recipes(settings), settings.at_once
    seed, device = computation.seed, computation.device
    generators = [torch.Generator().manual_seed(seeding.integer(seed, "population", i)) for i in range(len(recipes))]
    parts = []
    for i in range(0, len(recipes), at_once):
        own, streams = recipes[i : i + at_once], generators[i : i + at_once]
        begun = _initial(classifier, own, streams)
        parts.append(_train(classifier, task, begun, own, streams, settings, device))
    checkpoints, curves = zip(*parts, strict=True)
    table = pd.concat(
        [own.assign(network=own["network"] + k * at_once) for k, own in enumerate(curves)], ignore_index=True
    )
    kept = np.concatenate(checkpoints)
    return Population(kept[:, -1], np.array(epochs), kept, recipes, table)


def tune(
    classifier: Classifier,
    task: Task,
    weights: np.ndarray,
    settings: NetworkTrainingSettings,
    computation: Computation,
    last_only: bool = False,
    look: Look | None = None,
) -> np.ndarray:
    """Train given networks further, side by side, each with its own order of examples.

    Args:
        classifier: the architecture, with as many outputs as the task has labels.
        task: for its training part.
        weights: (N, P) to begin with.
        settings: as for `train_population`; only the first learning rate and weight decay apply.
        computation: the device, and the seed of the orders: networks of the same place see the same order.
        last_only: whether all but the last layer stay as they are; without weight decay.
        look: function of (step, weights (N, P)), called before every step and after the last.

    Returns:
        (N, E, P) weights after the epochs `checkpoints` and the last.

    Raises:
        InputError: the networks do not fit in memory.
        DivergenceError: the loss became NaN or infinite.
    """
    count, size = weights.shape
    copies = len(_kept(settings)) + _HELD
    check_bytes(4 * count * size * copies, f"populations.*.transfer: {count} networks of {size} weights")
    recipe = {"learning_rate": settings.learning_rates[0], "weight_decay": settings.weight_decays[0]}
    seed = computation.seed
    generators = [torch.Generator().manual_seed(seeding.integer(seed, "tuning", i)) for i in range(count)]
    begun, trained = torch.as_tensor(weights), None
    if last_only:
        trained = torch.zeros(size, device=computation.device)
        trained[size - classifier.layers[-1].weights :] = 1
    device, recipes = computation.device, [recipe] * count
    try:
        return _train(classifier, task, begun, recipes, generators, settings, device, trained, look)[0]
    except DivergenceError as fault:
        raise DivergenceError("fine-tuning diverged; lower populations.*.transfer.learning_rate.") from fault


def curves_of(classifier: Classifier, task: Task, weights: np.ndarray, device: torch.device) -> pd.DataFrame:
    """The curves of networks (N, P) that were trained elsewhere: one epoch, 0."""
    training, validation = (_on(part, device) for part in (task.training, task.validation))
    rows = _judge(classifier, torch.as_tensor(weights, device=device), 0, training, validation)
    return pd.DataFrame(rows, columns=list(_CurvePoint._fields))


def _recipes(settings: NetworkTrainingSettings) -> list[dict[str, Any]]:
    """The recipe of each network; networks of one learning rate and decay are adjacent."""
    keys = ("learning_rate", "weight_decay", "initialisation")
    lists = settings.learning_rates, settings.weight_decays, settings.initialisations
    ways = [dict(zip(keys, way, strict=True)) for way in itertools.product(*lists)]
    found = [ways[i % len(ways)] for i in range(settings.networks)]
    return sorted(found, key=ways.index)


def _kept(settings: NetworkTrainingSettings) -> list[int]:
    """Epochs whose weights are kept."""
    return sorted({*settings.checkpoints, settings.epochs})


def _judged(settings: NetworkTrainingSettings) -> set[int]:
    """Epochs in the curves."""
    return {*range(0, settings.epochs, max(1, -(-settings.epochs // _SEEN))), *_kept(settings)}


def _initial(
    classifier: Classifier, recipes: Sequence[Mapping[str, Any]], generators: Sequence[torch.Generator]
) -> Tensor:
    """(N, P) fresh weights."""
    return torch.cat(
        [initial(classifier, 1, own, recipe["initialisation"]) for own, recipe in zip(generators, recipes, strict=True)]
    )


def _train(
    classifier: Classifier,
    task: Task,
    begun: Tensor,
    recipes: Sequence[Mapping[str, Any]],
    generators: Sequence[torch.Generator],
    settings: NetworkTrainingSettings,
    device: torch.device,
    trained: Tensor | None = None,
    look: Look | None = None,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Checkpoints (N, E, P) and curves of networks side by side, from weights (N, P).

    `trained` (P,) is 1 for weights that are trained and 0 for those that stay; None trains all.
    """
    # One tensor of weights for each learning rate and decay, which an optimiser has per tensor.
    pairs = [(recipe["learning_rate"], recipe["weight_decay"]) for recipe in recipes]
    groups: list[dict[str, Any]] = [
        {"params": [begun[own].to(device).requires_grad_()], "lr": rate, "weight_decay": decay}
        for (rate, decay), own in _runs(pairs)
    ]
    if trained is not None:
        for group in groups:
            group["params"][0].register_hook(lambda gradient: gradient * trained)
    optimiser = torch.optim.AdamW(groups)
    rates = [group["lr"] for group in optimiser.param_groups]
    training, validation = (_on(part, device) for part in (task.training, task.validation))
    kept, judged, checkpoints, rows = _kept(settings), _judged(settings), [], []
    steps = settings.epochs * -(-len(training.labels) // settings.batch)
    step = 0
    for epoch in progress(range(settings.epochs + 1), f"{len(recipes)} networks, epochs"):
        if epoch in judged:
            weights = torch.cat([group["params"][0].detach() for group in optimiser.param_groups])
            checkpoints += [weights.cpu().numpy()] if epoch in kept else []
            rows += _judge(classifier, weights, epoch, training, validation)
        if epoch == settings.epochs:
            break
        for batch in _batches(len(training.labels), settings.batch, generators):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * cosine_decay(step, steps, _LAST_RATE)
            weights = torch.cat([group["params"][0] for group in optimiser.param_groups])
            if look:
                look(step, weights.detach())
            own = batch.to(device)
            said = classifier.logits(weights, training.inputs[own], BatchNorms())
            loss = functional.cross_entropy(said.flatten(0, 1), training.labels[own].flatten(), reduction="sum")
            optimiser.zero_grad(set_to_none=True)
            (loss / batch.shape[1]).backward()
            optimiser.step()
            step += 1
    if look:
        look(step, weights.detach())
    curves = pd.DataFrame(rows, columns=list(_CurvePoint._fields))
    if not (torch.isfinite(weights).all() and np.isfinite(curves["loss"]).all()):
        raise DivergenceError("a network's training diverged; lower populations.*.training.learning_rates.")
    return np.stack(checkpoints, axis=1), curves


def _runs(pairs: Sequence[tuple[float, float]]) -> Iterator[tuple[tuple[float, float], list[int]]]:
    """Each distinct pair with its indices, which are adjacent."""
    for pair, own in itertools.groupby(range(len(pairs)), key=pairs.__getitem__):
        yield pair, list(own)


def _batches(examples: int, size: int, generators: Sequence[torch.Generator]) -> tuple[Tensor, ...]:
    """Batches (N, size) of an epoch: each network has every example once, in its own order."""
    return torch.stack([torch.randperm(examples, generator=own) for own in generators]).split(size, dim=1)


def _on(part: Labelled, device: torch.device) -> _Examples:
    return _Examples(torch.as_tensor(part.inputs, device=device), torch.as_tensor(part.labels, device=device))


def _judge(
    classifier: Classifier,
    weights: Tensor,
    epoch: int,
    training: _Examples,
    validation: _Examples,
) -> list[_CurvePoint]:
    """Rows of the curves."""
    moments = measure_norms(classifier, weights, training.inputs)
    said, seen = (logits(classifier, weights, moments, part.inputs) for part in (training, validation))
    losses = [functional.cross_entropy(own, training.labels).item() for own in said]
    shares = accuracy(said, training.labels).tolist(), accuracy(seen, validation.labels).tolist()
    return [_CurvePoint(network, epoch, *own) for network, own in enumerate(zip(losses, *shares, strict=True))]

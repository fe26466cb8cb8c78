"""Training of populations: many networks side by side as one batched program."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from weightflow import seeding
from weightflow.errors import DivergenceError
from weightflow.limits import check_bytes
from weightflow.networks.learning_rate import decay
from weightflow.populations.architectures.classifiers import Classifier, DropsUnits
from weightflow.populations.architectures.stacked_layers import BatchNorms, Dropout
from weightflow.populations.augmentation import crop_and_flip, draw_crops
from weightflow.populations.classification import OnDevice, accuracy, logits, measure_norms, on_device
from weightflow.populations.early_stopping import BestEpochs
from weightflow.populations.initialisation import initial
from weightflow.populations.population import Population
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.task import Task
from weightflow.progress import progress
from weightflow.seeding import Computation

_HELD = 4  # copies of the weights in memory during training: weights, gradients and two moments
_SEEN = 20  # epochs in the curves, about
_LAST_RATE = 0.05  # final share of the learning rate in the cosine decay
_TINY = 1e-6  # added to a gradient's norm, as torch.nn.utils.clip_grad_norm_ does


Look = Callable[[int, Tensor], None]


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

    With `patience`, a network's last weights are those of its best validation epoch, and so are its checkpoints after
    it stopped.

    Args:
        classifier: the architecture.
        task: its training part for training, and its validation part for the curves and for early stopping.
        settings: `networks`, `epochs`, `checkpoints` (epochs up to `epochs`), `batch`, `at_once`, and lists
            `learning_rates`, `weight_decays` and `initialisations`, all of whose combinations take turns; the optimiser
            and what is changed about its steps; `dropout` needs a classifier that has it.
        computation: the device, and the seed of all networks.

    Raises:
        InputError: the networks do not fit in memory.
        DivergenceError: the loss became NaN or infinite.
    """
    weights, epochs = sum(layer.weights for layer in classifier.layers), _kept(settings)
    check_bytes(
        4 * settings.networks * weights * (len(epochs) + _HELD + (settings.patience is not None)),
        f"populations.*.training: {settings.networks} networks of {weights} weights at {len(epochs)} epochs",
    )
    recipes, at_once = _recipes(settings), settings.at_once
    seed, device = computation.seed, computation.device
    generators = [torch.Generator().manual_seed(seeding.integer(seed, "population", i)) for i in range(len(recipes))]
    parts = []
    for i in range(0, len(recipes), at_once):
        own, streams = recipes[i : i + at_once], generators[i : i + at_once]
        learner = _learner(classifier, settings.dropout, seeding.integer(seed, "population", "dropout", i), device)
        begun = _initial(classifier, own, streams)
        parts.append(_train(learner, classifier, task, begun, own, streams, settings, device))
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
        return _train(classifier, classifier, task, begun, recipes, generators, settings, device, trained, look)[0]
    except DivergenceError as fault:
        raise DivergenceError("fine-tuning diverged; lower populations.*.transfer.learning_rate.") from fault


def curves_of(classifier: Classifier, task: Task, weights: np.ndarray, device: torch.device) -> pd.DataFrame:
    """The curves of networks (N, P) that were trained elsewhere: one epoch, 0."""
    training, validation = (on_device(part, device) for part in (task.training, task.validation))
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


def _learner(classifier: Classifier, dropout: float, seed: int, device: torch.device) -> Classifier:
    """The classifier in training, whose units are dropped; evaluation takes the one without."""
    if not dropout:
        return classifier
    generator = torch.Generator(device).manual_seed(seed)
    return cast(DropsUnits, classifier).with_dropout(Dropout(dropout, generator))


def _initial(
    classifier: Classifier, recipes: Sequence[Mapping[str, Any]], generators: Sequence[torch.Generator]
) -> Tensor:
    """(N, P) fresh weights."""
    return torch.cat(
        [initial(classifier, 1, own, recipe["initialisation"]) for own, recipe in zip(generators, recipes, strict=True)]
    )


def _train(
    learner: Classifier,
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
    optimiser = _optimiser(groups, settings)
    rates = [group["lr"] for group in optimiser.param_groups]
    training, validation = (on_device(part, device) for part in (task.training, task.validation))
    kept, judged, checkpoints, rows = _kept(settings), _judged(settings), dict[int, Tensor](), list[_CurvePoint]()
    best = None
    if settings.patience is not None:
        best = BestEpochs(torch.cat([group["params"][0] for group in optimiser.param_groups]), settings.patience)
    steps = settings.epochs * -(-len(training.labels) // settings.batch)
    step = 0
    for epoch in progress(range(settings.epochs + 1), f"{len(recipes)} networks, epochs"):
        if epoch in judged:
            weights = torch.cat([group["params"][0].detach() for group in optimiser.param_groups])
            found = _judge(classifier, weights, epoch, training, validation)
            if epoch in kept:
                checkpoints[epoch] = (weights if best is None else best.instead_of(weights)).cpu()
            if best is None:
                rows += found
            else:
                rows += [own for own in found if not best.stopped[own.network]]
                best.see(weights, torch.tensor([own.validation for own in found], dtype=torch.float64))
        if epoch == settings.epochs or (best is not None and best.stopped.all()):
            break
        for batch, crops in _batches_and_crops(training, settings, generators):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * decay(settings.schedule, step, steps, _LAST_RATE)
            weights = torch.cat([group["params"][0] for group in optimiser.param_groups])
            if look:
                look(step, weights.detach())
            own = batch.to(device)
            inputs = training.inputs[own]
            if crops is not None:
                inputs = crop_and_flip(inputs, crops.to(device))
            said = learner.logits(weights, inputs, BatchNorms())
            loss = functional.cross_entropy(said.flatten(0, 1), training.labels[own].flatten(), reduction="sum")
            optimiser.zero_grad(set_to_none=True)
            (loss / batch.shape[1]).backward()
            if settings.clip is not None:
                _clip([group["params"][0].grad for group in optimiser.param_groups], settings.clip)
            optimiser.step()
            step += 1
    if look:
        look(step, weights.detach())
    if best is not None:
        weights = best.weights
        last = _judge(classifier, weights, settings.epochs, training, validation)
        rows = [own for own in rows if own.epoch < settings.epochs] + last
        checkpoints[settings.epochs] = weights.cpu()
    curves = pd.DataFrame(rows, columns=list(_CurvePoint._fields))
    if not (torch.isfinite(weights).all() and np.isfinite(curves["loss"]).all()):
        raise DivergenceError("a network's training diverged; lower populations.*.training.learning_rates.")
    ended = checkpoints[settings.epochs]
    return np.stack([checkpoints.get(epoch, ended).numpy() for epoch in kept], axis=1), curves


def _optimiser(groups: list[dict[str, Any]], settings: NetworkTrainingSettings) -> torch.optim.Optimizer:
    if settings.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=settings.momentum)
    return torch.optim.Adam(groups) if settings.optimiser == "adam" else torch.optim.AdamW(groups)


def _clip(gradients: Sequence[Tensor], largest: float) -> None:
    """Shorten gradients (n, P) in place to a largest norm, each network's by itself."""
    for gradient in gradients:
        norms = gradient.norm(dim=1, keepdim=True)
        gradient *= (largest / (norms + _TINY)).clamp(max=1)


def _runs(pairs: Sequence[tuple[float, float]]) -> Iterator[tuple[tuple[float, float], list[int]]]:
    """Each distinct pair with its indices, which are adjacent."""
    for pair, own in itertools.groupby(range(len(pairs)), key=pairs.__getitem__):
        yield pair, list(own)


def _batches(examples: int, size: int, generators: Sequence[torch.Generator]) -> tuple[Tensor, ...]:
    """Batches (N, size) of an epoch: each network has every example once, in its own order."""
    return torch.stack([torch.randperm(examples, generator=own) for own in generators]).split(size, dim=1)


def _batches_and_crops(
    training: OnDevice, settings: NetworkTrainingSettings, generators: Sequence[torch.Generator]
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Batches of an epoch, each with the crops and flips of its examples; None without augmentation."""
    examples = len(training.labels)
    batches = _batches(examples, settings.batch, generators)
    if settings.augment == "none":
        yield from ((batch, None) for batch in batches)
    else:
        crops = draw_crops(examples, training.inputs.shape[1:], generators)
        yield from zip(batches, crops.split(settings.batch, dim=1), strict=True)


def _judge(
    classifier: Classifier,
    weights: Tensor,
    epoch: int,
    training: OnDevice,
    validation: OnDevice,
) -> list[_CurvePoint]:
    """Rows of the curves."""
    moments = measure_norms(classifier, weights, training.inputs)
    said, seen = (logits(classifier, weights, moments, part.inputs) for part in (training, validation))
    losses = [functional.cross_entropy(own, training.labels).item() for own in said]
    shares = accuracy(said, training.labels).tolist(), accuracy(seen, validation.labels).tolist()
    return [_CurvePoint(network, epoch, *own) for network, own in enumerate(zip(losses, *shares, strict=True))]

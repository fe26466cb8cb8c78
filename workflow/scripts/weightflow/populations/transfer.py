"""Fine-tuning: what networks of several sources are worth as a start, on their task or on another."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.classification import accuracy, logits, measure_norms
from weightflow.populations.evaluation import judge, quality_of
from weightflow.populations.initialisation import initial
from weightflow.populations.metrics import OF_TUNED, SCRATCH, TRAINED, TUNED
from weightflow.populations.samplers import mixed
from weightflow.populations.settings import NetworkTrainingSettings, TransferSettings
from weightflow.populations.tasks.task import Task
from weightflow.populations.training import tune
from weightflow.seeding import Computation

MIXED = "mixed"  # as in `GENERATORS`
_LOOKED_AT = 2000  # most examples of the validation part, and of the training part for moments of norms, at a step
_APART = 1.05  # ratio of the steps at which networks are looked at


def sources_of_transfer(
    classifier: Classifier,
    aligned: np.ndarray,
    generated: Mapping[str, np.ndarray],
    initialisations: Sequence[str],
    networks: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Networks that are fine-tuned, by source: generators, midpoints, originals and random initialisations.

    Args:
        classifier: the architecture.
        aligned: (N, P) originals, aligned.
        generated: (M, P) networks by generator.
        initialisations: of the random ones, which take turns.
        networks: number of each kind; of fewer, all.
        seed: of midpoints and random initialisations.
    """
    generators = [torch.Generator().manual_seed(seeding.integer(seed, "scratch", i)) for i in range(networks)]
    schemes = [initialisations[i % len(initialisations)] for i in range(networks)]
    scratch = [initial(classifier, 1, own, scheme) for own, scheme in zip(generators, schemes, strict=True)]
    return {
        **{name: _some(own, networks) for name, own in generated.items()},
        MIXED: mixed(aligned, networks, seeding.stream(seed, "transfer", MIXED)),
        TRAINED: _some(aligned, networks),
        SCRATCH: torch.cat(scratch).numpy(),
    }


@dataclass(frozen=True)
class Aim:
    """A task and its networks.

    Attributes:
        task: labelled inputs.
        classifier: the architecture, with as many outputs as the task has labels.
    """

    task: Task
    classifier: Classifier


def carried_over(
    sources: Mapping[str, np.ndarray], own: Aim, other: Aim, seed: int, anew: bool = False
) -> dict[str, np.ndarray]:
    """Networks as a start on another task: with other labels, the last layer is drawn anew.

    The same draws belong to the networks of the same place, of whatever source.

    Args:
        sources: (N, P) networks of `own`, by source.
        own: the population's task.
        other: the task for fine-tuning.
        seed: of the draws.
        anew: whether the last layer is drawn anew even with the same number of labels.

    Raises:
        InputError: the inputs have another shape, or the last layer is not the last map of the networks.
    """
    if other.task.shape != own.task.shape:
        raise InputError(
            f"populations.*.transfer.tasks: inputs of shape {other.task.shape} do not fit networks that read "
            f"{own.task.shape}; set resize, or name another task."
        )
    if other.task.classes == own.task.classes and not anew:
        return dict(sources)
    check_last_layer(other.classifier, other.task.classes)
    size, layer = own.classifier.layers[-1].weights, other.classifier.layers[-1].weights
    generators = [torch.Generator().manual_seed(seeding.integer(seed, "last layer", i)) for i in range(_most(sources))]
    drawn = torch.cat([initial(other.classifier, 1, own, "default")[:, -layer:] for own in generators]).numpy()
    return {name: np.concatenate([own[:, :-size], drawn[: len(own)]], axis=1) for name, own in sources.items()}


def check_last_layer(classifier: Classifier, classes: int) -> None:
    """Refuse networks whose last map does not give the logits, since the last layer is trained or drawn by itself.

    Raises:
        InputError: as said.
    """
    if (found := classifier.layers[-1]).neurons != classes:
        raise InputError(
            f"populations.*.transfer: the last map of the networks, {found.name}, has {found.neurons} outputs, and "
            f"there are {classes} labels; set frozen: [false], and tasks with as many labels as the networks have."
        )


def tune_sources(
    aim: Aim,
    sources: Mapping[str, np.ndarray],
    settings: TransferSettings,
    computation: Computation,
) -> pd.DataFrame:
    """Fine-tune networks of each source, and evaluate them on the test part.

    Args:
        aim: the task, for training, for validation (steps to the goal) and for the test; and the architecture.
        sources: (N, P) networks by source.
        settings: all but `tasks` and `networks`.
        computation: the device, and the seed of the order of examples.

    Returns:
        Table frozen, source, epochs, accuracy_mean, accuracy_deviation, accuracy_least, accuracy_largest, loss (nats
        per label), ensemble (accuracy of the mean softmax of the networks), steps_to: optimisation steps to the goal
        on validation examples, the median of the networks; NaN if more than half of them never reach it. It is the same
        for all epochs, and precise to 5 %.

    Raises:
        InputError: the networks do not fit in memory, or the last layer is not the last map of the networks.
        DivergenceError: the loss became NaN or infinite.
    """
    task, classifier, device = aim.task, aim.classifier, computation.device
    if any(settings.frozen):
        check_last_layer(classifier, task.classes)
    epochs = sorted(settings.epochs)
    training = NetworkTrainingSettings().but(
        epochs=epochs[-1], checkpoints=tuple(epochs), batch=settings.batch, learning_rates=(settings.learning_rate,)
    )
    rows = []
    for frozen in settings.frozen:
        for source, weights in sources.items():
            goal = _Goal(classifier, task, settings.goal, len(weights), device)
            tuned = tune(classifier, task, weights, training, computation, frozen, goal)
            for place, epoch in enumerate(epochs):
                judged = judge(classifier, task, tuned[:, place], task.test, device)
                found = quality_of(judged) | {"ensemble": judged.ensemble, "steps_to": goal.median}
                rows.append({"frozen": frozen, "source": source, "epochs": epoch, **found})
    return pd.DataFrame(rows, columns=[*TUNED, *OF_TUNED])


class _Goal:
    """The first step at which each network has an accuracy on validation examples.

    Steps are looked at in a geometric sequence, until all networks are there.
    """

    def __init__(self, classifier: Classifier, task: Task, goal: float, networks: int, device: torch.device):
        self.classifier, self.goal = classifier, goal
        self.training = torch.as_tensor(task.training.inputs[:_LOOKED_AT], device=device)
        self.inputs = torch.as_tensor(task.validation.inputs[:_LOOKED_AT], device=device)
        self.labels = torch.as_tensor(task.validation.labels[:_LOOKED_AT], device=device)
        self.steps = np.full(networks, np.inf)
        self.next = 0

    def __call__(self, step: int, weights: Tensor) -> None:
        """Look at networks (N, P) before a step, if it is time."""
        waiting = np.isinf(self.steps)
        if step < self.next or not waiting.any():
            return
        self.next = max(step + 1, math.ceil(step * _APART))
        own = weights[torch.as_tensor(waiting)]
        said = logits(self.classifier, own, measure_norms(self.classifier, own, self.training), self.inputs)
        there = accuracy(said, self.labels).cpu().numpy() >= self.goal
        self.steps[np.flatnonzero(waiting)[there]] = step

    @property
    def median(self) -> float:
        """Median of the steps; NaN if more than half of the networks are not there."""
        found = float(np.quantile(self.steps, 0.5, method="lower"))
        return found if math.isfinite(found) else math.nan


def _most(sources: Mapping[str, np.ndarray]) -> int:
    return max(len(own) for own in sources.values())


def _some(networks: np.ndarray, count: int) -> np.ndarray:
    """So many networks of (N, P), evenly over all, since those of one recipe are adjacent."""
    return networks[np.unique(np.linspace(0, len(networks) - 1, min(count, len(networks))).round().astype(int))]

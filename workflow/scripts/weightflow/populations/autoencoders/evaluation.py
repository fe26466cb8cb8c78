"""Evaluation of auto-encoders of networks: the choice of β, and probes of their codes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.autoencoders.source_names import BEHAVIOUR, DRAWN, ORIGINAL, RECONSTRUCTED, STRUCTURE
from weightflow.populations.classification import agreement
from weightflow.populations.evaluation import Judged, compare_reconstructed, judge
from weightflow.populations.metrics import UNSEEN, probe, probe_labels, relative_distance
from weightflow.populations.population import Population
from weightflow.populations.tasks.task import Task

_RATES = ("learning_rate", "weight_decay")  # of recipes
_LABEL = "initialisation"


def most_agreeing(structural: Sequence[float], scores: Sequence[pd.DataFrame]) -> dict[str, float]:
    """The weight of the structural loss of each reported auto-encoder.

    Args:
        structural: weights that were tried.
        scores: for each, `compare_reconstructed` of validation networks on validation examples.

    Returns:
        `structure`: 1, if it was tried; `behaviour`: the other weight with the highest agreement.
    """
    agreed = {
        weight: float(table.loc[table["metric"] == "agreement", "value"].iloc[0])
        for weight, table in zip(structural, scores, strict=True)
    }
    found = {STRUCTURE: 1.0} if 1 in agreed else {}
    if others := [weight for weight in agreed if weight != 1]:
        found[BEHAVIOUR] = max(others, key=agreed.__getitem__)
    return found


def reconstruction_row(originals: Judged, made: Judged) -> dict[str, float]:
    """Accuracy of reconstructions, its share of the originals', agreement with them and distance from them.

    Args:
        originals: networks outside the training of the auto-encoder.
        made: their reconstructions, in the same order.
    """
    table = compare_reconstructed(originals, {"made": made})
    found = table[table["source"] == "made"].set_index("metric")["value"]
    named = {"accuracy": "accuracy_mean", "share": "share", "agreement": "agreement", "distance": "distance"}
    return {name: float(found[metric]) for name, metric in named.items()}


def decoded_networks(
    originals: Judged,
    made: Mapping[str, Judged],
    originals_raw: Judged,
    made_raw: Mapping[str, Judged],
    drawn: Mapping[str, Judged],
) -> pd.DataFrame:
    """Every original, reconstructed and drawn network.

    Args:
        originals: networks outside the training of the auto-encoder, aligned.
        made: their reconstructions by source.
        originals_raw: the same networks before alignment.
        made_raw: their reconstructions by source.
        drawn: new networks by source.

    Returns:
        Table source, kind (original, reconstructed, drawn), network, accuracy, agreement (of labels with the original)
        and distance (squared, in units of the variance); the last two of reconstructions only.
    """
    rows = [(UNSEEN, ORIGINAL, i, own, np.nan, np.nan) for i, own in enumerate(originals.accuracy)]
    for goal, sources in ((originals, made), (originals_raw, made_raw)):
        for source, own in sources.items():
            far, same = relative_distance(goal.weights, own.weights), agreement(own.said, goal.said).numpy()
            found = zip(own.accuracy, same, far, strict=True)
            rows += [(source, RECONSTRUCTED, i, *values) for i, values in enumerate(found)]
    for source, own in drawn.items():
        rows += [(source, DRAWN, i, value, np.nan, np.nan) for i, value in enumerate(own.accuracy)]
    return pd.DataFrame(rows, columns=["source", "kind", "network", "accuracy", "agreement", "distance"])


def properties_of(
    classifier: Classifier, task: Task, population: Population, device: torch.device
) -> dict[str, np.ndarray]:
    """Properties of networks and checkpoints, as targets of probes.

    Accuracy on the test part, generalisation gap (training minus test accuracy) and, of several checkpoints, epoch; of
    trained networks also what their recipes say. Some may be constant.

    Args:
        classifier: the architecture.
        task: of the networks.
        population: N networks with E checkpoints each.
        device: of the computation.

    Returns:
        (N, E) numbers by name; learning rate and weight decay as logarithms to base 10, the weight decay as it is if
        some network has none. `initialisation` has labels (N,).
    """
    stages = [
        [judge(classifier, task, weights, part, device).accuracy for part in (task.training, task.test)]
        for weights in population.checkpoints.swapaxes(0, 1)
    ]
    training, test = np.array(stages).transpose(1, 2, 0)
    found = {"accuracy": test, "gap": training - test}
    if len(population.epochs) > 1:
        found["epoch"] = np.broadcast_to(population.epochs.astype(float), test.shape)
    for name in _RATES:
        if all(name in recipe for recipe in population.recipes):
            values = np.array([recipe[name] for recipe in population.recipes], dtype=float)
            values = np.log10(values) if (values > 0).all() else values
            found[name] = np.broadcast_to(values[:, None], test.shape)
    if all(_LABEL in recipe for recipe in population.recipes):
        found[_LABEL] = np.array([recipe[_LABEL] for recipe in population.recipes])
    return found


def mean_codes(codes: np.ndarray, tokens: int) -> np.ndarray:
    """(N, E, z) means over the tokens of codes (N, E, T · z), token by token (Schürholt, Mahoney & Borth 2024).

    Args:
        codes: of N networks with E checkpoints.
        tokens: T, the number of tokens.
    """
    return codes.reshape(*codes.shape[:2], tokens, -1).mean(2)


def probe_codes(
    features: Mapping[str, np.ndarray], properties: Mapping[str, np.ndarray], learned: np.ndarray, unseen: np.ndarray
) -> pd.DataFrame:
    """How well linear models predict properties of unseen networks from their codes.

    Args:
        features: (N, E, z) by source.
        properties: by name: numbers (N, E), predicted by regression, or labels (N,), predicted by a classifier.
        learned: indices of the training networks.
        unseen: indices of the test networks.

    Returns:
        Table source, metric (probe_PROPERTY; with several checkpoints also probe_final_PROPERTY, for the last one only,
        since the epoch predicts much of the other properties), value (R²; of labels the share that is right). Constant
        properties have no rows.
    """
    rows = []
    for source, codes in features.items():
        for name, goal in _goals(properties, codes.shape[1]).items():
            if not goal.varies(learned, unseen):
                continue
            measure, own = probe_labels if goal.labels else probe, codes[:, goal.checkpoints]
            value = measure(own[learned], goal.values[learned], own[unseen], goal.values[unseen])
            rows.append((source, name, value))
    return pd.DataFrame(rows, columns=["source", "metric", "value"])


def constant_probes(
    properties: Mapping[str, np.ndarray], checkpoints: int, learned: np.ndarray, unseen: np.ndarray
) -> list[str]:
    """The metrics that `probe_codes` leaves out: their property is the same in all networks of a part.

    With a single training network, these are all metrics.

    Args:
        properties: as for `probe_codes`.
        checkpoints: their number E.
        learned: indices of the training networks.
        unseen: indices of the test networks.
    """
    goals = _goals(properties, checkpoints)
    return [name for name, goal in goals.items() if not goal.varies(learned, unseen)]


class _Goal(NamedTuple):
    """What a probe predicts: numbers (N, C) of some checkpoints, or labels (N,)."""

    values: np.ndarray
    checkpoints: slice

    @property
    def labels(self) -> bool:
        return self.values.ndim == 1

    def varies(self, learned: np.ndarray, unseen: np.ndarray) -> bool:
        """Whether there is something to learn and, of numbers, a variance to explain."""
        parts = [self.values[learned]] if self.labels else [self.values[learned], self.values[unseen]]
        return len(learned) > 1 and all((own != own.flat[0]).any() for own in parts)


def _goals(properties: Mapping[str, np.ndarray], checkpoints: int) -> dict[str, _Goal]:
    """The goals of probes by metric."""
    found = {}
    for name, values in properties.items():
        parts = {f"probe_{name}": slice(None)}
        parts |= {f"probe_final_{name}": slice(-1, None)} if checkpoints > 1 and name != "epoch" else {}
        for metric, part in parts.items():
            found[metric] = _Goal(values if values.ndim == 1 else values[:, part], part)
    return found

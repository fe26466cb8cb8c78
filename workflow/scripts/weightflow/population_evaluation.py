"""Trained, generated and reconstructed networks side by side, on test examples that no choice was made by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from weightflow.classifiers import Classifier
from weightflow.network_metrics import TRAINED, largest_overlap, nearest, probe, relative_distance, spread
from weightflow.populations import Population
from weightflow.tasks import Labelled, Task
from weightflow.verdicts import accuracy, agreement, logits, measure_norms


@dataclass(frozen=True)
class Judged:
    """Networks and what they say of labelled inputs.

    Attributes:
        weights: (N, P).
        said: (N, n, classes) logits.
        labels: (n,).
    """

    weights: np.ndarray
    said: Tensor
    labels: Tensor

    @property
    def accuracy(self) -> np.ndarray:
        """(N,) share of right labels."""
        return accuracy(self.said, self.labels).numpy()

    @property
    def loss(self) -> np.ndarray:
        """(N,) cross-entropy, nats per label."""
        return np.array([functional.cross_entropy(own, self.labels).item() for own in self.said])

    @property
    def wrong(self) -> np.ndarray:
        """(N, n) whether a label is wrong."""
        return (self.said.argmax(-1) != self.labels).numpy()


def judge(classifier: Classifier, task: Task, weights: np.ndarray, part: Labelled) -> Judged:
    """What networks (N, P) say of a part of their task; their batch norms are measured on its training part."""
    networks, training = torch.as_tensor(weights), torch.as_tensor(task.training.inputs)
    said = logits(classifier, networks, measure_norms(classifier, networks, training), torch.as_tensor(part.inputs))
    return Judged(weights, said, torch.as_tensor(part.labels))


def compare_generated(trained: Judged, made: Mapping[str, Judged]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How good generated networks are, and whether they are copies or all one.

    Distances are in units of the mean distance between two trained networks; what `trained` itself has of each metric
    is what honest new ones would have.

    Args:
        trained: the networks that generators learned from.
        made: the generated ones, by their generator; laid out as the trained ones are.

    Returns:
        Table source, metric (accuracy: mean, deviation, least, largest; loss; nearest, spread, overlap), value; and
        table source, network, accuracy.
    """
    unit = spread(trained.weights)
    rows, shares = [], []
    for source, own in {TRAINED: trained, **made}.items():
        found = _of_quality(own)
        others = nearest(own.weights, trained.weights) if source != TRAINED else _nearest_other(own.weights)
        found |= {"nearest": others.mean() / unit, "spread": spread(own.weights) / unit}
        found["overlap"] = _overlap(own, trained, source == TRAINED).mean()
        rows += [(source, metric, value) for metric, value in found.items()]
        shares += [(source, network, share) for network, share in enumerate(own.accuracy)]
    table = pd.DataFrame(rows, columns=["source", "metric", "value"])
    return table, pd.DataFrame(shares, columns=["source", "network", "accuracy"])


def compare_reconstructed(originals: Judged, made: Mapping[str, Judged]) -> pd.DataFrame:
    """How much of networks is left in their reconstructions.

    Args:
        originals: networks that the auto-encoder did not learn.
        made: their reconstructions, in the same order, by what made them.

    Returns:
        Table source, metric (accuracy: mean, deviation, least, largest; loss; share: of the originals' accuracy;
        agreement of labels; distance: squared, in units of the variance), value.
    """
    rows = [(TRAINED, metric, value) for metric, value in _of_quality(originals).items()]
    for source, own in made.items():
        found = _of_quality(own)
        found["share"] = own.accuracy.mean() / originals.accuracy.mean()
        found["agreement"] = float(agreement(own.said, originals.said).mean())
        found["distance"] = relative_distance(originals.weights, own.weights).mean()
        rows += [(source, metric, value) for metric, value in found.items()]
    return pd.DataFrame(rows, columns=["source", "metric", "value"])


def most_agreeing(structural: Sequence[float], scores: Sequence[pd.DataFrame]) -> dict[str, float]:
    """The weight of the structural loss of each auto-encoder that is reported.

    Args:
        structural: weights that were tried.
        scores: for each, `compare_reconstructed` of validation networks on validation examples.

    Returns:
        `structure`: 1, where it was tried; `behaviour`: of the others that of most agreement.
    """
    agreed = {
        weight: float(table.loc[table["metric"] == "agreement", "value"].iloc[0])
        for weight, table in zip(structural, scores, strict=True)
    }
    found = {"structure": 1.0} if 1 in agreed else {}
    if others := [weight for weight in agreed if weight != 1]:
        found["behaviour"] = max(others, key=agreed.__getitem__)
    return found


def properties_of(classifier: Classifier, task: Task, population: Population) -> dict[str, np.ndarray]:
    """What may be read off a network's weights, (N, E) each of its checkpoints.

    Accuracy on the test part, generalisation gap (accuracy on the training part less that), and epoch.
    """
    stages = [
        [judge(classifier, task, weights, part).accuracy for part in (task.training, task.test)]
        for weights in population.checkpoints.swapaxes(0, 1)
    ]
    training, test = np.array(stages).transpose(1, 2, 0)
    epochs = np.broadcast_to(population.epochs.astype(float), test.shape)
    found = {"accuracy": test, "gap": training - test}
    return found | ({"epoch": epochs} if len(population.epochs) > 1 else {})


def probe_codes(
    features: Mapping[str, np.ndarray], properties: Mapping[str, np.ndarray], learned: np.ndarray, unseen: np.ndarray
) -> pd.DataFrame:
    """How well properties of unseen networks are read off their codes by a line.

    Args:
        features: (N, E, z) by what gives them.
        properties: (N, E) by name.
        learned: networks that the lines are fitted to.
        unseen: networks that they are judged on.

    Returns:
        Table source, metric (probe_ and the property), value (R²).
    """
    rows = []
    for source, codes in features.items():
        own, others = (codes[part].reshape(-1, codes.shape[-1]) for part in (learned, unseen))
        for name, values in properties.items():
            found = probe(own, values[learned].ravel(), others, values[unseen].ravel())
            rows.append((source, f"probe_{name}", found))
    return pd.DataFrame(rows, columns=["source", "metric", "value"])


def _of_quality(own: Judged) -> dict[str, float]:
    shares = own.accuracy
    found = {"mean": shares.mean(), "deviation": shares.std(ddof=1), "least": shares.min(), "largest": shares.max()}
    return {f"accuracy_{name}": float(value) for name, value in found.items()} | {"loss": float(own.loss.mean())}


def _nearest_other(weights: np.ndarray) -> np.ndarray:
    """(N,) distance of each network from the nearest of the others."""
    return np.array([nearest(weights[[i]], np.delete(weights, i, axis=0))[0] for i in range(len(weights))])


def _overlap(own: Judged, trained: Judged, itself: bool) -> np.ndarray:
    """(N,) largest overlap of errors with those of a trained network; of these with those of the others."""
    wrong, others = own.wrong, trained.wrong
    if not itself:
        return largest_overlap(wrong, others)
    return np.array([largest_overlap(wrong[[i]], np.delete(others, i, axis=0))[0] for i in range(len(wrong))])

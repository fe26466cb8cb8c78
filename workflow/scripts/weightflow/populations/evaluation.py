"""Comparison of trained, generated and reconstructed networks, on test examples that no choice used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.classification import accuracy, agreement, logits, measure_norms
from weightflow.populations.metrics import (
    UNSEEN,
    disagreement,
    largest_overlap,
    largest_overlap_with_another,
    nearest,
    nearest_other,
    relative_distance,
    spread,
)
from weightflow.populations.registry import NORM_MOMENTS, NORM_SOURCES
from weightflow.populations.tasks.task import Labelled, Task


@dataclass(frozen=True)
class Judged:
    """Networks and their outputs on labelled inputs.

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
    def ensemble(self) -> float:
        """Accuracy of the mean of the networks' softmax."""
        return float(accuracy(self.said.softmax(-1).mean(0, keepdim=True), self.labels).item())

    @property
    def answers(self) -> np.ndarray:
        """(N, n) labels of the networks."""
        return self.said.argmax(-1).numpy()

    @property
    def wrong(self) -> np.ndarray:
        """(N, n) whether a label is wrong."""
        return (self.said.argmax(-1) != self.labels).numpy()


def judge(
    classifier: Classifier,
    task: Task,
    weights: np.ndarray,
    part: Labelled,
    device: torch.device,
    norms: str = "training",
    originals: np.ndarray | None = None,
) -> Judged:
    """Evaluate networks on a part of their task.

    Args:
        classifier: the architecture.
        task: with the inputs on which moments of batch norms are measured.
        weights: (N, P) of the networks.
        part: of the task.
        device: of the computation.
        norms: a name of `NORM_SOURCES`.
        originals: (M, P) trained networks, for those of them with their moments.
    """
    networks, inputs = (torch.as_tensor(found, device=device) for found in (weights, part.inputs))
    known = networks if originals is None else torch.as_tensor(originals, device=device)
    moments = NORM_MOMENTS[norms].load()(classifier, networks, task, known)
    return Judged(weights, logits(classifier, networks, moments, inputs).cpu(), torch.as_tensor(part.labels))


def judge_new(
    classifier: Classifier,
    task: Task,
    made: Mapping[str, np.ndarray],
    originals: np.ndarray,
    norms: Sequence[str],
    device: torch.device,
) -> dict[str, Judged]:
    """Evaluate new networks on the test part, by their names in tables.

    Args:
        classifier: the architecture.
        task: of the networks.
        made: (N, P) new networks by source.
        originals: (M, P) the trained networks.
        norms: names of `NORM_SOURCES`; other moments than those of training inputs are named in the rows.
        device: of the computation.
    """
    return {
        row_name(source, classifier, which): judge(classifier, task, own, task.test, device, which, originals)
        for which in norms
        for source, own in made.items()
    }


def row_name(source: str, classifier: Classifier, norms: str) -> str:
    """A source of new networks in tables, with the origin of their moments unless it is the default.

    Args:
        source: of the networks.
        classifier: the architecture; without batch norms nothing is to be named.
        norms: a name of `NORM_SOURCES`.
    """
    label = NORM_SOURCES[norms].label
    return f"{source} ({label})" if label and classifier.norms else source


def of_training(classifier: Classifier, networks: Tensor, task: Task, originals: Tensor) -> Tensor:
    """(S, Q) moments of networks (S, P), measured on the training inputs."""
    return _measured(classifier, networks, task.training)


def of_test(classifier: Classifier, networks: Tensor, task: Task, originals: Tensor) -> Tensor:
    """(S, Q) moments of networks (S, P), measured on the test inputs."""
    return _measured(classifier, networks, task.test)


def of_originals(classifier: Classifier, networks: Tensor, task: Task, originals: Tensor) -> Tensor:
    """(S, Q) the mean moments of trained networks (N, P), measured on the training inputs, for all networks (S, P)."""
    return _measured(classifier, originals, task.training).mean(0).expand(len(networks), -1)


def _measured(classifier: Classifier, networks: Tensor, part: Labelled) -> Tensor:
    return measure_norms(classifier, networks, torch.as_tensor(part.inputs, device=networks.device))


def compare_generated(trained: Judged, made: Mapping[str, Judged], name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The quality of generated networks, and whether they copy trained ones or each other.

    Distances are in units of the mean distance between two trained networks. The values of `trained` are the reference
    for new networks.

    Args:
        trained: training networks of the generators.
        made: generated networks by generator, in the layout of the trained ones.
        name: source name of the trained networks.

    Returns:
        Table source, metric (accuracy: mean, deviation, least, largest; loss; ensemble: accuracy of the mean softmax;
        nearest, spread; disagreement: share of examples that two networks label differently, mean over pairs; overlap:
        NaN where no network errs), value; and table source, network, accuracy.
    """
    unit = spread(trained.weights)
    rows, shares = [], []
    near = {name: nearest_other(trained.weights)}
    near |= {source: nearest(own.weights, trained.weights) for source, own in made.items()}
    overlaps = {name: largest_overlap_with_another(trained.wrong)}
    overlaps |= {source: largest_overlap(own.wrong, trained.wrong) for source, own in made.items()}
    for source, own in {name: trained, **made}.items():
        found = quality_of(own) | {"ensemble": own.ensemble}
        found |= {"nearest": near[source].mean() / unit, "spread": spread(own.weights) / unit}
        found["disagreement"] = disagreement(own.answers)
        found["overlap"] = pd.Series(overlaps[source]).mean()  # over the networks that err
        rows += [(source, metric, value) for metric, value in found.items()]
        shares += [(source, network, share) for network, share in enumerate(own.accuracy)]
    table = pd.DataFrame(rows, columns=["source", "metric", "value"])
    return table, pd.DataFrame(shares, columns=["source", "network", "accuracy"])


def compare_reconstructed(originals: Judged, made: Mapping[str, Judged]) -> pd.DataFrame:
    """How well reconstructions preserve networks.

    Args:
        originals: networks outside the training of the auto-encoder.
        made: their reconstructions, in the same order, by auto-encoder.

    Returns:
        Table source (`unseen` are the originals), metric (accuracy: mean, deviation, least, largest; loss; share: of
        the originals' accuracy; agreement of labels; distance: squared, in units of the variance), value.
    """
    rows = [(UNSEEN, metric, value) for metric, value in quality_of(originals).items()]
    for source, own in made.items():
        found = quality_of(own)
        found["share"] = own.accuracy.mean() / originals.accuracy.mean()
        found["agreement"] = float(agreement(own.said, originals.said).mean())
        found["distance"] = relative_distance(originals.weights, own.weights).mean()
        rows += [(source, metric, value) for metric, value in found.items()]
    return pd.DataFrame(rows, columns=["source", "metric", "value"])


def quality_of(own: Judged) -> dict[str, float]:
    """Mean, deviation, least and largest accuracy of networks, and their mean loss."""
    shares = own.accuracy
    found = {"mean": shares.mean(), "deviation": shares.std(ddof=1), "least": shares.min(), "largest": shares.max()}
    return {f"accuracy_{name}": float(value) for name, value in found.items()} | {"loss": float(own.loss.mean())}

"""Frontiers of generators: the accuracy of new networks against their distance from the training networks."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.mlp import MLP
from weightflow.populations.evaluation import Judged, judge
from weightflow.populations.generators import LearnedGenerator, draw_at_once, drawable
from weightflow.populations.metrics import (
    TRAINED,
    largest_overlap,
    largest_overlap_with_another,
    nearest,
    nearest_other,
    spread,
)
from weightflow.populations.registry import GENERATORS
from weightflow.populations.tasks.task import Task
from weightflow.seeding import Computation


class _Point(NamedTuple):
    """Networks of a generator at a value of its knob.

    Attributes:
        source: of the networks, a generator or `trained`.
        value: of the generator's knob; NaN for trained networks.
        usual: whether it is the value that the generator has otherwise.
        accuracy: mean over networks, on the test part.
        deviation: standard deviation of the accuracy over networks.
        nearest: mean distance from the nearest trained network, of trained ones the nearest other, in units of the mean
            distance between two of them.
        nearest_varying: the same without weights of constant inputs.
        spread: mean distance between two of the networks, in the same unit.
        overlap: mean over networks of the largest intersection over union of their errors with a trained network's.
        overlap_among: the same with another network of the point.
    """

    source: str
    value: float
    usual: bool
    accuracy: float
    deviation: float
    nearest: float
    nearest_varying: float
    spread: float
    overlap: float
    overlap_among: float


COLUMNS = list(_Point._fields)


def trace_frontiers(
    classifier: Classifier,
    task: Task,
    weights: np.ndarray,
    learned: Mapping[str, LearnedGenerator],
    count: int,
    computation: Computation,
) -> pd.DataFrame:
    """A row for each generator and value of its knob, after one for the trained networks; columns as `COLUMNS`.

    Args:
        classifier: of the networks.
        task: its test part for the results.
        weights: (N, P) of the training networks of all generators.
        learned: generators that were fitted to them, by name.
        count: of networks of each point, two at least.
        computation: the device, and the seed of the draws.
    """
    seed, device = computation.seed, computation.device
    inputs = task.training.inputs
    trained = judge(classifier, task, weights, task.test, device)
    originals = _Originals(trained, reads_varying_inputs(classifier, inputs))
    rows = [originals.point()]
    for name in drawable(classifier, learned):
        for value in GENERATORS[name].knob.values:
            made = (
                learned[name].draw(count, seed, value)
                if name in learned
                else draw_at_once(name, weights, classifier, inputs, count, seed, value)
            )
            rows.append(originals.point(name, value, judge(classifier, task, made, task.test, device)))
    return pd.DataFrame(rows, columns=COLUMNS)


def reads_varying_inputs(classifier: Classifier, inputs: np.ndarray) -> np.ndarray:
    """(P,) whether a weight reads something that varies: false for those of an MLP's constant inputs (n, …)."""
    first, *rest = classifier.layers
    varies = np.ones(first.inputs, bool)
    if isinstance(classifier, MLP):
        varies = (inputs != inputs[:1]).any(0).ravel()
    row = np.concatenate([varies, np.ones(first.columns - first.inputs, bool)])
    others = np.ones(sum(layer.weights for layer in rest), bool)
    return np.concatenate([np.tile(row, first.neurons), others])


class _Originals:
    """The training networks of all generators, to which new ones are compared.

    Args:
        trained: judged on the test part.
        varying: (P,) whether a weight reads something that varies.
    """

    def __init__(self, trained: Judged, varying: np.ndarray):
        self.trained = trained
        self.varying = slice(None) if varying.all() else varying  # without a copy of large networks
        self.unit = spread(trained.weights)
        self.part = trained.weights[:, self.varying]
        self.part_unit = self.unit if varying.all() else spread(self.part)

    def point(self, source: str = TRAINED, value: float = np.nan, made: Judged | None = None) -> _Point:
        """Networks of a generator at a value of its knob; None for the training networks themselves."""
        own, same = made or self.trained, made is None
        among, shares = largest_overlap_with_another(own.wrong), own.accuracy
        near = [
            (nearest_other(one) if same else nearest(one, two)).mean() / unit
            for one, two, unit in (
                (own.weights, self.trained.weights, self.unit),
                (own.weights[:, self.varying], self.part, self.part_unit),
            )
        ]
        return _Point(
            source=source,
            value=value,
            usual=same or value == GENERATORS[source].knob.usual,
            accuracy=float(shares.mean()),
            deviation=float(shares.std(ddof=1)),
            nearest=float(near[0]),
            nearest_varying=float(near[1]),
            spread=spread(own.weights) / self.unit,
            overlap=_mean(among if same else largest_overlap(own.wrong, self.trained.wrong)),
            overlap_among=_mean(among),
        )


def _mean(values: np.ndarray) -> float:
    """Over the networks that err."""
    return float(pd.Series(values).mean())

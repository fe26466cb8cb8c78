"""Frontiers of generators: the accuracy of new networks against their distance from the training networks."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.evaluation import Judged, judge
from weightflow.populations.generators import LearnedGenerator, draw_networks
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
    varying = reads_varying_inputs(classifier, inputs)
    trained = judge(classifier, task, weights, task.test, device)
    rows = [_point(TRAINED, np.nan, trained, trained, varying)]
    for name, own in GENERATORS.items():
        if own.draw is None and name not in learned:
            continue
        for value in own.knob.values:
            made = (
                draw_networks(name, weights, classifier, inputs, count, seed, value)
                if own.draw
                else learned[name].draw(count, seed, value)
            )
            rows.append(_point(name, value, judge(classifier, task, made, task.test, device), trained, varying))
    return pd.DataFrame(rows, columns=COLUMNS)


def reads_varying_inputs(classifier: Classifier, inputs: np.ndarray) -> np.ndarray:
    """(P,) whether a weight reads something that varies: false for those of constant inputs (n, …) of a dense map."""
    first, *rest = classifier.layers
    varies = (inputs != inputs[:1]).any(0).ravel()
    if first.inputs != len(varies):
        varies = np.ones(first.inputs, bool)  # a convolution, or a cell
    row = np.concatenate([varies, np.ones(first.columns - first.inputs, bool)])
    others = np.ones(sum(layer.weights for layer in rest), bool)
    return np.concatenate([np.tile(row, first.neurons), others])


def _point(source: str, value: float, made: Judged, trained: Judged, varying: np.ndarray) -> _Point:
    own, is_trained = made.accuracy, source == TRAINED
    unit, parts = spread(trained.weights), (made.weights[:, varying], trained.weights[:, varying])
    among = largest_overlap_with_another(made.wrong)
    return _Point(
        source=source,
        value=value,
        usual=is_trained or value == GENERATORS[source].knob.usual,
        accuracy=float(own.mean()),
        deviation=float(own.std(ddof=1)),
        nearest=_nearest(made.weights, trained.weights, is_trained) / unit,
        nearest_varying=_nearest(*parts, is_trained) / spread(parts[1]),
        spread=spread(made.weights) / unit,
        overlap=_mean(among if is_trained else largest_overlap(made.wrong, trained.wrong)),
        overlap_among=_mean(among),
    )


def _nearest(weights: np.ndarray, others: np.ndarray, same: bool) -> float:
    return float((nearest_other(weights) if same else nearest(weights, others)).mean())


def _mean(values: np.ndarray) -> float:
    """Over the networks that err."""
    return float(pd.Series(values).mean())

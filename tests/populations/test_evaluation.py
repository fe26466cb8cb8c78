"""Evaluation of many networks in parallel, against plain loops over them."""

import numpy as np
import pandas as pd
import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.classification import logits, measure_norms
from weightflow.populations.evaluation import (
    Judged,
    compare_generated,
    compare_reconstructed,
    judge,
    judge_new,
    row_name,
)
from weightflow.populations.metrics import TRAINED
from weightflow.populations.registry import NORM_SOURCES
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.task import Labelled, Task

TRAINING = NetworkTrainingSettings(networks=6, epochs=3, checkpoints=[1], batch=16, at_once=6)
CPU = torch.device("cpu")


def value(table: pd.DataFrame, source: str, metric: str) -> float:
    (found,) = table.loc[(table["source"] == source) & (table["metric"] == metric), "value"]
    return found


def test_accuracy_is_the_share_of_right_labels(judged, task):
    said = judged.said.argmax(-1).numpy()
    for network, share in enumerate(judged.accuracy):
        assert share == pytest.approx(np.mean(said[network] == task.test.labels))
    np.testing.assert_array_equal(judged.wrong, said != task.test.labels)


def test_an_ensemble_has_the_label_of_the_mean_softmax():
    said = torch.tensor([[[0.9, 0.1], [0.6, 0.4]], [[0.4, 0.6], [0.1, 0.9]]]).log()  # two networks, two examples
    judged = Judged(np.zeros((2, 1)), said, torch.tensor([0, 1]))
    assert judged.ensemble == 1
    assert judged.accuracy.tolist() == [0.5, 0.5]


def test_the_ensemble_of_equal_networks_is_each_of_them(judged, classifier, task):
    one = judge(classifier, task, np.repeat(judged.weights[:1], 4, axis=0), task.test, CPU)
    table, _ = compare_generated(judged, {"one": one}, TRAINED)
    assert value(table, "one", "ensemble") == value(table, "one", "accuracy_mean")
    assert value(table, TRAINED, "ensemble") == judged.ensemble


def test_copies_are_found_out(judged):
    table, shares = compare_generated(judged, {"copies": judged}, TRAINED)
    assert value(table, "copies", "nearest") == 0
    assert value(table, "copies", "overlap") == 1
    assert value(table, "copies", "spread") == pytest.approx(1)
    assert value(table, TRAINED, "nearest") > 0.1
    assert value(table, TRAINED, "spread") == pytest.approx(1)
    assert shares.groupby("source").size().to_dict() == {TRAINED: 6, "copies": 6}


def test_networks_that_are_all_one_are_found_out(judged, classifier, task):
    one = judge(classifier, task, np.repeat(judged.weights[:1], 4, axis=0), task.test, CPU)
    table, _ = compare_generated(judged, {"one": one}, TRAINED)
    assert value(table, "one", "spread") == 0
    assert value(table, "one", "accuracy_deviation") == 0
    assert value(table, "one", "disagreement") == 0
    said = judged.said.argmax(-1).numpy()
    pairs = [np.mean(said[i] != said[j]) for i in range(len(said)) for j in range(i)]
    assert value(table, TRAINED, "disagreement") == pytest.approx(np.mean(pairs))


def test_reconstructions_that_are_the_originals_lose_nothing(judged):
    table = compare_reconstructed(judged, {"same": judged})
    assert [value(table, "same", metric) for metric in ("share", "agreement", "distance")] == [1, 1, 0]


def test_the_mean_of_all_has_the_distance_of_the_variance(judged, classifier, task):
    mean = np.repeat(judged.weights.mean(0, keepdims=True), len(judged.weights), axis=0)
    table = compare_reconstructed(judged, {"mean": judge(classifier, task, mean, task.test, CPU)})
    assert value(table, "mean", "distance") == pytest.approx(1, rel=1e-5)


@pytest.fixture
def normed(rng):
    """A residual network, images whose test part is brighter, and two sets of weights."""
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (1, 4, 4), 3)

    def part(count: int, mean: float) -> Labelled:
        inputs = (mean + rng.standard_normal((count, 1, 4, 4))).astype(np.float32)
        return Labelled(inputs, rng.integers(3, size=count))

    size = sum(layer.weights for layer in classifier.layers)
    weights = (0.2 * rng.standard_normal((2, 3, size))).astype(np.float32)
    return classifier, Task(part(20, 0), part(8, 0), part(9, 2), 3), weights


def test_norms_take_their_moments_from_where_the_settings_say(normed):
    classifier, task, (originals, made) = normed
    training, test = (torch.as_tensor(part.inputs) for part in (task.training, task.test))
    new, old = torch.as_tensor(made), torch.as_tensor(originals)
    moments = {
        "training": measure_norms(classifier, new, training),
        "test": measure_norms(classifier, new, test),
        "originals": measure_norms(classifier, old, training).mean(0).repeat(3, 1),
    }
    found = {norms: judge(classifier, task, made, task.test, CPU, norms, originals).said for norms in moments}
    for norms, own in moments.items():
        torch.testing.assert_close(found[norms], logits(classifier, new, own, test))
    assert len({float(said.sum()) for said in found.values()}) == 3
    torch.testing.assert_close(judge(classifier, task, made, task.test, CPU).said, found["training"])
    validation = judge(classifier, task, made, task.validation, CPU, "test").said
    torch.testing.assert_close(
        validation, logits(classifier, new, moments["test"], torch.as_tensor(task.validation.inputs))
    )


def test_rows_name_other_moments_than_those_of_the_training_inputs(normed, classifier):
    own, task, (originals, made) = normed
    names = {norms: [*judge_new(own, task, {"flow": made}, originals, [norms], CPU)] for norms in NORM_SOURCES}
    assert names == {
        "training": ["flow"],
        "test": ["flow (norms of test inputs)"],
        "originals": ["flow (norms of originals)"],
    }
    assert row_name("flow", classifier, "test") == "flow"  # a perceptron has no norms

"""Evaluation of auto-encoders: choice by agreement, networks drawn around accurate ones, and linear probes."""

import numpy as np
import pandas as pd
import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.autoencoders import evaluation as autoencoder_evaluation
from weightflow.populations.autoencoders.evaluation import draw_about_good, most_agreeing, probe_codes, properties_of
from weightflow.populations.evaluation import Judged, judge
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.by_name import built_in
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import split_task
from weightflow.populations.training import train_population
from weightflow.seeding import Computation

TRAINING = NetworkTrainingSettings(networks=6, epochs=3, checkpoints=[1], batch=16, at_once=6)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def task():
    return split_task(built_in("iris"), SplitSettings(validation=0.2, test=0.3, seed=0))


@pytest.fixture(scope="module")
def classifier(task):
    return make_classifier(ArchitectureSettings(kind="mlp", widths=[4], activation="relu"), task.shape, task.classes)


@pytest.fixture(scope="module")
def population(classifier, task):
    return train_population(classifier, task, TRAINING, Computation(0, CPU))


@pytest.fixture
def judged(classifier, task, population) -> Judged:
    return judge(classifier, task, population.weights, task.test, CPU)


def value(table: pd.DataFrame, source: str, metric: str) -> float:
    (found,) = table.loc[(table["source"] == source) & (table["metric"] == metric), "value"]
    return found


def scores(agreement: float) -> pd.DataFrame:
    return pd.DataFrame({"source": ["x"], "metric": ["agreement"], "value": [agreement]})


@pytest.mark.parametrize(
    ("tried", "agreed", "kept"),
    [
        ([1, 0.5, 0.1], [0.99, 0.8, 0.9], {"structure": 1.0, "behaviour": 0.1}),
        ([1], [0.5], {"structure": 1.0}),
        ([0.5, 0], [0.7, 0.6], {"behaviour": 0.5}),
    ],
)
def test_of_the_weights_of_the_structural_loss_the_most_agreeing_is_kept(tried, agreed, kept):
    assert most_agreeing(tried, [scores(own) for own in agreed]) == kept


def test_properties_are_those_of_each_checkpoint(classifier, task, population, judged):
    found = properties_of(classifier, task, population, CPU)
    np.testing.assert_allclose(found["accuracy"][:, -1], judged.accuracy)
    assert found["epoch"].tolist() == [[1, 3]] * 6
    last = population.curves[population.curves["epoch"] == 3].set_index("network")
    np.testing.assert_allclose(found["gap"][:, -1], last["training"] - judged.accuracy)


def test_probes_see_what_is_in_codes_and_nothing_in_noise(rng):
    codes, noise = rng.standard_normal((2, 200, 2, 3))
    properties = {"sum": codes.sum(-1)}
    table = probe_codes({"codes": codes, "noise": noise}, properties, np.arange(150), np.arange(150, 200))
    assert value(table, "codes", "probe_sum") > 0.99
    assert value(table, "noise", "probe_sum") < 0.1


def test_networks_are_drawn_about_the_best_and_differently_by_each_auto_encoder(monkeypatch, rng):
    monkeypatch.setattr(autoencoder_evaluation, "encode", lambda network, weights: weights)
    monkeypatch.setattr(autoencoder_evaluation, "decode", lambda network, codes: codes)
    weights = np.concatenate([rng.standard_normal((10, 3)), 100 + rng.standard_normal((10, 3))])

    def score(own: np.ndarray) -> np.ndarray:
        return own.mean(1)

    one, again, other = (draw_about_good(None, weights, score, 50, 0, name) for name in ("a", "a", "b"))
    assert one.min() > 90
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("rounds", "spoiled"), [(1, True), (2, False)])
def test_draws_about_drawn_networks_leave_out_what_decoding_spoils(monkeypatch, rng, rounds, spoiled):
    monkeypatch.setattr(autoencoder_evaluation, "_ROUNDS", rounds)
    monkeypatch.setattr(autoencoder_evaluation, "encode", lambda network, weights: weights)
    monkeypatch.setattr(autoencoder_evaluation, "decode", lambda network, codes: np.where(codes < 50, 1000, codes))
    weights = rng.permutation(np.concatenate([rng.standard_normal((20, 1)), 100 + rng.standard_normal((20, 1))]))
    found = draw_about_good(None, weights, lambda own: np.where(own[:, 0] == 1000, 0.1, 0.9), 200, 0, "a")
    assert (np.mean(found == 1000) > 0.25) == spoiled


def test_probes_of_finished_networks_leave_the_epoch_out(rng):
    """Where a property is the epoch alone, codes that tell the epoch tell nothing of finished networks."""
    codes = np.stack([np.zeros((100, 2)), np.ones((100, 2))], axis=1) + 0.01 * rng.standard_normal((100, 2, 2))
    accuracy = np.array([0.0, 1.0]) + 0.01 * rng.standard_normal((100, 2))
    table = probe_codes({"codes": codes}, {"accuracy": accuracy}, np.arange(60), np.arange(60, 100))
    assert value(table, "codes", "probe_accuracy") > 0.99
    assert value(table, "codes", "probe_final_accuracy") < 0.2

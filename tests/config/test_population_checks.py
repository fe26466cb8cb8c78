"""Settings of populations that do not fit together are refused in one sentence with file and key."""

import pytest

from weightflow.config.population_checks import check_populations
from weightflow.populations.registry import QUERIES
from weightflow.populations.settings import SNAPSHOT
from weightflow.populations.tasks.catalogue import input_shapes, read_catalogue


@pytest.fixture
def shapes(root):
    return input_shapes(read_catalogue(root / "resources" / "tasks.yaml"))


@pytest.fixture
def check(complete, shapes):
    def run(**settings) -> None:
        config = {
            "datasets": {"d": {"system": "epidemic"}, "cells": {"file": "cells.h5ad", "kind": "continuous"}},
            "populations": {"p": {"task": "iris"} | settings},
        }
        whole = complete(config)
        check_populations(whole.populations, whole.datasets, shapes, "my.yaml")

    return run


def test_a_task_alone_is_enough(check):
    check()


def test_no_task_has_the_name_of_another_source_of_queries(shapes):
    assert not {*QUERIES, SNAPSHOT} & {*shapes}


def test_an_entry_of_the_catalogue_adds_a_task(complete, shapes):
    config = complete({"datasets": {"d": {"system": "epidemic"}}, "populations": {"p": {"task": "kmnist"}}})
    check_populations(config.populations, config.datasets, shapes | {"kmnist": (1, 28, 28)}, "my.yaml")


def test_networks_are_asked_inputs_of_another_task_of_the_same_shape(check):
    check(task="mnist", autoencoder={"queries": {"from": ["noise", "fashion_mnist"]}})


SNAPSHOTS = {"task": "snapshot", "architecture": {"kind": "gru"}}
CASES = {
    "an unknown task": ({"task": "irises"}, "task: unknown task 'irises'; did you mean 'iris'. allowed: .*, snapshot"),
    "nothing to learn from": ({"split": {"validation": 0.5, "test": 0.5}}, "split: shares of 0.5 .* leave nothing"),
    "convolutions of a table": ({"architecture": {"kind": "cnn"}}, "architecture.kind: cnn reads images"),
    "an unknown query": (
        {"autoencoder": {"queries": {"from": ["nois"]}}},
        "autoencoder.queries.from: unknown name 'nois'; did you mean 'noise'",
    ),
    "queries of another shape": (
        {"autoencoder": {"queries": {"from": ["training", "wine"]}}},
        "autoencoder.queries.from: inputs of wine have another shape than those of the task iris",
    ),
    "queries that are no states": (
        SNAPSHOTS | {"snapshot": {"dataset": "d"}, "autoencoder": {"queries": {"from": ["digits"]}}},
        "autoencoder.queries.from: inputs of digits have another shape than those of the task snapshot",
    ),
    "kernels too few": (
        {"task": "digits", "architecture": {"kind": "cnn", "kernels": [3, 3]}},
        "architecture: there are 3 channels, 2 kernels and 3 pools",
    ),
    "a backbone of flowers": ({"architecture": {"kind": "gru"}}, "architecture.kind: gru does not fit the task iris"),
    "states for a perceptron": (
        {"task": "snapshot", "snapshot": {"dataset": "d"}},
        "architecture.kind: mlp does not fit the task snapshot",
    ),
    "no data set": (SNAPSHOTS, "snapshot.dataset: one of the data sets is needed"),
    "a data set of no use": ({"snapshot": {"dataset": "d"}}, "snapshot.dataset: the task has none"),
    "a time of no snapshots": ({"snapshot": {"time": 5}}, "snapshot.time: the task iris has no times"),
    "a checkpoint after the end": (
        {"training": {"epochs": 5, "checkpoints": [2, 7]}},
        "training.checkpoints: there are 5 epochs and no 7",
    ),
    "an unknown data set": (
        SNAPSHOTS | {"snapshot": {"dataset": "cell"}},
        "snapshot.dataset: unknown name 'cell'; did you mean 'cells'",
    ),
    "real values": (SNAPSHOTS | {"snapshot": {"dataset": "cells"}}, "snapshot.dataset: the states of cells are real"),
    "heads": (
        {"task": "digits", "architecture": {"kind": "vit", "hidden": 30}},
        "architecture: 4 heads do not divide the width 30",
    ),
    "components": (
        {"flow": {"components": 100}},
        "flow.components: 100 networks have at most 99 principal components, not 100",
    ),
    "heads of the auto-encoder": (
        {"autoencoder": {"structural": [1], "width": 30}},
        "autoencoder: 4 heads do not divide the width 30",
    ),
    "no network unseen": (
        {"autoencoder": {"structural": [1], "shares": [0.8, 0.2]}},
        "autoencoder.shares: .* of 100 networks leave a part without networks",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_refused(check, refused, case):
    settings, sentence = CASES[case]
    with refused(f"^my.yaml: populations.p.{sentence}"):
        check(**settings)


def test_what_is_not_asked_for_is_not_checked(check):
    check(autoencoder={"structural": [], "width": 30}, flow={"alignments": [], "components": 1000})

"""Populations of a job about auto-encoders are read with their tasks, architectures and parts."""

import numpy as np
import pandas as pd
import pytest

from weightflow.jobs.zoos import members_of
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.autoencoders.fitting import split_networks
from weightflow.populations.population import Population, write_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.by_name import built_in
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import split_task, write_task

TASKS = {"flowers": "iris", "wines": "wine"}


@pytest.fixture
def saved(tmp_path, rng):
    """Paths and sections of two populations, as the plan gives them."""
    found = {"tasks": [], "populations": [], "zoos": []}
    for (name, task_name), width, count in zip(TASKS.items(), (3, 2), (10, 20), strict=True):
        task = split_task(built_in(task_name), SplitSettings())
        settings = PopulationSettings.of({"task": task_name, "architecture": {"widths": [width]}}, "my.yaml")
        layers = make_classifier(settings.architecture, task.shape, task.classes).layers
        weights = rng.standard_normal((count, sum(layer.weights for layer in layers))).astype(np.float32)
        population = Population(weights, np.array([1]), weights[:, None], [{}] * count, pd.DataFrame())
        write_task(tmp_path / f"{name}-task", task)
        write_population(tmp_path / name, population)
        sections = {key: settings.plain()[key] for key in ("architecture", "networks", "alignment")}
        found["tasks"].append(tmp_path / f"{name}-task")
        found["populations"].append(tmp_path / name)
        found["zoos"].append({"name": name, **sections})
    return found


def test_members_are_read_with_their_parts(saved):
    members = members_of(**saved, shares=(0.5, 0.2), seed=3)
    assert [own.name for own in members] == [*TASKS]
    for own, (inputs, width, count) in zip(members, [(4, 3, 10), (13, 2, 20)], strict=True):
        assert own.task.shape == (inputs,)
        assert [(layer.inputs, layer.neurons) for layer in own.classifier.layers] == [(inputs, width), (width, 3)]
        assert own.population.weights.shape[0] == count
        for part, expected in zip(own.parts, split_networks(count, (0.5, 0.2), 3), strict=True):
            np.testing.assert_array_equal(part, expected)


def test_a_population_has_the_same_parts_alone(saved):
    """So that no test network of one job is a training network of another."""
    both = members_of(**saved, shares=(0.5, 0.2), seed=3)
    (alone,) = members_of(**{key: own[1:] for key, own in saved.items()}, shares=(0.5, 0.2), seed=3)
    for one, two in zip(both[1].parts, alone.parts, strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_architecture_of_loaded_networks_is_that_of_their_file(saved, rng):
    loaded = ArchitectureSettings(widths=(5,), activation="tanh")
    size = 5 * 5 + 3 * 6
    weights = rng.standard_normal((10, size)).astype(np.float32)
    population = Population(weights, np.array([1]), weights[:, None], [{}] * 10, pd.DataFrame(), loaded)
    write_population(saved["populations"][0], population)
    first, _ = members_of(**saved, shares=(0.5, 0.2), seed=3)
    assert [layer.neurons for layer in first.classifier.layers] == [5, 3]


def test_too_few_networks_are_refused(saved, refused):
    with refused("autoencoder.shares: .* of the 10 networks of .* leave a part empty"):
        members_of(**saved, shares=(0.9, 0.1), seed=3)

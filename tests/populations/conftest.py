"""A small population of Iris, for the tests of its evaluation."""

import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
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

"""The populations of a job about auto-encoders, with their tasks and parts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from weightflow.networks.layout import HiddenUnits
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.autoencoders.fitting import NetworkSplit, split_networks
from weightflow.populations.population import Population, read_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import Task, read_task
from weightflow.populations.unit_groups import symmetries_of
from weightflow.populations.user_modules import classifier_of_population


class Member(NamedTuple):
    """A population of an auto-encoder.

    Attributes:
        name: of the population.
        task: of its networks.
        population: its networks, aligned.
        classifier: their architecture.
        symmetries: their interchangeable hidden units.
        parts: for training, validation and test.
    """

    name: str
    task: Task
    population: Population
    classifier: Classifier
    symmetries: tuple[HiddenUnits, ...]
    parts: NetworkSplit


def members_of(
    tasks: Sequence[str | Path],
    populations: Sequence[str | Path],
    zoos: Sequence[Mapping[str, Any]],
    shares: Sequence[float],
    seed: int,
) -> list[Member]:
    """Read the populations of a job.

    Args:
        tasks: their files.
        populations: files of the networks.
        zoos: name, and the sections `architecture`, `networks` and `alignment`, of each.
        shares: of the networks for training and for validation.
        seed: of the parts.

    Raises:
        InputError: a file is damaged, or a part has no network.
    """
    found = []
    for task_file, file, about in zip(tasks, populations, zoos, strict=True):
        task, population = read_task(task_file), read_population(file)
        settings = PopulationSettings.parts({key: about[key] for key in ("architecture", "networks", "alignment")})
        classifier = classifier_of_population(population, settings, task)
        symmetries = symmetries_of(classifier, settings.networks, settings.alignment.heads)
        parts = split_networks(len(population.weights), shares, seed, about["name"])
        found.append(Member(about["name"], task, population, classifier, symmetries, parts))
    return found

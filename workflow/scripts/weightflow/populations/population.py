"""Populations: many classifiers of one task and architecture, with their recipes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.errors import InputError
from weightflow.networks.layout import Place
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.metrics import distances
from weightflow.populations.registry import REFERENCES
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "population"
GENERATED = "networks"
SOURCES = "networks by source"


@dataclass(frozen=True)
class Population:
    """N trained networks of one architecture.

    Attributes:
        weights: (N, P) flat weights at the end.
        epochs: (E,) epochs at which checkpoints were kept, the last at the end.
        checkpoints: (N, E, P) weights then.
        recipes: for each network its learning_rate, weight_decay and initialisation.
        curves: table network, epoch, loss (nats per example of training), training, validation (accuracies), at about
            twenty epochs from the first to the last and at those of the checkpoints.
        architecture: of loaded networks, if it is one of the catalogue; else None.
        names: (N,) of the files of networks that were loaded; else empty.
        places: the parameters of loaded networks, as their files name them; else empty.
    """

    weights: np.ndarray
    epochs: np.ndarray
    checkpoints: np.ndarray
    recipes: list[dict[str, Any]]
    curves: pd.DataFrame
    architecture: ArchitectureSettings | None = None
    names: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


def reference_of(population: Population, choice: str | int) -> int:
    """Index of the network to which the others are aligned, chosen by `alignment.reference`.

    Raises:
        InputError: there is no network of this number.
    """
    if isinstance(choice, str):
        return REFERENCES[choice].choose.load()(population)
    if choice >= (count := len(population.weights)):
        raise InputError(
            f"populations.*.alignment.reference: there are {count} networks, 0 … {count - 1}, no {choice}."
        )
    return choice


def best(population: Population) -> int:
    """The network with the least loss at the end."""
    last = population.curves[population.curves["epoch"] == population.epochs[-1]]
    return int(last.set_index("network")["loss"].idxmin())


def first(population: Population) -> int:
    """The first network."""
    return 0


def central(population: Population) -> int:
    """The network with the least mean distance from the others, before alignment."""
    return int(distances(population.weights, population.weights).sum(1).argmin())


def write_population(path: str | Path, population: Population, **metadata: Any) -> None:
    """Write a population; its curves are a table of their own."""
    tensors = {key: getattr(population, key) for key in ("weights", "epochs", "checkpoints")}
    own = population.architecture
    facts = {
        "recipes": population.recipes,
        "architecture": None if own is None else own.plain(),
        "names": population.names,
        "places": [asdict(place) for place in population.places],
    }
    write_tensors(path, KIND, tensors, **facts, **metadata)


def read_population(path: str | Path, curves: pd.DataFrame | None = None) -> Population:
    """Read a population, with its curves if they are given.

    Raises:
        InputError: the file is damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        weights, epochs, checkpoints = (artefact.tensors[key] for key in ("weights", "epochs", "checkpoints"))
        recipes = [dict(recipe) for recipe in artefact.metadata["recipes"]]
        own, names = artefact.metadata["architecture"], tuple(artefact.metadata["names"])
        architecture = None if own is None else ArchitectureSettings.model_validate(own)
        places = tuple(Place.of(place) for place in artefact.metadata["places"])
        (networks, size), (kept,) = weights.shape, epochs.shape
        if checkpoints.shape != (networks, kept, size) or len(recipes) != networks or not networks:
            raise ValueError(f"weights {weights.shape} and checkpoints {checkpoints.shape} are not of one population")
        found = pd.DataFrame() if curves is None else curves
        return Population(weights, epochs, checkpoints, recipes, found, architecture, names, places)


def write_networks(path: str | Path, weights: np.ndarray, **metadata: Any) -> None:
    """Write networks (N, P) that were not trained."""
    write_tensors(path, GENERATED, {"weights": weights}, **metadata)


def write_sources(path: str | Path, networks: Mapping[str, np.ndarray], **metadata: Any) -> None:
    """Write networks (N, P) that were not trained, by source."""
    write_tensors(path, SOURCES, networks, **metadata)


def read_sources(path: str | Path) -> dict[str, np.ndarray]:
    """(N, P) networks that were not trained, by source.

    Raises:
        InputError: the file is damaged.
    """
    tensors = read_tensors(path, SOURCES, finite=True).tensors
    with parts_of(path):
        if any(weights.ndim != 2 for weights in tensors.values()):
            raise ValueError("an array has another shape than networks (N, P)")
        return dict(tensors)


def read_networks(path: str | Path) -> np.ndarray:
    """(N, P) networks that were not trained.

    Raises:
        InputError: the file is damaged.
    """
    tensors = read_tensors(path, GENERATED, finite=True).tensors
    with parts_of(path):
        if (weights := tensors["weights"]).ndim != 2:
            raise ValueError(f"weights {weights.shape} are not those of networks (N, P)")
        return weights

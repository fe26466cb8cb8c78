"""Generators of networks: those that draw at once, and those that are fitted first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
import torch

from weightflow.errors import InputError
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.registry import GENERATORS
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import Labelled
from weightflow.seeding import Computation, stream


@dataclass(frozen=True)
class Examples:
    """What generators may learn from besides networks.

    Attributes:
        training: labelled inputs for their losses.
        validation: labelled inputs for their choices.
    """

    training: Labelled
    validation: Labelled


class LearnedGenerator(Protocol):
    """Interface of a generator that is fitted first.

    Its section of the settings has the key `alignments`: the layouts that it is fitted to.

    Attributes:
        losses: of the fit, a table step, loss; empty for one from a file.
    """

    losses: pd.DataFrame

    @classmethod
    def fit(
        cls,
        weights: np.ndarray,
        classifier: Classifier,
        examples: Examples | None,
        settings: PopulationSettings,
        computation: Computation,
    ) -> Self:
        """Fit to networks (N, P).

        Raises:
            InputError: the settings do not fit the networks, or examples are needed and missing.
            DivergenceError: the loss became NaN or infinite.
        """

    @classmethod
    def read(cls, path: str | Path, device: torch.device) -> Self:
        """Read one; raises InputError for a damaged file."""

    def write(self, path: str | Path, **metadata: Any) -> None:
        """Write it without its losses."""

    def draw(self, count: int, seed: int, value: float = 1.0) -> np.ndarray:
        """(count, P) new networks at a value of its knob."""


def is_offered(name: str, classifier: Classifier) -> bool:
    """Whether a generator makes sense for an architecture."""
    return not GENERATORS[name].reads_outputs or getattr(classifier, "tells_outputs", False)


def drawable(classifier: Classifier, learned: Collection[str]) -> list[str]:
    """Generators that can draw networks, in the order of the registry: those that draw at once, and fitted ones.

    Args:
        classifier: of the networks.
        learned: names of generators that were fitted.
    """
    return [
        name
        for name, own in GENERATORS.items()
        if name in learned or (own.draw is not None and is_offered(name, classifier))
    ]


def draw_at_once(
    name: str,
    weights: np.ndarray,
    classifier: Classifier,
    inputs: np.ndarray | None,
    count: int,
    seed: int,
    value: float | None = None,
) -> np.ndarray:
    """(count, P) networks of a generator that is not learned.

    Args:
        name: of `GENERATORS`.
        weights: (N, P) of the population.
        classifier: of the networks.
        inputs: (n, …) training inputs, for generators that read them.
        count: of networks.
        seed: of the draws.
        value: of its knob; None takes the usual one.

    Raises:
        InputError: inputs are missing, or the generator is not for these networks.
    """
    own = GENERATORS[name]
    if own.draw is None:
        raise ValueError(f"{name} is fitted first")
    if not is_offered(name, classifier):
        raise InputError(f"the generator {name} is for networks mlp, cnn and lenet5 of the catalogue; take another.")
    if own.reads_outputs and inputs is None:
        raise InputError(f"the generator {name} needs training inputs; give inputs=… to Population.load.")
    more = (classifier, inputs) if own.reads_outputs else ()
    draws, at = stream(seed, "sampler", name), own.knob.usual if value is None else value
    return own.draw.load()(weights, count, draws, at, *more)


def draw_all(
    weights: np.ndarray,
    classifier: Classifier,
    inputs: np.ndarray,
    made: Mapping[str, np.ndarray],
    count: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Networks of every generator, in the order of the registry; `made` has those of learned ones."""
    return {
        name: made[name] if name in made else draw_at_once(name, weights, classifier, inputs, count, seed)
        for name in drawable(classifier, made)
    }

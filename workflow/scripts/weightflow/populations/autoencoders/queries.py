"""Inputs on which a behavioural loss compares the outputs of networks (Meynent et al. 2025)."""

from collections.abc import Callable, Mapping

import numpy as np

from weightflow import seeding
from weightflow.populations.autoencoders.registry import QUERIES
from weightflow.populations.autoencoders.settings import QuerySettings
from weightflow.populations.tasks.task import moments_of

# From (count, rng) to inputs (count, …).
Source = Callable[[int, np.random.Generator], np.ndarray]


class Queries:
    """Queries of every kind that the settings name, drawn at every call or only once.

    Args:
        training: (n, …) inputs of the task.
        others: inputs of other tasks by name, of the same shape.
        settings: `from` names kinds, of `QUERIES` or of the others; `count` of each are drawn; with `fresh` at every
            call.
        seed: of the draws.
    """

    def __init__(
        self, training: np.ndarray, others: Mapping[str, np.ndarray], settings: QuerySettings, seed: int
    ) -> None:
        self._sources: list[Source] = [
            QUERIES[kind].source.load()(training) if kind in QUERIES else examples(others[kind])
            for kind in settings.sources
        ]
        self._count, self._draws = settings.count, seeding.stream(seed, "weight auto-encoder", "queries")
        self._fixed = None if settings.fresh else self._drawn()

    def __call__(self) -> np.ndarray:
        """(queries, …) float32, one kind after the other; the first are the same whether or not they are fresh."""
        return self._drawn() if self._fixed is None else self._fixed

    def _drawn(self) -> np.ndarray:
        found = [source(self._count, self._draws) for source in self._sources]
        return np.concatenate(found).astype(np.float32)


def examples(inputs: np.ndarray) -> Source:
    """Source of some of the inputs (n, …), without replacement, or of all if there are fewer."""
    return lambda count, rng: inputs[rng.permutation(len(inputs))[:count]]


def noise(inputs: np.ndarray) -> Source:
    """Source of normal draws with the moments of inputs (n, …): of tables by feature, of images as a whole."""
    mean, spread = moments_of(inputs)
    return lambda count, rng: mean + spread * rng.standard_normal((count, *inputs.shape[1:]))


def uniform(inputs: np.ndarray) -> Source:
    """Source of uniform draws in the range of inputs (n, …): of tables by feature, of images as a whole."""
    axis = None if inputs.ndim > 2 else 0
    least, largest = inputs.min(axis), inputs.max(axis)
    return lambda count, rng: rng.uniform(least, largest, (count, *inputs.shape[1:]))

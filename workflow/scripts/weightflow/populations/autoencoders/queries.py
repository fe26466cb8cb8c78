"""Inputs on which a behavioural loss compares the outputs of networks (Meynent et al. 2025)."""

from collections.abc import Mapping

import numpy as np

from weightflow import seeding
from weightflow.populations.autoencoders.registry import QUERIES
from weightflow.populations.autoencoders.settings import QuerySettings
from weightflow.populations.tasks.task import moments_of


def draw_queries(
    training: np.ndarray, others: Mapping[str, np.ndarray], settings: QuerySettings, seed: int
) -> np.ndarray:
    """Queries of every kind that the settings name.

    Args:
        training: (n, …) inputs of the task.
        others: inputs of other tasks by name, of the same shape.
        settings: `from` names kinds, of `QUERIES` or of the others; `count` of each are drawn.
        seed: of the draws.

    Returns:
        (queries, …) float32.
    """
    draws, found = seeding.stream(seed, "weight auto-encoder", "queries"), []
    for kind in settings.sources:
        if kind in QUERIES:
            found.append(QUERIES[kind].draw.load()(training, settings.count, draws))
        else:
            found.append(examples(others[kind], settings.count, draws))
    return np.concatenate(found).astype(np.float32)


def examples(inputs: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, …) of inputs (n, …), without replacement, or all if there are fewer."""
    return inputs[rng.permutation(len(inputs))[:count]]


def noise(inputs: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, …) normal draws with the moments of inputs (n, …)."""
    mean, spread = moments_of(inputs)
    return mean + spread * rng.standard_normal((count, *inputs.shape[1:]))

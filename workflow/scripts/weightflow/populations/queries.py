"""Inputs that networks are asked, so that a behavioural loss compares what they say (Meynent et al. 2025)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from weightflow import seeding
from weightflow.populations.tasks.task import moments_of


def draw_queries(
    training: np.ndarray, others: Mapping[str, np.ndarray], settings: Mapping[str, Any], seed: int
) -> np.ndarray:
    """Queries of every kind that the settings name.

    Args:
        training: (n, …) inputs of the task.
        others: those of other tasks by name, of the same shape.
        settings: `from` names kinds: training, noise (normal, with the moments of the training inputs), or one of the
            others; `count` of each are drawn, without replacement, or all that there are.
        seed: of the draws.

    Returns:
        (queries, …) float32.
    """
    draws = seeding.stream(seed, "weight auto-encoder", "queries")
    known, count = {"training": training, **others}, settings["count"]
    mean, spread = moments_of(training)
    return np.concatenate(
        [
            mean + spread * draws.standard_normal((count, *training.shape[1:]))
            if kind == "noise"
            else known[kind][draws.permutation(len(known[kind]))[:count]]
            for kind in settings["from"]
        ]
    ).astype(np.float32)

"""Weighted states: marginals, and merging of duplicates. Weights sum to one."""

import numpy as np


def marginals(states: np.ndarray, weights: np.ndarray, levels: int) -> np.ndarray:
    """(d, levels) frequencies of the counts 0 … levels − 1 in each variable.

    Args:
        states: (n, d) counts.
        weights: (n,), sum one.
        levels: number of counts.
    """
    return np.stack([np.bincount(column, weights, minlength=levels) for column in states.T])


def merge_duplicates(states: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Unique states (u, d) and their total weights (u,), which sum to one as precisely as POT requires."""
    if weights is None:
        weights = np.full(len(states), 1 / len(states))
    unique, place = np.unique(states, axis=0, return_inverse=True)
    total = np.bincount(place.ravel(), weights)
    return unique, total / total.sum()

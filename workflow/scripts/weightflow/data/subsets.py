"""Parts of the states of a snapshot, or of other sequences."""

import numpy as np


def at_most(states: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All states (n, d) if they are at most `count`, else `count` of them at random."""
    if len(states) <= count:
        return states
    return states[rng.choice(len(states), count, replace=False)]


def exactly(states: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All states (n, d) if they are exactly `count`, else `count` of them at random.

    States repeat if there are fewer than `count`.
    """
    if len(states) == count:
        return states
    return states[rng.choice(len(states), count, replace=len(states) < count)]


def evenly(count: int, most: int) -> np.ndarray:
    """At most `most` evenly spaced indices among 0 … count − 1, with both ends."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)

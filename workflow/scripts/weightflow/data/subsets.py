"""Random parts of the states of a snapshot."""

import numpy as np


def at_most(states: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All of the states (n, d) where they are no more than asked for, else that many at random."""
    if len(states) <= count:
        return states
    return states[rng.choice(len(states), count, replace=False)]


def exactly(states: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All of the states (n, d) where they are as many as asked for, else that many at random.

    They repeat where fewer are there than are asked for.
    """
    if len(states) == count:
        return states
    return states[rng.choice(len(states), count, replace=len(states) < count)]

"""Ways between two snapshots, for the tests of teachers."""

import numpy as np

from weightflow.data.state_space import Reals, StateSpace
from weightflow.teaching.teachers import Interpolant

REALS = Reals((0.0,), (1.0,), (0.0,), (1.0,))  # teachers ask for no more than that values are real


def between(first: np.ndarray, last: np.ndarray, space: StateSpace = REALS, end: float = 2.0) -> Interpolant:
    """Two snapshots, at times 0 and `end`."""
    return Interpolant([first, last], np.array([0.0, end]), space, np.random.default_rng(1))


def constant(value: int, count: int = 2000) -> np.ndarray:
    return np.full((count, 1), value)

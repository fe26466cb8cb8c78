"""Smoothing of a lesson's states by Gaussian kernels, for snapshots of few states.

A network that learns from few states learns their accidents. Noise about each state, of the covariance of all states at
its time, makes it learn a kernel density instead (the smoothed bootstrap of Silverman & Young 1987).
"""

import dataclasses

import numpy as np

from weightflow.data.state_space import Counts, StateSpace
from weightflow.teaching.teachers import Lesson


def smoothed(lesson: Lesson, kernel: float, space: StateSpace, rng: np.random.Generator) -> Lesson:
    """A lesson with noise about each of its states.

    Counts are rounded; what falls below zero is reflected, so that it does not collect there.

    Args:
        lesson: the states.
        kernel: standard deviation of the noise over that of the states; 0 leaves them as they are.
        space: the state space.
        rng: of the noise.
    """
    if not kernel:
        return lesson
    states = [_noisy(part, kernel, space, rng) for part in lesson.states]
    return dataclasses.replace(lesson, states=states)


def _noisy(states: np.ndarray, kernel: float, space: StateSpace, rng: np.random.Generator) -> np.ndarray:
    values = states.astype(float)
    squares, axes = np.linalg.eigh(np.atleast_2d(np.cov(values.T)))
    spreads = axes * np.sqrt(np.maximum(squares, 0))
    noisy = values + kernel * rng.standard_normal(values.shape) @ spreads.T
    if not isinstance(space, Counts):
        return noisy.astype(states.dtype)
    rounded = np.floor(noisy + 0.5)
    rounded = np.where(rounded < 0, -1 - rounded, rounded)
    if space.relations:
        return space.coordinates(space.project(np.maximum(noisy, 0), rng))
    bounds = [one.top if one.ratio == 0 else np.inf for one in map(space.range_of, range(values.shape[1]))]
    return space.coordinates(np.minimum(rounded, bounds))

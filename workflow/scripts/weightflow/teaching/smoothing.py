"""Smoothing of a lesson's states, for snapshots of few states.

A network that learns from few states learns their accidents. Noise about each state makes it learn a kernel density
instead (smoothed bootstrap, Silverman & Young 1987). Values from other states of the same time, variable by variable,
shrink it towards independent variables with the same marginals.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, StateSpace, unrelated_variables
from weightflow.teaching.teachers import Lesson, Teachers, lesson


def smoothed_lesson(
    teachers: Teachers | None,
    data: Snapshots,
    points: int,
    smoothing: Mapping[str, float],
    seed: int,
    ahead: Sequence[float] = (),
) -> Lesson:
    """What the final fit of a model learns from.

    Args:
        teachers: of the model; None takes only the snapshots.
        data: its observed training snapshots.
        points: as for `lesson`.
        smoothing: as for `smoothed`.
        seed: of the model.
        ahead: times past the last snapshot, as for `lesson`.
    """
    rng = seeding.stream(seed, "lesson")
    told = lesson(teachers, data.observed, data.observed_times, data.space, points, rng, ahead)
    return smoothed(told, smoothing, data.space, rng)


def smoothed(told: Lesson, smoothing: Mapping[str, float], space: StateSpace, rng: np.random.Generator) -> Lesson:
    """A lesson whose states are smoothed.

    Args:
        told: the states.
        smoothing: `kernel`, the standard deviation of the noise over that of the states, and `independence`, the share
            of replaced values; missing ones are 0.
        space: the state space.
        rng: of noise and replacements.
    """
    kernel, share = smoothing.get("kernel", 0.0), smoothing.get("independence", 0.0)
    states = [_exchanged(part, share, space, rng) for part in told.states] if share else told.states
    states = [_noisy(part, kernel, space, rng) for part in states] if kernel else states
    return dataclasses.replace(told, states=states)


def _exchanged(states: np.ndarray, share: float, space: StateSpace, rng: np.random.Generator) -> np.ndarray:
    """States with a share of the values of each variable from other states; variables of relations stay."""
    found = states.copy()
    for v in unrelated_variables(space, states.shape[1]):
        rows = np.flatnonzero(rng.random(len(states)) < share)
        found[rows, v] = states[rng.integers(len(states), size=len(rows)), v]
    return found


def _noisy(states: np.ndarray, kernel: float, space: StateSpace, rng: np.random.Generator) -> np.ndarray:
    """States with Gaussian noise of their own covariance, scaled so that mean and covariance stay.

    Counts are rounded; what falls below zero is reflected, so that it does not collect there. A single state, as of a
    validation split of two without a teacher, has no covariance and stays.
    """
    if len(states) < 2:
        return states
    values = states.astype(float)
    squares, axes = np.linalg.eigh(np.atleast_2d(np.cov(values.T)))
    spreads = axes * np.sqrt(np.maximum(squares, 0))
    noisy = values + kernel * rng.standard_normal(values.shape) @ spreads.T
    mean = values.mean(0)
    noisy = mean + (noisy - mean) / np.sqrt(1 + kernel**2)
    if not isinstance(space, Counts):
        return noisy.astype(states.dtype)
    if space.relations:
        return space.coordinates(space.project(np.maximum(noisy, 0), rng))
    rounded = np.floor(noisy + 0.5)
    rounded = np.where(rounded < 0, -1 - rounded, rounded)
    bounds = [one.top if one.ratio == 0 else np.inf for one in map(space.range_of, range(values.shape[1]))]
    return space.coordinates(np.minimum(rounded, bounds))

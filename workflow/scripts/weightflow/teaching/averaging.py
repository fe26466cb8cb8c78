"""Averages of teachers: the part of the states that each gives, from the likelihood of left-out snapshots.

Stacking (Yao et al., Bayesian Analysis 2018): the parts are those whose mixture makes the left-out states likeliest.
Few snapshots can be left out, and all alike favour wide gaps; so the parts are shrunk towards equal ones.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from weightflow.data.state_space import StateSpace
from weightflow.teaching.missed import missed_shares
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.scoring import COLUMNS, EVERY, OF_CELLS, score_teachers
from weightflow.teaching.teachers import Parts, Teacher, Teachers
from weightflow.transport.ways import STRAIGHT

_EQUAL = 0.3  # weight of equal parts, in left-out snapshots
_ITERATIONS = 2000
_WIDER = 2.0  # the gap without a snapshot, over the mean of the two intervals beside it
_LEAST = 0.002  # smaller parts are left out
# Of two snapshots: experiments begin with a change, after which systems slow down; this part is as if they do.
_SLOWING, _SLOWING_RATE = 0.1, 2.0


def averaged_teachers(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
) -> tuple[Teachers, pd.DataFrame]:
    """The parts of all candidates, alike in every interval; the scores have the interval `EVERY`.

    Args:
        teachers: the candidates, at least one.
        snapshots: K arrays (N_k, d) of real values.
        times: (K,).
        space: the state space.
        rng: for couplings and draws.

    Returns:
        The teachers; and a table as of `Scores.table`, empty for a single candidate or two snapshots.
    """
    if len(teachers) == 1:
        return Teachers.single(teachers[0]), pd.DataFrame(columns=COLUMNS)
    if len(times) == 2:
        return untested_average(teachers), pd.DataFrame(columns=COLUMNS)
    forgetful = np.array([MEMBERS[teacher.member].forgetful for teacher in teachers])
    prior = np.where(forgetful & ~forgetful.all(), 0.0, 1.0)
    scores = score_teachers(teachers, snapshots, times, space, rng, effort=OF_CELLS)
    stacked = stacked_parts([scores.log_probs(k) for k in scores.places], prior / prior.sum())
    stacked = at_another_gap(stacked, forgetful, _WIDER)
    parts = _shared(teachers, stacked)
    chosen = Teachers(parts, parts)
    missed = missed_shares(scores, chosen, snapshots, times, OF_CELLS.particles)
    return dataclasses.replace(chosen, missed=missed), scores.table({EVERY: scores.places})


def untested_average(teachers: Sequence[Teacher]) -> Teachers:
    """Equal parts of all candidates, for two snapshots, of which none can be left out.

    All ways are straight then. Forgetful teachers give nothing, unless there are no others. A tenth of the states of
    teachers that move is slowing down.

    Args:
        teachers: the candidates, at least one.
    """
    calm = [teacher for teacher in teachers if not MEMBERS[teacher.member].forgetful]
    straight = [dataclasses.replace(teacher, way=STRAIGHT) for teacher in calm]
    used = list(dict.fromkeys(straight)) or list(teachers)
    parts = _shared(used, np.ones(len(used)))
    if not calm:
        return Teachers(parts, parts)
    slowing = ((dataclasses.replace(teacher, rate=_SLOWING_RATE), _SLOWING * part) for teacher, part in parts)
    first = (*((teacher, (1 - _SLOWING) * part) for teacher, part in parts), *slowing)
    return Teachers(first, parts)


def stacked_parts(log_probs: Sequence[np.ndarray], prior: np.ndarray) -> np.ndarray:
    """(C,) parts of C teachers with the largest posterior density.

    The logarithm of the posterior is the sum over snapshots of the mean log-likelihood of a mixture of the teachers,
    plus 0.3 Σ prior · log part. It is concave, and expectation maximisation climbs to its maximum.

    Args:
        log_probs: of each left-out snapshot, (C, n) log-densities of its n states under each teacher.
        prior: (C,) parts that the result is shrunk to, sum one; zero for a teacher that only the data may take.
    """
    odds = [np.exp(own - own.max(axis=0)) for own in log_probs]
    parts = np.full(len(prior), 1 / len(prior))
    weight = _EQUAL / len(log_probs)
    for _ in range(_ITERATIONS):
        taken = np.mean([(own / (parts @ own)).mean(axis=1) for own in odds], axis=0) * parts
        parts = (taken + weight * prior) / (1 + weight)
    return parts


def at_another_gap(parts: np.ndarray, forgetful: np.ndarray, wider: float) -> np.ndarray:
    """(C,) parts across a gap, from those across a wider one.

    A teacher that forgets a state's past, such as the mixture of the neighbouring snapshots, stands for jumps at a
    constant rate. So its part p across a gap is 1 − (1 − p)^(1 / w) across one that is w times narrower; the parts of
    the others grow alike.

    Args:
        parts: (C,).
        forgetful: (C,) bool.
        wider: w ≥ 1.
    """
    jumped = parts[forgetful].sum()
    if not 0 < jumped < 1:
        return parts
    narrow = 1 - (1 - jumped) ** (1 / wider)
    return np.where(forgetful, parts * narrow / jumped, parts * (1 - narrow) / (1 - jumped))


def _shared(teachers: Sequence[Teacher], sizes: np.ndarray) -> Parts:
    """Teachers with parts in proportion to sizes (C,), without very small ones."""
    kept = sizes >= _LEAST * sizes.sum()
    total = sizes[kept].sum()
    return tuple(
        (teacher, float(size / total)) for teacher, size, keep in zip(teachers, sizes, kept, strict=True) if keep
    )

"""Likelihood of left-out interior snapshots under teachers of the other snapshots.

A kernel density with the best bandwidth smooths a teacher's states, so that the score is the training loss of
backbones; distances between samples hardly depend on the noise. Kernel densities fail for many variables: with more
than four, the score is over at most ten pairs of neighbours in a random cyclic order of the variables.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weightflow.data.state_space import StateSpace
from weightflow.data.subsets import at_most, evenly
from weightflow.density.kernels import log_probs
from weightflow.progress import progress
from weightflow.systems.system import System
from weightflow.teaching.kinetics import kinetic_paths
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.teachers import FIELDS, Interpolant, Teacher

EVERY = "every"  # interval of scores that count for all intervals alike
COLUMNS = ["interval", *FIELDS, "time", "bandwidth", "nll", "error"]
_JOINTLY = 4  # largest number of variables for a joint kernel density; with more, pairs are scored
_MOST_PAIRS = 10
_BINS = 20  # of a variable, for shares of states
_MULTIPLES = (0.1, 0.15, 0.2, 0.3, 0.4)  # bandwidths, in units of the spread of a teacher's states


@dataclass(frozen=True)
class Effort:
    """Sizes of a comparison of teachers.

    Attributes:
        left_out: most interior snapshots that are left out in turn, the first one and others at even distances.
        states: most states of a teacher, and of a left-out snapshot.
        draws: draws of each particle.
        particles: most states of each other snapshot; None takes those of the interpolant.
    """

    left_out: int
    states: int
    draws: int
    particles: int | None = None


OF_COUNTS = Effort(left_out=20, states=4000, draws=4)
OF_CELLS = Effort(left_out=8, states=1000, draws=2, particles=1000)


@dataclass(frozen=True)
class Score:
    """A left-out snapshot under a teacher of the other snapshots.

    Attributes:
        repeats: (u,) numbers of occurrences of its distinct states.
        nll: (bandwidths, u) negative log-likelihoods of these states, in nats.
        shares: (d, 20) of the teacher's states in bins of each variable (`probes`).
        count: number of these states.
    """

    repeats: np.ndarray
    nll: np.ndarray
    shares: np.ndarray
    count: int

    def mean(self, bandwidth: int) -> float:
        """Mean nll over all states, for a bandwidth by its index."""
        return float(_mean(self.repeats, self.nll[bandwidth]))


@dataclass(frozen=True)
class Scores:
    """Scores of teachers on left-out snapshots.

    Attributes:
        teachers: the candidates.
        times: (K,) of the snapshots.
        places: indices of the left-out snapshots.
        found: by index of the teacher and of the snapshot; relaxing teachers miss all but the first.
    """

    teachers: Sequence[Teacher]
    times: np.ndarray
    places: Sequence[int]
    found: Mapping[tuple[int, int], Score]

    def table(self, intervals: Mapping[str, Sequence[int]]) -> pd.DataFrame:
        """Every teacher's scores, with the bandwidth that suits it best in an interval.

        Args:
            intervals: left-out snapshots that judge an interval, by its name.

        Returns:
            Table interval, `FIELDS`, time (of the left-out snapshot), bandwidth, nll (nats per state) and the standard
            error of its difference from the best teacher's.
        """
        rows = []
        for interval, places in intervals.items():
            scored = [i for i in range(len(self.teachers)) if places and all((i, k) in self.found for k in places)]
            chosen = {i: self._bandwidth(i, places) for i in scored}
            nll = {i: np.mean([self.found[i, k].mean(chosen[i]) for k in places]) for i in scored}
            best = min(nll, key=nll.__getitem__, default=0)
            for i, k in itertools.product(scored, places):
                own, repeats = self.found[i, k], self.found[i, k].repeats
                ahead = own.nll[chosen[i]] - self.found[best, k].nll[chosen[best]]
                spread = _mean(repeats, (ahead - _mean(repeats, ahead)) ** 2) ** 0.5
                score = _MULTIPLES[chosen[i]], own.mean(chosen[i]), spread / repeats.sum() ** 0.5
                rows.append((interval, *dataclasses.astuple(self.teachers[i]), self.times[k], *score))
        return pd.DataFrame(rows, columns=COLUMNS)

    def log_probs(self, place: int) -> np.ndarray:
        """(teachers, n) log-likelihoods of the n states of a left-out snapshot, with each teacher's best bandwidth."""
        rows = []
        for i in range(len(self.teachers)):
            own = self.found[i, place]
            rows.append(np.repeat(-own.nll[self._bandwidth(i, self.places)], own.repeats))
        return np.stack(rows)

    def _bandwidth(self, teacher: int, places: Sequence[int]) -> int:
        """Index of the bandwidth with the lowest mean nll over left-out snapshots."""
        scored = [self.found[teacher, k] for k in places]
        return int(np.mean([_mean(own.repeats, own.nll) for own in scored], axis=0).argmin())


def score_teachers(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
    system: System | None = None,
    effort: Effort = OF_COUNTS,
) -> Scores:
    """Scores of teachers on left-out interior snapshots; none of two snapshots.

    Relaxation applies to the first interval, so teachers with a rate are scored only on the first left-out snapshot.

    Args:
        teachers: to compare.
        snapshots: K arrays (N_k, d).
        times: (K,).
        space: the state space.
        rng: for couplings and draws.
        system: of the data set, for kinetic teachers.
        effort: sizes.
    """
    unit, groups = float(times[1] - times[0]), _judged_together(snapshots[0].shape[1], rng)
    used = snapshots if effort.particles is None else [at_most(s, effort.particles, rng) for s in snapshots]
    found: dict[tuple[int, int], Score] = {}
    places = (1 + evenly(len(snapshots) - 2, effort.left_out)).tolist()
    of_systems = any(MEMBERS[teacher.member].of_systems for teacher in teachers)
    for k in progress(places, "teachers, leaving out each snapshot"):
        others = [snapshot for i, snapshot in enumerate(used) if i != k]
        left = np.delete(times, k)
        paths = kinetic_paths(system, others, left, rng, [k - 1]) if of_systems else {}
        way = Interpolant(others, left, space, rng, unit, paths)
        cuts = probes(snapshots, k)
        left_out, repeats = np.unique(at_most(snapshots[k], effort.states, rng), axis=0, return_counts=True)
        for i, teacher in enumerate(teachers):
            if k == 1 or not (teacher.rate or teacher.own or MEMBERS[teacher.member].first_only):
                drawn = way.draw(teacher, times[k : k + 1], effort.draws, rng)[0]
                guess = at_most(drawn, effort.states, rng)
                found[i, k] = Score(
                    repeats, -_log_probs(guess, space, left_out, groups), shares(drawn, cuts), len(drawn)
                )
    return Scores(teachers, np.asarray(times), places, found)


def probes(snapshots: Sequence[np.ndarray], place: int) -> list[np.ndarray]:
    """Cuts between at most 20 bins of each variable, with equally many states of a snapshot and of those beside it."""
    pooled = np.concatenate(snapshots[place - 1 : place + 2])
    return [np.unique(np.quantile(values, np.arange(1, _BINS) / _BINS)) for values in pooled.T]


def shares(states: np.ndarray, cuts: Sequence[np.ndarray]) -> np.ndarray:
    """(d, 20) shares of states (n, d) between the cuts of each variable; bins that are not there have none."""
    found = [
        np.bincount(np.searchsorted(own, x, "right"), minlength=_BINS) for own, x in zip(cuts, states.T, strict=True)
    ]
    return np.stack(found) / len(states)


def best_log_probs(guess: np.ndarray, space: StateSpace, asked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) log-likelihoods of states (n, d) under a kernel density of others, with the bandwidth that suits them best.

    Args:
        guess: (m, d) states of the density.
        space: the state space.
        asked: (n, d).
        rng: of the pairs of variables that are judged, as for `score_teachers`.
    """
    found = _log_probs(guess, space, asked, _judged_together(guess.shape[1], rng))
    return found[found.mean(axis=1).argmax()]


def _judged_together(variables: int, rng: np.random.Generator) -> list[list[int]]:
    """Groups of variables whose joint densities are scored.

    Each of 5 to 10 variables is in two pairs; of more, the first ten pairs of the ring are scored.
    """
    if variables <= _JOINTLY:
        return [list(range(variables))]
    ring = rng.permutation(variables)
    return [[int(a), int(b)] for a, b in zip(ring, np.roll(ring, 1), strict=True)][:_MOST_PAIRS]


def _log_probs(guess: np.ndarray, space: StateSpace, asked: np.ndarray, groups: Sequence[list[int]]) -> np.ndarray:
    """(bandwidths, n) log-likelihoods of states, by groups of variables; each variable counts once."""
    weights = np.full(len(guess), 1 / len(guess))
    parts = [log_probs(guess[:, own], weights, _MULTIPLES, space.part(own), asked[:, own]) for own in groups]
    return np.sum(parts, axis=0) * asked.shape[1] / sum(map(len, groups))


def _mean(repeats: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values @ repeats / repeats.sum()

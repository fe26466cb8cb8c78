"""The choice of teachers for a data set, by leave-one-out over its interior snapshots.

One teacher is chosen for the first interval, and one for all later intervals.
"""

import dataclasses
import itertools
import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from weightflow.data.state_space import StateSpace
from weightflow.data.subsets import at_most, evenly
from weightflow.density.kernels import log_probs
from weightflow.errors import InputError
from weightflow.progress import progress
from weightflow.systems.system import System
from weightflow.teaching.kinetics import MOST_VARIABLES, kinetic_paths
from weightflow.teaching.registry import CONTINUOUS, DISCRETE, MEMBERS
from weightflow.teaching.settings import TeacherSettings
from weightflow.teaching.teachers import FIELDS, Interpolant, Teacher, Teachers, teacher_of

RELAXING = "relaxing"
OWN = "own"  # in place of a rate: a rate for each variable
_JOINTLY = 4  # largest number of variables for a joint kernel density; with more, pairs are scored
_MOST_LEFT_OUT = 20  # interior snapshots
_DRAWS = 4  # noise draws for each particle when teachers are compared
_COMPARED = 4000  # largest number of states of a teacher or a snapshot in a comparison
_OPEN = 0.5  # part of the first interval's states that is relaxing: equal parts for two sources of knowledge
_LIKELIEST = 0.5  # part of the likeliest teacher beside the simplest of those that the scores cannot tell from it
_ARRIVES = 0.5  # nats per variable; a mean within a standard deviation
_REFUTED = 0.5  # nats per variable by which one half of the first interval may be worse than the other
_SCORED = ["interval", *FIELDS, "time", "bandwidth", "nll", "error"]
_MULTIPLES = (0.1, 0.15, 0.2, 0.3, 0.4)  # bandwidths, in units of the spread of a teacher's states


def candidates(settings: TeacherSettings, discrete: bool = True, with_rates: bool = False) -> list[Teacher]:
    """All teachers of the settings, without repetition, that suit the data set.

    Args:
        settings: of a model.
        discrete: whether the states are counts.
        with_rates: whether the data set's system gives propensities (`kinetics.has_rates`).
    """
    kind, found = DISCRETE if discrete else CONTINUOUS, []
    members = settings.members
    if members is None:
        members = tuple(name for name, member in MEMBERS.items() if member.default == kind)
    suited = [m for m in members if kind in MEMBERS[m].kinds and (with_rates or not MEMBERS[m].of_systems)]
    for member, rate in itertools.product(suited, settings.rates):
        varied = MEMBERS[member].settings
        motion = {} if "rate" not in varied else {"own": True} if rate == OWN else {"rate": rate}
        shares = settings.shares if "share" in varied else (0.0,)
        for noise in settings.noises if "noise" in varied else (0.0,):
            found += [Teacher(member, noise, share, **motion) for share in shares]
    return list(dict.fromkeys(found))


def score_teachers(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
    system: System | None = None,
) -> pd.DataFrame:
    """Negative log-likelihood of each left-out interior snapshot under each teacher of the other snapshots.

    A kernel density with the best bandwidth smooths a teacher's states, so that the score is the training loss of
    backbones; distances between samples hardly depend on the noise. Kernel densities fail for many variables: with
    more than four, the score is over pairs of neighbours in a random cyclic order of the variables. Relaxation
    applies to the first interval, so teachers with a rate are scored only on the first left-out snapshot. Of many
    snapshots 20 are left out in turn, the first interior one and others at even distances.

    Args:
        teachers: to compare.
        snapshots: K arrays (N_k, d).
        times: (K,).
        space: the state space.
        rng: for couplings and draws.
        system: of the data set, for kinetic teachers.

    Returns:
        Table interval (first or later), `FIELDS`, time (of the left-out snapshot), bandwidth, nll (nats per state)
        and the standard error of its difference from the best teacher's; empty for two snapshots.
    """
    unit, groups = float(times[1] - times[0]), _judged_together(snapshots[0].shape[1], rng)
    found: dict[tuple[int, int], _Scored] = {}  # by teacher and snapshot
    places_left_out = (1 + evenly(len(snapshots) - 2, _MOST_LEFT_OUT)).tolist()
    for k in progress(places_left_out, "teachers, leaving out each snapshot"):
        others = [snapshot for i, snapshot in enumerate(snapshots) if i != k]
        left = np.delete(times, k)
        paths = kinetic_paths(system, others, left, rng, [k - 1]) if _needs_rates(teachers) else {}
        way = Interpolant(others, left, space, rng, unit, paths)
        left_out, repeats = np.unique(at_most(snapshots[k], _COMPARED, rng), axis=0, return_counts=True)
        for i, teacher in enumerate(teachers):
            if k == 1 or not (teacher.rate or teacher.own or MEMBERS[teacher.member].first_only):
                guess = at_most(way.draw(teacher, times[k : k + 1], _DRAWS, rng)[0], _COMPARED, rng)
                found[i, k] = _Scored(repeats, -_log_probs(guess, space, left_out, groups))
    rows = []
    for interval, places in (("first", places_left_out[:1]), ("later", places_left_out[1:])):
        scored = [i for i in range(len(teachers)) if places and all((i, k) in found for k in places)]
        chosen = {i: _best_bandwidth([found[i, k] for k in places]) for i in scored}
        nll = {i: np.mean([found[i, k].mean(chosen[i]) for k in places]) for i in scored}
        best = min(nll, key=nll.__getitem__, default=0)
        for i, k in itertools.product(scored, places):
            own, repeats = found[i, k], found[i, k].repeats
            ahead = own.nll[chosen[i]] - found[best, k].nll[chosen[best]]
            spread = _mean(repeats, (ahead - _mean(repeats, ahead)) ** 2) ** 0.5
            score = _MULTIPLES[chosen[i]], own.mean(chosen[i]), spread / repeats.sum() ** 0.5
            rows.append((interval, *dataclasses.astuple(teachers[i]), times[k], *score))
    return pd.DataFrame(rows, columns=_SCORED)


def choose_teachers(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
    system: System | None = None,
) -> tuple[Teachers, pd.DataFrame]:
    """Choose the teachers of a data set; arguments and table as of `score_teachers`, empty if nothing is left out.

    With a single candidate, or with two snapshots, nothing is left out.

    A gap twice as wide as the first interval tells little about fast changes within it. So if the system's propensities
    are given, and the path that they lead to arrives near the second snapshot, the teacher of the first interval is
    kinetic whatever the scores.

    Raises:
        InputError: there is no candidate.
    """
    if not teachers:
        raise InputError(
            "models.*.teacher.members: kinetic needs a data set whose system is a reaction network of at most "
            f"{MOST_VARIABLES} species; add another member, or leave it null."
        )
    if len(teachers) == 1 or len(times) == 2:
        scores, found = pd.DataFrame(columns=_SCORED), untested_teachers(teachers)
    else:
        scores = score_teachers(teachers, snapshots, times, space, rng, system)
        found = best_teachers(scores, snapshots[0].shape[1])
    kinetic = [teacher for teacher in teachers if _needs_rates([teacher])]
    if kinetic:
        (path,) = kinetic_paths(system, snapshots, times, rng, [0]).values()
        missed = path.missed(snapshots[1]).max()
        if missed <= _ARRIVES:
            found = dataclasses.replace(found, first=kinetic[0], beside=())
        else:
            logging.warning(
                "The path of the system's propensities misses the second snapshot by %.2g nats in a variable; scores "
                "choose the teacher before it. A path of moments is too rough here, or the system is another.",
                missed,
            )
    return with_paths(found, snapshots, times, rng, system), scores


def with_paths(
    teachers: Teachers,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    rng: np.random.Generator,
    system: System | None = None,
) -> Teachers:
    """The teachers, with moment paths across the intervals where they are kinetic; arguments as of `score_teachers`."""
    first = [0] if _needs_rates([teacher for teacher, _ in teachers.parts]) else []
    later = range(1, len(snapshots) - 1) if _needs_rates([teachers.later]) else []
    intervals = [*first, *later]
    if not intervals:
        return teachers
    return dataclasses.replace(teachers, paths=kinetic_paths(system, snapshots, times, rng, intervals))


def best_teachers(scores: pd.DataFrame, variables: int) -> Teachers:
    """The teachers with the highest likelihood of left-out snapshots; three snapshots give one choice for both.

    Among the teachers within two standard errors of the best, a kinetic one is taken, because it knows the system. Else
    the first interval has the member of the later ones, where that is among them: more snapshots tell it. Of the rest
    the simplest relaxation is taken: a common rate before own rates, and the smallest rate. Among these, the largest
    noise is taken: the systems are random, and noise keeps a network from memorising the particles. In the first
    interval, which one snapshot judges, the likeliest teacher gives half of the states beside this one.

    A left-out second snapshot cannot tell what happens long before it. So with `relaxing` among the candidates, half of
    the first interval's states are relaxing instead, unless one half is worse than the other by more than ½ nat per
    variable.

    Args:
        scores: from `score_teachers`.
        variables: d.
    """
    first = scores[scores["interval"] == "first"]
    relaxing = first["member"] == RELAXING
    later = scores[scores["interval"] == "later"]
    rest = None if later.empty else _best(later)
    others = first if relaxing.all() else first[~relaxing]
    early = _best(others, rest)
    likeliest = teacher_of(others.loc[others["nll"].idxmin(), FIELDS])
    beside: tuple[tuple[Teacher, float], ...] = ()
    if likeliest != early and not _needs_rates([early]):
        beside = ((likeliest, _LIKELIEST),)
    if relaxing.any() and not relaxing.all():
        ahead = (first["nll"][~relaxing].min() - first["nll"][relaxing].min()) / variables
        if ahead > _REFUTED:
            early, beside = Teacher(RELAXING), ()
        elif ahead >= -_REFUTED:
            beside = (*((teacher, (1 - _OPEN) * part) for teacher, part in beside), (Teacher(RELAXING), _OPEN))
    return Teachers(early, rest or dataclasses.replace(early, rate=0.0, own=False), beside=beside)


def untested_teachers(teachers: Sequence[Teacher]) -> Teachers:
    """All members together, for two snapshots, of which none can be left out; or the only candidate.

    Every member has the smallest of its rates, then the largest noise; own rates only if there is no other. With
    `relaxing` among them, half of the states are relaxing; the others have equal parts.

    Args:
        teachers: the candidates, at least one.
    """
    members = list(dict.fromkeys(teacher.member for teacher in teachers))
    open_part = _OPEN if RELAXING in members and len(members) > 1 else 0.0
    parts = []
    for member in members:
        own = [teacher for teacher in teachers if teacher.member == member]
        calmest = min(own, key=lambda teacher: (teacher.own, teacher.rate, -teacher.noise))
        is_open = open_part and member == RELAXING
        parts.append((calmest, open_part if is_open else (1 - open_part) / (len(members) - bool(open_part))))
    first = parts[0][0]
    return Teachers(first, dataclasses.replace(first, rate=0.0, own=False), beside=tuple(parts[1:]))


def _needs_rates(teachers: Sequence[Teacher]) -> bool:
    return any(MEMBERS[teacher.member].of_systems for teacher in teachers)


def _best(scores: pd.DataFrame, later: Teacher | None = None) -> Teacher:
    """The best teacher of an interval; of the first one, given that of the later intervals."""
    groups = scores.groupby(FIELDS, sort=False)
    table = groups["nll"].mean().reset_index()
    table["error"] = groups["error"].agg(lambda errors: (errors**2).sum() ** 0.5 / len(errors)).to_numpy()
    possible = table[table["nll"] - table["nll"].min() <= 2 * table["error"]]
    knowing = possible[[MEMBERS[member].of_systems for member in possible["member"]]]
    if len(knowing):
        return teacher_of(knowing.iloc[0][FIELDS])
    if later is not None and (possible["member"] == later.member).any():
        possible = possible[possible["member"] == later.member]
    possible = possible[possible["own"] == possible["own"].min()]
    possible = possible[possible["rate"] == possible["rate"].min()]
    likeliest = possible.loc[possible["nll"].idxmin(), "member"]
    # Noise levels are comparable within one kind of motion; a displacement is a bridge without noise.
    alike = ("displacement", "bridge") if likeliest in ("displacement", "bridge") else (likeliest,)
    noisiest = possible[possible["member"].isin(alike)].sort_values(["noise", "nll"], ascending=[False, True])
    return teacher_of(noisiest.iloc[0][FIELDS])


def _judged_together(variables: int, rng: np.random.Generator) -> list[list[int]]:
    """Groups of variables whose joint densities are scored; all variables are in equally many groups."""
    if variables <= _JOINTLY:
        return [list(range(variables))]
    ring = rng.permutation(variables)
    return [[int(a), int(b)] for a, b in zip(ring, np.roll(ring, 1), strict=True)]


def _log_probs(guess: np.ndarray, space: StateSpace, asked: np.ndarray, groups: Sequence[list[int]]) -> np.ndarray:
    """(bandwidths, n) log-likelihoods of states, by groups of variables; each variable counts once."""
    weights = np.full(len(guess), 1 / len(guess))
    parts = [log_probs(guess[:, own], weights, _MULTIPLES, space.part(own), asked[:, own]) for own in groups]
    return np.sum(parts, axis=0) * asked.shape[1] / sum(map(len, groups))


class _Scored(NamedTuple):
    """Scores of a left-out snapshot under a teacher of the other snapshots.

    Attributes:
        repeats: (u,) numbers of occurrences of its distinct states.
        nll: (bandwidths, u) negative log-likelihoods of these states, in nats.
    """

    repeats: np.ndarray
    nll: np.ndarray

    def mean(self, bandwidth: int) -> float:
        """Mean nll over all states, for a bandwidth by its index."""
        return float(_mean(self.repeats, self.nll[bandwidth]))


def _best_bandwidth(scored: Sequence[_Scored]) -> int:
    """Index of the bandwidth with the lowest mean nll over left-out snapshots."""
    return int(np.mean([_mean(own.repeats, own.nll) for own in scored], axis=0).argmin())


def _mean(repeats: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values @ repeats / repeats.sum()

"""The choice of teachers for a data set, by the likelihood of left-out interior snapshots.

Of counts one teacher is chosen for the later intervals, and one or a few for the first. Of real values all candidates
give parts of the states (averaging.py).
"""

import dataclasses
import itertools
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from weightflow.data.state_space import Counts, StateSpace
from weightflow.errors import InputError
from weightflow.systems.system import System
from weightflow.teaching.ahead import choose_slowing
from weightflow.teaching.averaging import averaged_teachers
from weightflow.teaching.kinetics import MOST_VARIABLES, kinetic_paths
from weightflow.teaching.missed import missed_shares
from weightflow.teaching.registry import CONTINUOUS, DISCRETE, MEMBERS
from weightflow.teaching.scoring import COLUMNS, score_teachers
from weightflow.teaching.settings import TeacherSettings
from weightflow.teaching.teachers import FIELDS, Parts, Teacher, Teachers, teacher_of

RELAXING = "relaxing"
OWN = "own"  # in place of a rate: a rate for each variable
_NOISES = {DISCRETE: (0.1, 0.25, 0.5, 1.0), CONTINUOUS: (0.0, 0.5)}
_OPEN = 0.5  # part of the first interval's states that is relaxing: equal parts for two sources of knowledge
_LIKELIEST = 0.5  # part of the likeliest teacher beside the simplest of those that the scores cannot tell from it
_ARRIVES = 0.5  # nats per variable; a mean within a standard deviation
_REFUTED = 0.5  # nats per variable by which one half of the first interval may be worse than the other


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
        members = tuple(name for name, member in MEMBERS.items() if kind in member.defaults)
    suited = [m for m in members if kind in MEMBERS[m].kinds and (with_rates or not MEMBERS[m].of_systems)]
    noises = _NOISES[kind] if settings.noises is None else settings.noises
    rates = settings.rates if discrete else (0.0,)
    varied = {
        "rate": rates,
        "growth": settings.growths,
        "way": settings.ways,
        "noise": noises,
        "share": settings.shares,
    }
    for member in suited:
        own = {name: values for name, values in varied.items() if name in MEMBERS[member].settings}
        for values in itertools.product(*own.values()):
            chosen: dict[str, Any] = dict(zip(own, values, strict=True))
            if chosen.get("rate") == OWN:
                chosen |= {"rate": 0.0, "own": True}
            found.append(Teacher(member, **chosen))
    return list(dict.fromkeys(found))


def choose_teachers(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
    system: System | None = None,
    slowings: Sequence[float] = (),
) -> tuple[Teachers, pd.DataFrame]:
    """Choose the teachers of a data set; with a single candidate, or with two snapshots, nothing is left out.

    A gap twice as wide as the first interval tells little about fast changes within it. So if the system's propensities
    are given, and the path that they lead to arrives near the second snapshot, the teacher of the first interval is
    kinetic whatever the scores.

    Args:
        teachers: the candidates.
        snapshots: K arrays (N_k, d).
        times: (K,).
        space: the state space.
        rng: for couplings and draws.
        system: of the data set, for kinetic teachers.
        slowings: candidate rates of slowing down past the last snapshot.

    Returns:
        The teachers, and a table as of `Scores.table`, empty if nothing is left out.

    Raises:
        InputError: there is no candidate.
    """
    if not teachers:
        raise InputError(
            "models.*.teacher.members: kinetic needs a data set whose system is a reaction network of at most "
            f"{MOST_VARIABLES} species; add another member, or leave it null."
        )
    chosen, scores = _between(teachers, snapshots, times, space, rng, system)
    slowing = choose_slowing(slowings, snapshots, times, space, rng.spawn(1)[0])
    return dataclasses.replace(chosen, slowing=slowing), scores


def _between(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
    system: System | None,
) -> tuple[Teachers, pd.DataFrame]:
    """The teachers between the snapshots; as `choose_teachers`."""
    if not isinstance(space, Counts):
        return averaged_teachers(teachers, snapshots, times, space, rng)
    judged = None
    if len(teachers) == 1 or len(times) == 2:
        scores, found = pd.DataFrame(columns=COLUMNS), untested_teachers(teachers)
    else:
        judged = score_teachers(teachers, snapshots, times, space, rng, system)
        scores = judged.table({"first": judged.places[:1], "later": judged.places[1:]})
        found = best_teachers(scores, snapshots[0].shape[1])
    kinetic = [teacher for teacher in teachers if MEMBERS[teacher.member].of_systems]
    if kinetic:
        (path,) = kinetic_paths(system, snapshots, times, rng, [0]).values()
        missed = path.missed(snapshots[1]).max()
        if missed <= _ARRIVES:
            found = dataclasses.replace(found, first=((kinetic[0], 1.0),))
        else:
            logging.warning(
                "The path of the system's propensities misses the second snapshot by %.2g nats in a variable; scores "
                "choose the teacher before it. A path of moments is too rough here, or the system is another.",
                missed,
            )
    if judged is not None:
        found = dataclasses.replace(found, missed=missed_shares(judged, found, snapshots, times))
    return with_paths(found, snapshots, times, rng, system), scores


def with_paths(
    teachers: Teachers,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    rng: np.random.Generator,
    system: System | None = None,
) -> Teachers:
    """The teachers, with moment paths where they are kinetic; arguments as of `choose_teachers`."""
    first = [0] if _need_rates(teachers.first) else []
    later = range(1, len(snapshots) - 1) if _need_rates(teachers.later) else []
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
        scores: from `Scores.table`, of the intervals first and later.
        variables: d.
    """
    first = scores[scores["interval"] == "first"]
    relaxing = first["member"] == RELAXING
    later = scores[scores["interval"] == "later"]
    rest = None if later.empty else _best(later)
    others = first if relaxing.all() else first[~relaxing]
    early = _best(others, rest)
    likeliest = teacher_of(others.loc[others["nll"].idxmin(), FIELDS])
    parts: Parts = ((early, 1.0),)
    if likeliest != early and not MEMBERS[early.member].of_systems:
        parts = ((early, 1 - _LIKELIEST), (likeliest, _LIKELIEST))
    if relaxing.any() and not relaxing.all():
        ahead = (first["nll"][~relaxing].min() - first["nll"][relaxing].min()) / variables
        if ahead > _REFUTED:
            early, parts = Teacher(RELAXING), ((Teacher(RELAXING), 1.0),)
        elif ahead >= -_REFUTED:
            parts = (*((teacher, (1 - _OPEN) * part) for teacher, part in parts), (Teacher(RELAXING), _OPEN))
    return Teachers(parts, ((rest or _uniform(early), 1.0),))


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
    return Teachers(tuple(parts), ((_uniform(parts[0][0]), 1.0),))


def _uniform(teacher: Teacher) -> Teacher:
    """The teacher without relaxation."""
    return dataclasses.replace(teacher, rate=0.0, own=False)


def _need_rates(parts: Parts) -> bool:
    return any(MEMBERS[teacher.member].of_systems for teacher, _ in parts)


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

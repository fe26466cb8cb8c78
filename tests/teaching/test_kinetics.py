"""Kinetic teachers against exact laws."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binom, chisquare, poisson

from weightflow.data.state_space import Counts
from weightflow.errors import InputError
from weightflow.systems.builtin import BUILTIN
from weightflow.systems.reading import read_system
from weightflow.teaching.choice import candidates, choose_teachers, with_paths
from weightflow.teaching.kinetics import has_rates, kinetic_paths
from weightflow.teaching.settings import TeacherSettings
from weightflow.teaching.teachers import Interpolant, Teacher, Teachers, lesson, read_teachers, write_teachers

KINETIC, TIMES, START, LEVEL = Teacher("kinetic"), np.array([0.0, 4.0, 8.0, 12.0]), 12, 4.0
SYSTEM = """
title: Immigration and death
species: [X]
parameters: {death: 0.75}
reactions:
  - {equation: 0 -> X, propensity: 4 * death}
  - {equation: X -> 0, propensity: death * X}
initial: {X: 12}
grid: {points: 101, step: 1}
"""


@pytest.fixture
def system(tmp_path):
    (tmp_path / "system.yaml").write_text(SYSTEM)
    return read_system(tmp_path / "system.yaml")


@pytest.fixture
def snapshots(rng) -> list[np.ndarray]:
    alive = np.exp(-0.75 * TIMES)[:, None]
    return [*(rng.binomial(START, alive, (4, 2000)) + rng.poisson(LEVEL * (1 - alive), (4, 2000)))[..., None]]


@pytest.mark.parametrize("time", [0.2, 1.0, 3.0])
def test_the_first_interval_follows_the_exact_law(rng, system, snapshots, time):
    way = Interpolant(snapshots, TIMES, Counts(40), rng, paths=kinetic_paths(system, snapshots, TIMES, rng, [0]))
    drawn = way.sample(KINETIC, time, rng)[:, 0]
    alive = np.exp(-0.75 * time)
    law = np.convolve(binom.pmf(np.arange(40), START, alive), poisson.pmf(np.arange(40), LEVEL * (1 - alive)))[:40]
    kept = law * len(drawn) > 5
    found = np.bincount(drawn, minlength=40)[:40]
    groups = [np.append(part[kept], part[~kept].sum()) for part in (found, law / law.sum() * len(drawn))]
    assert 0.5 * np.abs(groups[0] - groups[1]).sum() / len(drawn) < 0.06
    assert chisquare(*groups).statistic < 6 * kept.sum()


def test_it_is_chosen_though_the_wide_gap_says_nothing_of_it(rng, system, snapshots):
    asked = candidates(TeacherSettings(noises=[0.5], rates=[0, 2]), with_rates=True)
    assert KINETIC in asked
    chosen, scores = choose_teachers(asked, snapshots, TIMES, Counts(40), rng, system)
    assert chosen.first == ((KINETIC, 1),)
    assert 0 in chosen.paths
    assert "kinetic" in set(scores["member"])


def test_it_is_left_to_the_scores_if_the_path_misses_the_second_snapshot(rng, system, snapshots, caplog):
    far = [snapshots[0], *(part + 9 for part in snapshots[1:])]  # not of this system
    chosen, _ = choose_teachers([Teacher("mixture"), KINETIC], far, TIMES, Counts(40), rng, system)
    assert "misses the second snapshot" in caplog.text
    assert chosen.first == ((Teacher("mixture"), 1),)
    assert not chosen.paths


def test_later_intervals_have_paths_too(rng, system, snapshots):
    chosen = with_paths(Teachers.single(KINETIC), snapshots, TIMES, rng, system)
    assert set(chosen.paths) == {0, 1, 2}
    told = lesson(chosen, snapshots, TIMES, Counts(40), 3, rng)
    assert len(told.times) == 13


def test_paths_are_read_back(tmp_path, rng, system, snapshots):
    chosen = with_paths(Teachers.single(KINETIC), snapshots, TIMES, rng, system)
    write_teachers(tmp_path / "teacher.json", chosen)
    again = read_teachers(tmp_path / "teacher.json")
    assert (again.first, again.later) == (chosen.first, chosen.later)
    for k, path in chosen.paths.items():
        for part in dataclasses.fields(path):
            np.testing.assert_array_equal(getattr(again.paths[k], part.name), getattr(path, part.name))


def test_it_needs_a_reaction_network_of_these_variables(rng, snapshots):
    walk, long = (read_system(BUILTIN / f"{name}.yaml") for name in ("ecological_evolution", "signalling_cascade_100"))
    assert not has_rates(None, 2)
    assert not has_rates(walk, 2)
    assert not has_rates(long, 100)
    assert not has_rates(read_system(BUILTIN / "epidemic.yaml"), 2)
    assert has_rates(read_system(BUILTIN / "epidemic.yaml"), 3)
    assert KINETIC not in candidates(TeacherSettings())
    nothing = candidates(TeacherSettings(members=["kinetic"]))
    assert nothing == []
    with pytest.raises(InputError, match="kinetic needs a data set whose system"):
        choose_teachers(nothing, snapshots, TIMES, Counts(40), rng)

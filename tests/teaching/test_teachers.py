"""Teachers against the laws they stand for."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.teaching.ways import REALS, between, constant
from weightflow.data.state_space import Counts
from weightflow.teaching import teachers
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.teachers import (
    Interpolant,
    Teacher,
    Teachers,
    lesson,
    read_teachers,
    write_teachers,
)
from weightflow.transport.relaxation import Relaxation

OF_COUNTS = sorted(set(MEMBERS) - {"growing", "kinetic"})  # kinetic teachers need a system: test_kinetics.py
EVERY = [Teacher(member, noise=0.7, share=0.4) for member in OF_COUNTS]
TIMES = np.array([0.0, 1.0, 3.0])


@pytest.fixture
def counted(rng) -> list[np.ndarray]:
    """Three snapshots of 60 states of two counts below 20."""
    return [rng.integers(0, 20, (60, 2)) for _ in TIMES]


def everywhere(teacher: Teacher) -> Teachers:
    return Teachers.single(teacher)


def rows(states: np.ndarray) -> list[tuple]:
    return sorted(map(tuple, states.tolist()))


@pytest.mark.parametrize("teacher", EVERY, ids=OF_COUNTS)
def test_at_a_snapshot_every_member_gives_its_states(rng, counted, teacher):
    way = Interpolant(counted, TIMES, Counts(20), rng)
    for time, snapshot in zip(TIMES, counted, strict=True):
        assert rows(way.sample(teacher, time, rng)) == rows(snapshot)


@given(
    member=st.sampled_from(OF_COUNTS),
    noise=st.floats(0, 5),
    share=st.floats(0.01, 0.99),
    rate=st.floats(0, 100),
    time=st.floats(0, 3),
    sizes=st.lists(st.integers(2, 25), min_size=3, max_size=3),
    seed=st.integers(0, 1000),
)
def test_what_is_taught_is_always_counts_within_the_states(member, noise, share, rate, time, sizes, seed):
    rng = np.random.default_rng(seed)
    way = Interpolant([rng.integers(0, 12, (n, 2)) for n in sizes], TIMES, Counts(12), rng)
    drawn = way.sample(Teacher(member, noise, share, rate), time, rng)
    assert drawn.shape == (max(sizes), 2)
    assert drawn.dtype == np.int64
    assert ((drawn >= 0) & (drawn < 12)).all()


def test_a_lesson_has_twice_as_many_times_in_the_first_interval(rng, counted):
    told = lesson(everywhere(Teacher("bridge", 0.5)), counted, TIMES, Counts(20), 5, rng)
    assert len(told.times) == 10 + 5 + 1
    assert (told.times < 1).sum() == 10
    assert set(TIMES) <= set(told.times)
    assert len({states.shape for states in told.states}) == 1
    assert len(told.states[0]) >= 3900  # enough to learn from, of 60 particles


def test_without_a_teacher_a_lesson_is_the_snapshots(rng, counted):
    short = [counted[0][:7], *counted[1:]]
    told = lesson(None, short, TIMES, Counts(20), 5, rng)
    assert np.array_equal(told.times, TIMES)
    assert {len(states) for states in told.states} == {60}
    assert set(rows(told.states[0])) <= set(rows(short[0]))
    assert [rows(states) for states in told.states[1:]] == [rows(states) for states in short[1:]]


@pytest.mark.parametrize("teacher", [*EVERY, None], ids=[*OF_COUNTS, "none"])
def test_same_seed_same_bytes(counted, teacher):
    def told(seed: int) -> bytes:
        teachers = teacher and everywhere(teacher)
        made = lesson(teachers, [counted[0][:9], *counted[1:]], TIMES, Counts(20), 2, np.random.default_rng(seed))
        return b"".join(states.tobytes() for states in made.states)

    assert told(0) == told(0)
    assert told(0) != told(1)


def test_labels_tell_teachers_apart():
    found = [Teacher(*values) for values in product(MEMBERS, (0.0, 0.1, 1.0), [0.3], (0.0, 2.0))]
    found += [Teacher("blend", share=0.5), Teacher("bridge", own=True)]
    assert len({teacher.label for teacher in found}) == len(found)
    assert Teacher("blend", 0.5, 0.25).label == "blend (noise 0.5, 25% mixture)"


def test_a_written_choice_is_read_back(tmp_path):
    first = ((Teacher("bridge", 0.5, rate=4.0), 0.5), (Teacher("relaxing"), 0.5))
    chosen = Teachers(first, ((Teacher("growing", 0.5, growth=1.0, way="mean"), 1.0),))
    write_teachers(tmp_path / "teachers.json", chosen)
    assert read_teachers(tmp_path / "teachers.json") == chosen


@pytest.mark.parametrize("rate", [0.5, 4.0, 100.0])
@pytest.mark.parametrize("unit", [None, 0.5])
def test_a_relaxation_is_exponential_across_the_interval(rng, rate, unit):
    way = Interpolant([np.full((3, 1), 2.0), np.full((3, 1), 10.0)], np.array([0.0, 2.0]), REALS, rng, unit)
    strength = rate * 2.0 / (unit or 2.0)
    for time in (0.1, 0.5, 1.7):
        expected = 2 + 8 * (1 - np.exp(-strength * time / 2)) / (1 - np.exp(-strength))
        np.testing.assert_allclose(way.sample(Teacher("displacement", rate=rate), time, rng), expected)


def test_a_small_rate_moves_evenly(rng):
    way = between(constant(2).astype(float), constant(10).astype(float))
    np.testing.assert_allclose(way.sample(Teacher("displacement", rate=1e-9), 0.5, rng), 4.0, atol=1e-6)


def test_the_first_interval_has_a_teacher_of_its_own(rng):
    snapshots = [constant(0), constant(6), constant(18)]
    told = lesson(Teachers.single(Teacher("mixture"), Teacher("displacement")), snapshots, TIMES, Counts(20), 4, rng)
    for time, states in zip(told.times, told.states, strict=True):
        if time < 1:
            assert set(states.flatten()) <= {0, 6}
        else:
            assert set(states.flatten()) <= {int(6 * time), int(6 * time) + 1}


def test_several_teachers_give_their_parts_of_the_states(rng):
    snapshots = [constant(0), constant(6), constant(18)]
    mixture, displacement = Teacher("mixture"), Teacher("displacement")
    both = Teachers(((mixture, 0.75), (displacement, 0.25)), ((mixture, 1.0),))
    told = lesson(both, snapshots, TIMES, Counts(20), 2, rng)
    middle = told.states[2].flatten()  # half the way to the second snapshot
    assert told.times[2] == 0.5
    assert len(middle) == len(told.states[-1])
    assert (middle == 3).mean() == 0.25
    assert set(middle) == {0, 3, 6}


@pytest.mark.slow
def test_a_mixture_with_own_rates_mixes_every_variable_by_its_share(rng):
    snapshots = [np.zeros((4000, 2), int), np.array([[4, 8]]).repeat(4000, 0), np.array([[4, 16]]).repeat(4000, 0)]
    way = Interpolant(snapshots, np.arange(3.0), Counts(20), rng)
    way.own = Relaxation(np.array([np.log(9.0), 0.0]), np.ones(2))
    drawn = way.sample(Teacher("mixture", own=True), 0.5, rng)
    assert set(np.unique(drawn[:, 0])) == {0, 4}
    assert set(np.unique(drawn[:, 1])) == {0, 8}
    np.testing.assert_allclose((drawn > 0).mean(0), [0.75, 0.5], atol=0.03)


def test_of_very_many_states_a_random_part_becomes_particles(rng, monkeypatch):
    monkeypatch.setattr(teachers, "_COUPLED", 1000)
    many = [rng.integers(0, 5, (1200, 1)) + shift for shift in (0, 10)]
    way = Interpolant(many, np.array([0.0, 1.0]), Counts(20), rng)
    assert way.particles.shape == (2, 1000, 1)
    np.testing.assert_allclose(way.particles.mean((1, 2)), [2, 12], atol=0.1)

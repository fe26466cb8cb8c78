"""Teachers against the laws they stand for."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.stats import binom, chisquare

from weightflow.data.state_space import Counts, Reals, StateSpace
from weightflow.teaching import teachers
from weightflow.teaching.teachers import (
    GROWING_NOISE,
    MEMBERS,
    Interpolant,
    Teacher,
    Teachers,
    lesson,
    read_teachers,
    write_teachers,
)
from weightflow.transport.relaxation import Relaxation

OF_COUNTS = sorted(set(MEMBERS) - {"growing"})
EVERY = [Teacher(member, noise=0.7, share=0.4) for member in OF_COUNTS]
TIMES = np.array([0.0, 1.0, 3.0])
CORRELATED = np.array([[9.0, 4.0], [4.0, 3.0]])
REALS = Reals((0.0,), (1.0,), (0.0,), (1.0,))  # teachers ask for no more than that values are real


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def counted(rng) -> list[np.ndarray]:
    """Three snapshots of 60 states of two counts below 20."""
    return [rng.integers(0, 20, (60, 2)) for _ in TIMES]


def between(first: np.ndarray, last: np.ndarray, space: StateSpace = REALS, end: float = 2.0) -> Interpolant:
    """Two snapshots, at times 0 and `end`."""
    return Interpolant([first, last], np.array([0.0, end]), space, np.random.default_rng(1))


def constant(value: int, count: int = 2000) -> np.ndarray:
    return np.full((count, 1), value)


def everywhere(teacher: Teacher) -> Teachers:
    return Teachers(teacher, teacher)


def rows(states: np.ndarray) -> list[tuple]:
    return sorted(map(tuple, states.tolist()))


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_the_bridges_covariance_from_a_point(rng, noise, share):
    way = between(np.zeros((1000, 2)), rng.multivariate_normal([5.0, -1.0], CORRELATED, 1000))
    drawn = way.draw(Teacher("bridge", noise), np.array([2 * share]), 60, rng)[0]
    v = np.cov(way.particles[1].T)
    expected = share**2 * v + noise * share * (1 - share) * v
    np.testing.assert_allclose(np.cov(drawn.T), expected, rtol=0.04)
    np.testing.assert_allclose(drawn.mean(axis=0), share * way.particles[1].mean(axis=0), atol=0.05)


def test_a_bridge_with_noise_one_spreads_like_the_root_of_the_time(rng):
    way = between(np.zeros((1000, 1)), rng.normal(3, 4, (1000, 1)))
    times = np.array([0.02, 0.2, 0.5, 1.0, 2.0])
    spreads = [states.std() for states in way.draw(Teacher("bridge", 1.0), times, 60, rng)]
    np.testing.assert_allclose(spreads, np.sqrt(times / 2) * spreads[-1], rtol=0.03)


def test_a_bridge_keeps_what_the_variables_conserve_together(rng):
    first, last = (np.stack([a, 30 - a], axis=1) for a in (rng.normal(9, 1, 50), rng.normal(20, 3, 50)))
    drawn = between(first, last).sample(Teacher("bridge", 1.0), 0.7, rng)
    np.testing.assert_allclose(drawn.sum(axis=1), 30, atol=1e-6)


@pytest.mark.parametrize(("first", "last"), [(5, 17), (17, 5)])
def test_a_poisson_bridge_between_fixed_ends_is_binomial(rng, first, last):
    share, jumps = 0.3, 12
    way = between(constant(first), constant(last), Counts(18))
    drawn = way.draw(Teacher("poisson", 1.0), np.array([2 * share]), 5, rng)[0]
    made = np.abs(drawn[:, 0] - first)
    assert drawn.dtype == np.int64
    assert ((drawn >= 5) & (drawn <= 17)).all()
    expected = binom.pmf(np.arange(jumps + 1), jumps, share)
    found = np.bincount(made, minlength=jumps + 1)
    few = expected * len(made) < 5
    groups = [np.append(counts[~few], counts[few].sum()) for counts in (found, expected * len(made))]
    assert chisquare(*groups).pvalue > 0.001


def test_a_poisson_bridges_pairs_back_and_forth_add_to_its_spread(rng):
    last, share, noise = rng.normal(100, 6, (1000, 1)).round().astype(int), 0.4, 1.0
    way = between(constant(50, 1000), last, Counts(200))
    change = (way.particles[1] - way.particles[0])[:, 0]
    drawn = way.draw(Teacher("poisson", noise), np.array([2 * share]), 60, rng)[0]
    jumps = share * (1 - share) * np.abs(change).mean()
    expected = share**2 * change.var() + jumps + noise * share * (1 - share) * change.var()
    assert drawn.var() == pytest.approx(expected, rel=0.04)
    assert drawn.mean() == pytest.approx(50 + share * change.mean(), abs=0.2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_mixture_takes_the_snapshots_in_proportion_to_their_nearness(rng, share):
    drawn = between(constant(0), constant(9), Counts(10)).draw(Teacher("mixture"), np.array([2 * share]), 10, rng)[0]
    assert set(drawn.flatten()) == {0, 9}
    assert (drawn == 9).mean() == pytest.approx(share, abs=0.02)


def test_a_blend_takes_its_share_from_the_mixture(rng):
    drawn = between(constant(0), constant(8), Counts(9)).draw(Teacher("blend", 0.5, 0.25), np.ones(1), 10, rng)[0]
    assert set(drawn.flatten()) == {0, 4, 8}
    assert (drawn != 4).mean() == pytest.approx(0.25, abs=0.02)


def test_a_displacement_follows_its_coupled_states(rng):
    way = between(rng.normal(size=(30, 2)), rng.normal(9, 2, (30, 2)))
    halfway = way.sample(Teacher("displacement"), 1.0, rng)
    np.testing.assert_allclose(halfway, way.particles.mean(axis=0), atol=1e-12)


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
    chosen = Teachers(Teacher("bridge", 0.5, rate=4.0), Teacher("blend", 0.1, 0.3))
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
    told = lesson(Teachers(Teacher("mixture"), Teacher("displacement")), snapshots, TIMES, Counts(20), 4, rng)
    for time, states in zip(told.times, told.states, strict=True):
        if time < 1:
            assert set(states.flatten()) <= {0, 6}
        else:
            assert set(states.flatten()) <= {int(6 * time), int(6 * time) + 1}


@pytest.mark.slow
def test_a_mixture_with_own_rates_mixes_every_variable_by_its_share(rng):
    snapshots = [np.zeros((4000, 2), int), np.array([[4, 8]]).repeat(4000, 0), np.array([[4, 16]]).repeat(4000, 0)]
    way = Interpolant(snapshots, np.arange(3.0), Counts(20), rng)
    way.own = Relaxation(np.array([np.log(9.0), 0.0]), np.ones(2))
    drawn = way.sample(Teacher("mixture", own=True), 0.5, rng)
    assert set(np.unique(drawn[:, 0])) == {0, 4}
    assert set(np.unique(drawn[:, 1])) == {0, 8}
    np.testing.assert_allclose((drawn > 0).mean(0), [0.75, 0.5], atol=0.03)


@pytest.fixture
def cells(rng):
    """Three snapshots of two clusters far apart, of which one grows from a half to nine tenths."""

    def snapshot(count, share, shift):
        first = np.arange(count) < share * count
        return rng.normal(0, 0.3, (count, 2)) + np.where(first[:, None], [0.0, 0.0], [8.0, 0.0]) + [0.0, shift]

    return [snapshot(200, 0.5, 0.0), snapshot(160, 0.9, 1.0), snapshot(180, 0.9, 2.0)]


def growing_way(snapshots, rng, times=TIMES):
    return Interpolant(snapshots, times, Reals.of(snapshots), rng)


def test_clusters_that_grow_are_not_emptied_into_each_other(rng, cells):
    way = growing_way(cells, rng)
    halfway = {
        member: (np.abs(way.sample(Teacher(member), 0.5 * TIMES[1], rng)[:, 0] - 4) < 2).mean()
        for member in ("displacement", "growing")
    }
    assert halfway["displacement"] > 0.3  # two of five cells of the second cluster are on their way
    assert halfway["growing"] < 0.2


def test_growing_states_are_the_snapshots_at_their_times_and_as_many_as_particles(rng, cells):
    way = growing_way(cells, rng)
    assert len(way.sample(Teacher("growing"), 0.3, rng)) == 200
    near = way.sample(Teacher("growing"), TIMES[1] * 1e-9, rng)
    assert np.sqrt(((near[:, None] - cells[0]) ** 2).sum(-1)).min(1).max() < 1e-3


@pytest.mark.slow
def test_growing_means_lie_between_the_straight_way_and_the_spline_through_all_means(rng):
    times, heights = np.arange(4.0), np.array([0.0, 1.0, 1.0, 0.0])
    cloud = rng.normal(0, 0.1, (300, 2))
    way = growing_way([cloud + np.array([0.0, h]) for h in heights], rng, times)
    spline = CubicSpline(times, heights, bc_type="natural")(1.5)
    assert way.bend(1, 0.5)[1] == pytest.approx(spline - 1.0)
    found = np.mean([way.sample(Teacher("growing"), 1.5, rng)[:, 1].mean() for _ in range(20)])
    assert found == pytest.approx((1.0 + spline) / 2, abs=0.02)


def test_growing_noise_is_a_share_of_the_displacements_variance(rng):
    end = np.resize([-1.0, 1.0], (600, 1))  # equally far from the start, so that no way is preferred
    way = growing_way([np.zeros((600, 1)), end, end], rng)
    found = np.concatenate([way.sample(Teacher("growing"), 0.5 * TIMES[1], rng) for _ in range(10)])
    assert found.var() == pytest.approx(0.25 + GROWING_NOISE * 0.25, rel=0.05)


def test_of_very_many_states_a_random_part_becomes_particles(rng, monkeypatch):
    monkeypatch.setattr(teachers, "_COUPLED", 1000)
    many = [rng.integers(0, 5, (1200, 1)) + shift for shift in (0, 10)]
    way = Interpolant(many, np.array([0.0, 1.0]), Counts(20), rng)
    assert way.particles.shape == (2, 1000, 1)
    np.testing.assert_allclose(way.particles.mean((1, 2)), [2, 12], atol=0.1)

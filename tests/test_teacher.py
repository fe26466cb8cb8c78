"""Teachers against the laws they stand for, and the choice among them on processes where the answer is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from weightflow.teacher import (
    FIELDS,
    MEMBERS,
    Interpolant,
    Teacher,
    Teachers,
    best_teachers,
    candidates,
    lesson,
    read_teachers,
    score_teachers,
    write_teachers,
)

EVERY = [Teacher(member, noise=0.7, share=0.4) for member in MEMBERS]
TIMES = np.array([0.0, 1.0, 3.0])
CORRELATED = np.array([[9.0, 4.0], [4.0, 3.0]])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def counted(rng) -> list[np.ndarray]:
    """Three snapshots of 60 states of two counts below 20."""
    return [rng.integers(0, 20, (60, 2)) for _ in TIMES]


def between(first: np.ndarray, last: np.ndarray, states: int = 0, end: float = 2.0) -> Interpolant:
    """Two snapshots, at times 0 and `end`."""
    return Interpolant([first, last], np.array([0.0, end]), states, np.random.default_rng(1))


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
    way = between(constant(first), constant(last), states=18)
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
    way, share, noise = between(constant(50, 1000), rng.normal(100, 6, (1000, 1)).round().astype(int), 200), 0.4, 1.0
    change = (way.particles[1] - way.particles[0])[:, 0]
    drawn = way.draw(Teacher("poisson", noise), np.array([2 * share]), 60, rng)[0]
    jumps = share * (1 - share) * np.abs(change).mean()
    expected = share**2 * change.var() + jumps + noise * share * (1 - share) * change.var()
    assert drawn.var() == pytest.approx(expected, rel=0.04)
    assert drawn.mean() == pytest.approx(50 + share * change.mean(), abs=0.2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_mixture_takes_the_snapshots_in_proportion_to_their_nearness(rng, share):
    drawn = between(constant(0), constant(9), 10).draw(Teacher("mixture"), np.array([2 * share]), 10, rng)[0]
    assert set(drawn.flatten()) == {0, 9}
    assert (drawn == 9).mean() == pytest.approx(share, abs=0.02)


def test_a_blend_takes_its_share_from_the_mixture(rng):
    drawn = between(constant(0), constant(8), 9).draw(Teacher("blend", 0.5, 0.25), np.ones(1), 10, rng)[0]
    assert set(drawn.flatten()) == {0, 4, 8}
    assert (drawn != 4).mean() == pytest.approx(0.25, abs=0.02)


def test_a_displacement_follows_its_coupled_states(rng):
    way = between(rng.normal(size=(30, 2)), rng.normal(9, 2, (30, 2)))
    halfway = way.sample(Teacher("displacement"), 1.0, rng)
    np.testing.assert_allclose(halfway, way.particles.mean(axis=0), atol=1e-12)


@pytest.mark.parametrize("teacher", EVERY, ids=MEMBERS)
def test_at_a_snapshot_every_member_gives_its_states(rng, counted, teacher):
    way = Interpolant(counted, TIMES, 20, rng)
    for time, snapshot in zip(TIMES, counted, strict=True):
        assert rows(way.sample(teacher, time, rng)) == rows(snapshot)


@given(
    member=st.sampled_from(sorted(MEMBERS)),
    noise=st.floats(0, 5),
    share=st.floats(0.01, 0.99),
    rate=st.floats(0, 100),
    time=st.floats(0, 3),
    sizes=st.lists(st.integers(2, 25), min_size=3, max_size=3),
    seed=st.integers(0, 1000),
)
def test_what_is_taught_is_always_counts_within_the_states(member, noise, share, rate, time, sizes, seed):
    rng = np.random.default_rng(seed)
    way = Interpolant([rng.integers(0, 12, (n, 2)) for n in sizes], TIMES, 12, rng)
    drawn = way.sample(Teacher(member, noise, share, rate), time, rng)
    assert drawn.shape == (max(sizes), 2)
    assert drawn.dtype == np.int64
    assert ((drawn >= 0) & (drawn < 12)).all()


def test_a_lesson_has_twice_as_many_times_in_the_first_interval(rng, counted):
    told = lesson(everywhere(Teacher("bridge", 0.5)), counted, TIMES, 20, 5, rng)
    assert len(told.times) == 10 + 5 + 1
    assert (told.times < 1).sum() == 10
    assert set(TIMES) <= set(told.times)
    assert len({states.shape for states in told.states}) == 1
    assert len(told.states[0]) >= 3900  # enough to learn from, of 60 particles


def test_without_a_teacher_a_lesson_is_the_snapshots(rng, counted):
    short = [counted[0][:7], *counted[1:]]
    told = lesson(None, short, TIMES, 20, 5, rng)
    assert np.array_equal(told.times, TIMES)
    assert {len(states) for states in told.states} == {60}
    assert set(rows(told.states[0])) <= set(rows(short[0]))
    assert [rows(states) for states in told.states[1:]] == [rows(states) for states in short[1:]]


@pytest.mark.parametrize("teacher", [*EVERY, None], ids=[*MEMBERS, "none"])
def test_same_seed_same_bytes(counted, teacher):
    def told(seed: int) -> bytes:
        teachers = teacher and everywhere(teacher)
        made = lesson(teachers, [counted[0][:9], *counted[1:]], TIMES, 20, 2, np.random.default_rng(seed))
        return b"".join(states.tobytes() for states in made.states)

    assert told(0) == told(0)
    assert told(0) != told(1)


def test_candidates_are_those_that_differ():
    found = candidates(list(MEMBERS), [0.1, 1.0], [0.3, 0.5])
    assert len(found) == len(set(found)) == 1 + 2 + 2 + 1 + 4
    assert candidates(["mixture"], [0.1, 1.0], [0.5]) == [Teacher("mixture")]
    assert candidates([], [0.1], [0.5]) == []
    assert candidates(["displacement"], [0.1], [0.5], [0, 2]) == [Teacher("displacement", rate=r) for r in (0, 2)]


def test_labels_tell_teachers_apart():
    found = candidates(list(MEMBERS), [0.1, 1.0], [0.3, 0.5], [0, 2])
    assert len({teacher.label for teacher in found}) == len(found)
    assert Teacher("blend", 0.5, 0.25).label == "blend (noise 0.5, 25% mixture)"


def test_a_written_choice_is_read_back(tmp_path):
    chosen = Teachers(Teacher("bridge", 0.5, rate=4.0), Teacher("blend", 0.1, 0.3))
    write_teachers(tmp_path / "teacher.json", chosen)
    assert read_teachers(tmp_path / "teacher.json") == chosen


@pytest.mark.parametrize("rate", [0.5, 4.0, 100.0])
@pytest.mark.parametrize("unit", [None, 0.5])
def test_a_relaxation_is_exponential_across_the_interval(rng, rate, unit):
    way = Interpolant([np.full((3, 1), 2.0), np.full((3, 1), 10.0)], np.array([0.0, 2.0]), 0, rng, unit)
    strength = rate * 2.0 / (unit or 2.0)
    for time in (0.1, 0.5, 1.7):
        expected = 2 + 8 * (1 - np.exp(-strength * time / 2)) / (1 - np.exp(-strength))
        np.testing.assert_allclose(way.sample(Teacher("displacement", rate=rate), time, rng), expected)


def test_a_small_rate_moves_evenly(rng):
    way = between(constant(2).astype(float), constant(10).astype(float))
    np.testing.assert_allclose(way.sample(Teacher("displacement", rate=1e-9), 0.5, rng), 4.0, atol=1e-6)


def test_the_first_interval_has_a_teacher_of_its_own(rng):
    snapshots = [constant(0), constant(6), constant(18)]
    told = lesson(Teachers(Teacher("mixture"), Teacher("displacement")), snapshots, TIMES, 20, 4, rng)
    for time, states in zip(told.times, told.states, strict=True):
        if time < 1:
            assert set(states.flatten()) <= {0, 6}
        else:
            assert set(states.flatten()) <= {int(6 * time), int(6 * time) + 1}


ASKED = candidates(list(MEMBERS), [0.1, 1.0], [0.5])


def scores(snapshots: list[np.ndarray], asked: list[Teacher] = ASKED) -> pd.DataFrame:
    times = np.arange(float(len(snapshots)))
    states = int(max(s.max() for s in snapshots)) + 3
    return score_teachers(asked, snapshots, times, states, np.random.default_rng(2))


def test_every_teacher_is_scored_at_every_interior_snapshot(counted):
    asked = [*ASKED, Teacher("displacement", rate=2.0)]
    table = scores([*counted, counted[0], counted[2]], asked)
    columns = ["interval", *FIELDS, "time", "bandwidth", "nll", "error"]
    assert table.columns.tolist() == columns
    first, later = (table[table["interval"] == interval] for interval in ("first", "later"))
    assert len(first) == len(asked)
    assert set(first["time"]) == {1.0}
    assert len(later) == 2 * len(ASKED)  # relaxation is for the first interval
    assert set(later["time"]) == {2.0, 3.0}
    assert np.isfinite(table[["nll", "error"]]).all(axis=None)
    assert (table.groupby(columns[:6])["bandwidth"].nunique() == 1).all()
    for _, part in (("first", first), ("later", later)):
        best = part.groupby(columns[1:6])["nll"].mean().idxmin()
        assert (part.set_index(columns[1:6]).loc[[best], "error"] == 0).all()


def test_three_snapshots_leave_one_choice_for_both(counted):
    chosen = best_teachers(scores(counted))
    assert chosen.first == chosen.later
    relaxing = best_teachers(scores(counted, [Teacher("displacement", rate=2.0)]))
    assert relaxing == Teachers(Teacher("displacement", rate=2.0), Teacher("displacement"))


def test_same_seed_same_scores(counted):
    assert scores(counted).equals(scores(counted))


def test_a_brownian_motion_from_a_point_is_taught_by_a_bridge_with_noise(rng):
    # Of three snapshots, so that the path is straight; more bend it as the spread grows, and leave less to the noise.
    walk = np.round(40 + np.cumsum(rng.normal(0, 5, (2, 1000, 1)), axis=0)).clip(0, 80).astype(int)
    snapshots = [constant(40, 1000), *walk]
    asked = candidates(["displacement", "bridge", "mixture", "blend"], [0.1, 0.3, 1.0, 3.0], [0.5])
    assert best_teachers(scores(snapshots, asked)).first == Teacher("bridge", 1.0)


def test_a_birth_process_from_a_point_is_taught_by_jumps(rng):
    counts = 3 + np.cumsum(rng.poisson(2, (2, 2000, 1)), axis=0)
    asked = [Teacher("poisson"), *ASKED]
    assert best_teachers(scores([constant(3, 2000), *counts], asked)).first == Teacher("poisson")


def test_a_telegraph_process_is_taught_by_the_mixture(rng):
    def snapshot(time: float) -> np.ndarray:
        level = np.where(rng.random((500, 1)) < 0.2 + 0.15 * time, 30, 3)
        return rng.poisson(level)

    chosen = best_teachers(scores([snapshot(t) for t in range(5)]))
    assert (chosen.first.member, chosen.later.member) == ("mixture", "mixture")


@pytest.mark.parametrize(("true", "chosen"), [(0.0, 0.0), (2.0, 2.0)])
def test_a_rate_is_found_where_there_is_a_relaxation(rng, true, chosen):
    def snapshot(time: float) -> np.ndarray:
        share = np.expm1(-true * time) / np.expm1(-2 * true) if true else time / 2
        return np.clip(np.round(rng.normal(5 + 40 * share, 3, (1000, 1))), 0, 60).astype(int)

    asked = candidates(["displacement", "mixture"], [0.1], [0.5], [0, 1, 2, 4])
    assert best_teachers(scores([snapshot(t) for t in range(3)], asked)).first == Teacher("displacement", rate=chosen)


def by_hand(*entries: tuple) -> pd.DataFrame:
    columns = ["interval", "member", "noise", "share", "rate", "nll", "error"]
    return pd.DataFrame(entries, columns=columns).assign(own=False, time=1.0, bandwidth=0.1)


def test_the_slowest_relaxation_within_two_standard_errors_is_taken():
    table = by_hand(
        ("first", "mixture", 0.0, 0.0, 0.0, 1.30, 0.1),
        ("first", "displacement", 0.0, 0.0, 1.0, 1.15, 0.1),
        ("first", "bridge", 0.5, 0.0, 1.0, 1.10, 0.1),
        ("first", "displacement", 0.0, 0.0, 4.0, 1.00, 0.0),
        ("later", "mixture", 0.0, 0.0, 0.0, 2.0, 0.1),
        ("later", "blend", 0.1, 0.3, 0.0, 1.9, 0.0),
    )
    assert best_teachers(table) == Teachers(Teacher("bridge", 0.5, rate=1.0), Teacher("blend", 0.1, 0.3))


def later(*entries: tuple) -> Teacher:
    """The choice for the later intervals from (member, noise, share, nll, error)."""
    rows = [("later", member, noise, share, 0.0, nll, error) for member, noise, share, nll, error in entries]
    return best_teachers(by_hand(("first", "mixture", 0.0, 0.0, 0.0, 1.0, 0.0), *rows)).later


def test_one_rate_for_all_goes_before_own_rates():
    rivals = [("first", "mixture", 0.0, 0.0, 0.0, nll, 0.1) for nll in (1.3, 1.0)]
    table = by_hand(*rivals).assign(own=[False, True])
    assert not best_teachers(table.assign(nll=[1.1, 1.0])).first.own
    assert best_teachers(table).first.own


def test_own_rates_are_found_where_variables_relax_differently(rng):
    def snapshot(time: float) -> np.ndarray:
        means = [20 * (1 - np.exp(-3 * time)), 10 * time, 15 * np.expm1(1.5 * time) / np.expm1(3)]
        return rng.poisson(means, (2000, 3))

    snapshots = [snapshot(t) for t in range(3)]
    assert best_teachers(scores(snapshots, candidates(["poisson"], [0.1], [], [0, 2, "own"]))).first.own
    way = Interpolant(snapshots, np.arange(3.0), 60, rng)
    halfway = way.sample(Teacher("poisson", own=True), 0.5, rng).mean(0)
    even = way.sample(Teacher("poisson"), 0.5, rng).mean(0)
    truth = [20 * (1 - np.exp(-1.5)), 5, 15 * np.expm1(0.75) / np.expm1(3)]
    assert (np.abs(halfway - truth)[[0, 2]] < np.abs(even - truth)[[0, 2]]).all()


def test_a_mixture_with_own_rates_mixes_every_variable_by_its_share(rng):
    snapshots = [np.zeros((4000, 2), int), np.array([[4, 8]]).repeat(4000, 0), np.array([[4, 16]]).repeat(4000, 0)]
    way = Interpolant(snapshots, np.arange(3.0), 20, rng)
    way.rates = np.array([np.log(9.0), 0.0])
    drawn = way.sample(Teacher("mixture", own=True), 0.5, rng)
    assert set(np.unique(drawn[:, 0])) == {0, 4}
    assert set(np.unique(drawn[:, 1])) == {0, 8}
    np.testing.assert_allclose((drawn > 0).mean(0), [0.75, 0.5], atol=0.03)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_of_many_variables_pairs_are_judged(rng, correlation):
    # A snapshot between two alike: the mixture is the truth, whatever the dependence.
    covariance = 4 * ((1 - correlation) * np.eye(6) + correlation)
    snapshots = [np.round(rng.multivariate_normal(np.full(6, 10), covariance, 800)).astype(int) for _ in range(4)]
    table = scores(snapshots, candidates(["mixture", "poisson"], [1.0], []))
    assert best_teachers(table).later.member == "mixture"
    # Every variable counts once: about the entropy of the pairs' densities, not twice that.
    entropy = 6 * 0.5 * np.log(2 * np.pi * np.e * 4) + 3 * 0.5 * np.log(1 - correlation**2)
    np.testing.assert_allclose(table.loc[table["member"] == "mixture", "nll"], entropy, rtol=0.05)


def test_of_teachers_alike_the_noisiest_within_two_standard_errors_is_taken():
    best, near, far = (
        ("bridge", c, 0.0, nll, error) for c, nll, error in ((0.1, 1, 0), (0.5, 1.1, 0.1), (1, 1.3, 0.1))
    )
    assert later(best, near, far) == Teacher("bridge", 0.5)
    assert later(far, near, best) == Teacher("bridge", 0.5)
    assert later(best, far) == Teacher("bridge", 0.1)


def test_noise_compares_within_one_kind_of_motion():
    still, bridge = ("displacement", 0.0, 0.0, 1.0, 0.0), ("bridge", 0.5, 0.0, 1.1, 0.1)
    mixture, poisson = ("mixture", 0.0, 0.0, 1.0, 0.0), ("poisson", 1.0, 0.0, 1.05, 0.1)
    assert later(still, bridge, poisson) == Teacher("bridge", 0.5)  # a displacement is a bridge without noise
    assert later(mixture, bridge, poisson) == Teacher("mixture")


def test_the_errors_of_several_left_out_snapshots_shrink_together():
    near = [("bridge", 1.0, 0.0, 1.1, 0.08)]
    best = [("bridge", 0.1, 0.0, 1.0, 0.0)]
    assert later(*best, *near) == Teacher("bridge", 1.0)
    assert later(*4 * best, *4 * near) == Teacher("bridge", 0.1)


def test_of_equal_teachers_the_first_is_taken():
    one, two = ("mixture", 0.0, 0.0, 1.0, 0.0), ("poisson", 0.5, 0.0, 1.0, 0.0)
    assert later(one, two) == Teacher("mixture")
    assert later(two, one) == Teacher("poisson", 0.5)

"""The choice among teachers on processes where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from weightflow.data.state_space import Counts
from weightflow.teaching import choice
from weightflow.teaching.choice import candidates, choose_teachers, untested_teachers
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.scoring import score_teachers
from weightflow.teaching.settings import TeacherSettings
from weightflow.teaching.teachers import FIELDS, Interpolant, Teacher, Teachers


def best_teachers(scores):
    """The choice from scores of two variables."""
    return choice.best_teachers(scores, 2)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def counted(rng) -> list[np.ndarray]:
    """Three snapshots of 60 states of two counts below 20."""
    return [rng.integers(0, 20, (60, 2)) for _ in range(3)]


def teachers_of(members: list[str] | None, discrete: bool = True, **others) -> list[Teacher]:
    """The candidates of some settings; one share and no relaxation where nothing else is said."""
    return candidates(TeacherSettings(members=members, **{"shares": [0.5], "rates": [0]} | others), discrete)


def constant(value: int, count: int) -> np.ndarray:
    return np.full((count, 1), value)


def test_candidates_are_those_that_differ():
    found = teachers_of(list(MEMBERS), noises=[0.1, 1.0], shares=[0.3, 0.5])
    assert len(found) == len(set(found)) == 1 + 2 + 2 + 1 + 4 + 1
    assert teachers_of(["mixture"], noises=[0.1, 1.0]) == [Teacher("mixture")]
    assert teachers_of([], noises=[0.1]) == []
    assert teachers_of(["displacement"], noises=[0.1], rates=[0, 2]) == [
        Teacher("displacement", rate=r) for r in (0, 2)
    ]


ASKED = teachers_of(["displacement", "bridge", "poisson", "mixture", "blend"], noises=[0.1, 1.0])


def scores(snapshots: list[np.ndarray], asked: list[Teacher] = ASKED) -> pd.DataFrame:
    times = np.arange(float(len(snapshots)))
    states = int(max(s.max() for s in snapshots)) + 3
    judged = score_teachers(asked, snapshots, times, Counts(states), np.random.default_rng(2))
    return judged.table({"first": judged.places[:1], "later": judged.places[1:]})


def first(found: Teachers) -> Teacher:
    """The first teacher of the first interval."""
    return found.first[0][0]


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
    assert (table.groupby(["interval", *FIELDS])["bandwidth"].nunique() == 1).all()
    for _, part in (("first", first), ("later", later)):
        best = part.groupby(FIELDS)["nll"].mean().idxmin()
        assert (part.set_index(FIELDS).loc[[best], "error"] == 0).all()


def test_three_snapshots_leave_one_choice_for_both(counted):
    chosen = best_teachers(scores(counted))
    assert first(chosen) == chosen.later[0][0]
    relaxing = best_teachers(scores(counted, [Teacher("displacement", rate=2.0)]))
    assert relaxing == Teachers.single(Teacher("displacement", rate=2.0), Teacher("displacement"))


def test_same_seed_same_scores(counted):
    assert scores(counted).equals(scores(counted))


def test_a_brownian_motion_from_a_point_is_taught_by_a_bridge_with_noise(rng):
    # Of three snapshots, so that the path is straight; more bend it as the spread grows, and leave less to the noise.
    walk = np.round(40 + np.cumsum(rng.normal(0, 5, (2, 1000, 1)), axis=0)).clip(0, 80).astype(int)
    snapshots = [constant(40, 1000), *walk]
    asked = teachers_of(["displacement", "bridge", "mixture", "blend"], noises=[0.1, 0.3, 1.0, 3.0])
    assert first(best_teachers(scores(snapshots, asked))) == Teacher("bridge", 1.0)


def test_a_birth_process_from_a_point_is_taught_by_jumps(rng):
    counts = 3 + np.cumsum(rng.poisson(2, (2, 2000, 1)), axis=0)
    asked = [Teacher("poisson"), *ASKED]
    assert first(best_teachers(scores([constant(3, 2000), *counts], asked))) == Teacher("poisson")


def test_a_telegraph_process_is_taught_by_the_mixture(rng):
    def snapshot(time: float) -> np.ndarray:
        level = np.where(rng.random((500, 1)) < 0.2 + 0.15 * time, 30, 3)
        return rng.poisson(level)

    chosen = best_teachers(scores([snapshot(t) for t in range(5)]))
    assert (first(chosen).member, chosen.later[0][0].member) == ("mixture", "mixture")


@pytest.mark.parametrize(("true", "chosen"), [(0.0, 0.0), (2.0, 2.0)])
def test_a_rate_is_found_where_there_is_a_relaxation(rng, true, chosen):
    def snapshot(time: float) -> np.ndarray:
        share = np.expm1(-true * time) / np.expm1(-2 * true) if true else time / 2
        return np.clip(np.round(rng.normal(5 + 40 * share, 3, (1000, 1))), 0, 60).astype(int)

    asked = teachers_of(["displacement", "mixture"], noises=[0.1], rates=[0, 1, 2, 4])
    found = best_teachers(scores([snapshot(t) for t in range(3)], asked))
    assert first(found) == Teacher("displacement", rate=chosen)


def by_hand(*entries: tuple) -> pd.DataFrame:
    columns = ["interval", "member", "noise", "share", "rate", "nll", "error"]
    return pd.DataFrame(entries, columns=columns).assign(own=False, growth=0.0, way="straight", time=1.0, bandwidth=0.1)


def test_the_slowest_relaxation_within_two_standard_errors_is_taken_beside_the_likeliest():
    table = by_hand(
        ("first", "mixture", 0.0, 0.0, 0.0, 1.30, 0.1),
        ("first", "displacement", 0.0, 0.0, 1.0, 1.15, 0.1),
        ("first", "bridge", 0.5, 0.0, 1.0, 1.10, 0.1),
        ("first", "displacement", 0.0, 0.0, 4.0, 1.00, 0.0),
        ("later", "mixture", 0.0, 0.0, 0.0, 2.0, 0.1),
        ("later", "blend", 0.1, 0.3, 0.0, 1.9, 0.0),
    )
    likeliest = Teacher("displacement", rate=4.0)
    found = best_teachers(table)
    early = ((Teacher("bridge", 0.5, rate=1.0), 0.5), (likeliest, 0.5))
    assert found == Teachers(early, ((Teacher("blend", 0.1, 0.3), 1.0),))


def test_the_relaxing_half_leaves_the_others_a_quarter_each():
    table = by_hand(
        ("first", "mixture", 0.0, 0.0, 0.0, 1.1, 0.1),
        ("first", "bridge", 0.5, 0.0, 1.0, 1.0, 0.0),
        ("first", "relaxing", 0.0, 0.0, 0.0, 1.0, 0.0),
        ("later", "mixture", 0.0, 0.0, 0.0, 2.0, 0.0),
    )
    parts = {teacher.member: part for teacher, part in best_teachers(table).first}
    assert parts == {"mixture": 0.25, "bridge": 0.25, "relaxing": 0.5}
    refuted = table.assign(nll=[2.6, 2.5, 1.0, 2.0])
    assert [teacher.member for teacher, _ in best_teachers(refuted).first] == ["relaxing"]


def later(*entries: tuple) -> Teacher:
    """The choice for the later intervals from (member, noise, share, nll, error)."""
    rows = [("later", member, noise, share, 0.0, nll, error) for member, noise, share, nll, error in entries]
    ((found, _),) = best_teachers(by_hand(("first", "mixture", 0.0, 0.0, 0.0, 1.0, 0.0), *rows)).later
    return found


def test_one_rate_for_all_goes_before_own_rates():
    rivals = [("first", "mixture", 0.0, 0.0, 0.0, nll, 0.1) for nll in (1.3, 1.0)]
    table = by_hand(*rivals).assign(own=[False, True])
    assert not first(best_teachers(table.assign(nll=[1.1, 1.0]))).own
    assert first(best_teachers(table)).own


@pytest.mark.slow
def test_own_rates_are_found_where_variables_relax_differently(rng):
    def snapshot(time: float) -> np.ndarray:
        means = [20 * (1 - np.exp(-3 * time)), 10 * time, 15 * np.expm1(1.5 * time) / np.expm1(3)]
        return rng.poisson(means, (2000, 3))

    snapshots = [snapshot(t) for t in range(3)]
    assert first(best_teachers(scores(snapshots, teachers_of(["poisson"], noises=[0.1], rates=[0, 2, "own"])))).own
    way = Interpolant(snapshots, np.arange(3.0), Counts(60), rng)
    halfway = way.sample(Teacher("poisson", own=True), 0.5, rng).mean(0)
    even = way.sample(Teacher("poisson"), 0.5, rng).mean(0)
    truth = [20 * (1 - np.exp(-1.5)), 5, 15 * np.expm1(0.75) / np.expm1(3)]
    assert (np.abs(halfway - truth)[[0, 2]] < np.abs(even - truth)[[0, 2]]).all()


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_of_many_variables_pairs_are_judged(rng, correlation):
    # A snapshot between two alike: the mixture is the truth, whatever the dependence.
    covariance = 4 * ((1 - correlation) * np.eye(6) + correlation)
    snapshots = [np.round(rng.multivariate_normal(np.full(6, 10), covariance, 800)).astype(int) for _ in range(4)]
    table = scores(snapshots, teachers_of(["mixture", "poisson"], noises=[1.0]))
    assert best_teachers(table).later[0][0].member == "mixture"
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


def test_members_that_suit_the_states_are_the_default():
    counts, reals = (teachers_of(None, noises=[0.5], rates=[0.0, 2.0], discrete=discrete) for discrete in (True, False))
    assert {teacher.member for teacher in counts} == {*(teacher.member for teacher in ASKED), "relaxing"}
    assert {teacher.member for teacher in reals} == {"mixture", "growing"}
    assert len(reals) == 1 + 3 * 4


def test_counts_do_not_grow_and_real_values_do_not_jump():
    assert teachers_of(["growing", "mixture"], noises=[0.5], discrete=True) == [Teacher("mixture")]
    asked = {"noises": [0.5], "growths": [1], "ways": ["mean"]}
    assert teachers_of(["poisson", "growing"], False, **asked) == [Teacher("growing", 0.5, growth=1.0, way="mean")]


@pytest.mark.parametrize(
    ("score", "parts"),
    [(2.1, ["mixture"]), (1.9, ["mixture", "relaxing"]), (0.1, ["mixture", "relaxing"]), (-0.1, ["relaxing"])],
)
def test_a_half_that_is_worse_by_half_a_nat_per_variable_is_left_out(score, parts):
    rows = ("first", "mixture", 0.0, 0.0, 0.0, 1.0, 0.0), ("first", "relaxing", 0.0, 0.0, 0.0, score, 0.0)
    found = best_teachers(by_hand(*rows, ("later", "mixture", 0.0, 0.0, 0.0, 1.0, 0.0)))
    assert [teacher.member for teacher, _ in found.first] == parts


def test_half_of_the_first_interval_is_relaxing(counted):
    relaxing = Teacher("relaxing")
    table = by_hand(
        ("first", "mixture", 0.0, 0.0, 0.0, 1.0, 0.0),
        ("first", "poisson", 0.1, 0.0, 0.0, 1.5, 0.1),
        ("first", "relaxing", 0.0, 0.0, 0.0, 0.5, 0.0),
        ("later", "mixture", 0.0, 0.0, 0.0, 1.0, 0.0),
    )
    found = best_teachers(table)
    assert found.first == ((Teacher("mixture"), 0.5), (relaxing, 0.5))
    assert len(best_teachers(table[table["member"] != "relaxing"]).first) == 1
    alone = table[(table["member"] == "relaxing") | (table["interval"] == "later")]
    assert best_teachers(alone).first == ((relaxing, 1),)
    scored = scores([*counted, counted[0]], [Teacher("mixture"), relaxing])
    assert set(scored.loc[scored["member"] == "relaxing", "interval"]) == {"first"}


def test_of_two_snapshots_none_is_left_out_and_all_members_are_averaged(counted):
    asked = candidates(TeacherSettings(members=["displacement", "poisson", "relaxing"]))
    teachers, table = choose_teachers(asked, counted[:2], np.arange(2.0), Counts(20), np.random.default_rng(0))
    assert table.empty
    assert teachers.first == (
        (Teacher("displacement"), 0.25),
        (Teacher("poisson", 1.0), 0.25),
        (Teacher("relaxing"), 0.5),
    )
    alone = untested_teachers([Teacher("mixture")])
    assert alone.first == ((Teacher("mixture"), 1),)


def test_of_many_snapshots_twenty_are_left_out(rng):
    snapshots = [rng.integers(0, 20, (10, 1)) for _ in range(30)]
    table = scores(snapshots, [Teacher("mixture"), Teacher("displacement")])
    left_out = table["time"].unique()
    assert len(left_out) == 20
    assert {left_out[0], left_out[-1]} == {1.0, 28.0}

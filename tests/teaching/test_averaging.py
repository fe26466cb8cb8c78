"""Averages of teachers: parts against another optimiser, and on cells whose way is known."""

import numpy as np
import pytest
from scipy.optimize import minimize

from weightflow.data.state_space import Reals
from weightflow.teaching import averaging
from weightflow.teaching.averaging import at_another_gap, averaged_teachers, stacked_parts, untested_average
from weightflow.teaching.choice import candidates, choose_teachers
from weightflow.teaching.scoring import EVERY
from weightflow.teaching.settings import TeacherSettings
from weightflow.teaching.teachers import Teacher

PRIOR = np.array([0.5, 0.5, 0.0])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_parts_maximise_the_likelihood_and_the_prior(rng):
    odds = [rng.normal(size=(3, n)) for n in (20, 50)]

    def loss(free):
        parts = np.exp(free) / np.exp(free).sum()
        fit = np.sum([np.log(parts @ np.exp(own)).mean() for own in odds])
        return -fit - averaging._EQUAL * PRIOR @ np.log(parts)

    expected = np.exp(minimize(loss, np.zeros(3), tol=1e-12).x)
    np.testing.assert_allclose(stacked_parts(odds, PRIOR), expected / expected.sum(), atol=1e-4)


def test_without_a_difference_the_prior_stays():
    np.testing.assert_allclose(stacked_parts([np.zeros((2, 9))], np.array([0.3, 0.7])), [0.3, 0.7], atol=1e-6)


def test_a_teacher_that_fits_takes_the_more_the_more_snapshots_tell(rng):
    odds = np.stack([rng.normal(size=40), rng.normal(size=40) - 3])
    parts = [stacked_parts([odds] * folds, np.full(2, 0.5))[0] for folds in (1, 2, 6)]
    assert 0.7 < parts[0] < parts[1] < parts[2] < 1


def test_jumps_at_a_constant_rate_are_fewer_across_a_narrower_gap():
    found = at_another_gap(np.array([0.3, 0.06, 0.64]), np.array([False, False, True]), 2.0)
    np.testing.assert_allclose(found, [0.5, 0.1, 0.4])
    for parts in ([0.0, 1.0], [1.0, 0.0]):
        np.testing.assert_array_equal(at_another_gap(np.array(parts), np.array([False, True]), 2.0), parts)


def clouds(rng, centres, spread=0.1, count=150):
    return [rng.normal(0, spread, (count, 2)) + np.array([0.0, c]) for c in centres]


@pytest.mark.parametrize(
    ("centres", "bent"), [([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], False), ([0.0, 1.0, 4.0, 9.0, 16.0, 25.0], True)]
)
def test_the_ways_that_left_out_snapshots_follow_give_most_states(rng, centres, bent):
    cells = clouds(rng, centres)
    asked = candidates(TeacherSettings(noises=[0], growths=[0]), discrete=False)
    teachers, scores = choose_teachers(asked, cells, np.arange(6.0), Reals.of(cells), rng)
    parts = {teacher.way: part for teacher, part in teachers.later if teacher.member == "growing"}
    assert set(scores["interval"]) == {EVERY}
    assert teachers.first == teachers.later
    assert sum(part for _, part in teachers.later) == pytest.approx(1)
    assert dict(teachers.later).get(Teacher("mixture"), 0.0) < 0.1
    if bent:
        assert parts.get("straight", 0) < 0.1
    else:
        assert parts["straight"] > 0.1


def test_cells_that_jump_are_taught_by_the_mixture(rng):
    def snapshot(part):
        return np.where(rng.random((200, 1)) < part, 30.0, 0.0) + rng.normal(size=(200, 2))

    cells = [snapshot(part) for part in (0.1, 0.3, 0.5, 0.7, 0.9)]
    settings = TeacherSettings(noises=[0], growths=[0], ways=["straight"])
    teachers, _ = choose_teachers(candidates(settings, False), cells, np.arange(5.0), Reals.of(cells), rng)
    assert dict(teachers.later)[Teacher("mixture")] > 0.5


def test_one_candidate_is_the_teacher_and_nothing_is_scored(rng):
    cells = clouds(rng, [0.0, 1.0, 2.0])
    teachers, scores = averaged_teachers([Teacher("growing")], cells, np.arange(3.0), Reals.of(cells), rng)
    assert teachers.first == ((Teacher("growing"), 1),)
    assert scores.empty


def test_of_two_snapshots_the_moving_teachers_give_equal_parts_and_a_tenth_slows_down(rng):
    cells = clouds(rng, [0.0, 1.0])
    asked = candidates(TeacherSettings(), discrete=False)
    teachers, scores = choose_teachers(asked, cells, np.arange(2.0), Reals.of(cells), rng)
    assert scores.empty
    assert len(teachers.later) == 6  # three growths, two noises, and every way is straight
    assert [part for _, part in teachers.later] == pytest.approx([1 / 6] * 6)
    slow = [part for teacher, part in teachers.first if teacher.rate]
    assert sum(slow) == pytest.approx(0.1)
    assert sum(part for _, part in teachers.first) == pytest.approx(1)
    alone = untested_average([Teacher("mixture")])
    assert alone.first == alone.later == ((Teacher("mixture"), 1),)


def test_of_two_snapshots_members_without_ways_stay(rng):
    found = untested_average(
        [Teacher("displacement"), Teacher("growing", way="spline"), Teacher("growing", way="mean")]
    )
    assert [teacher for teacher, _ in found.later] == [Teacher("displacement"), Teacher("growing")]


def test_real_values_have_no_rates(rng):
    cells = clouds(rng, [0.0, 1.0, 2.0, 3.0, 4.0])
    asked = candidates(TeacherSettings(members=["displacement", "bridge"], rates=[2], noises=[0.1]), discrete=False)
    assert asked == [Teacher("displacement"), Teacher("bridge", 0.1)]
    teachers, _ = choose_teachers(asked, cells, np.arange(5.0), Reals.of(cells), rng)
    assert sum(part for _, part in teachers.first) == pytest.approx(1)

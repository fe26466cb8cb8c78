"""What left-out snapshots miss: nothing where teachers are right, much where they are not."""

import numpy as np
import pytest

from weightflow.data.state_space import Counts, Reals
from weightflow.teaching.missed import bump, missed_shares
from weightflow.teaching.scoring import Effort, probes, score_teachers, shares
from weightflow.teaching.teachers import ANYWHERE, Teacher, Teachers

TIMES, EFFORT = np.arange(5.0), Effort(left_out=8, states=2000, draws=2)
STRAIGHT, MIXTURE = Teacher("growing"), Teacher("mixture")


def missed(snapshots, teacher, space):
    found = score_teachers([teacher], snapshots, TIMES, space, np.random.default_rng(1), effort=EFFORT)
    return missed_shares(found, Teachers.single(teacher), snapshots, TIMES)


@pytest.fixture
def moving(rng):
    """A cloud that moves on a straight line; a mixture of its neighbours is elsewhere."""
    return [rng.normal(3 * t, 1, size=(1500, 1)) for t in TIMES]


def test_right_teachers_miss_no_more_than_one_more_snapshot_might(moving):
    found = missed(moving, STRAIGHT, Reals.of(moving))
    assert found == pytest.approx(
        [ANYWHERE / 2] * 4, rel=0.1
    )  # three left-out snapshots, and one of which nothing is known


def test_wrong_teachers_miss_more(moving):
    wrong, right = (missed(moving, teacher, Reals.of(moving)) for teacher in (MIXTURE, STRAIGHT))
    assert min(wrong) > 1.15 * max(right)


def test_longer_intervals_are_missed_by_more(moving):
    times = np.array([0.0, 1, 2, 3, 6])
    found = score_teachers([MIXTURE], moving, times, Reals.of(moving), np.random.default_rng(1), effort=EFFORT)
    shares = np.array(missed_shares(found, Teachers.single(MIXTURE), moving, times))
    rates = (shares**2 - ANYWHERE**2 / 4) / np.diff(times) ** 2
    np.testing.assert_allclose(rates, rates[0])
    assert rates[0] > 0


def test_states_that_stay_tell_nothing(rng):
    still = [np.full((50, 2), 3) for _ in TIMES]
    assert missed(still, MIXTURE, Counts(9)) == pytest.approx([ANYWHERE / 2] * 4)


def test_nothing_left_out_leaves_anything_possible(moving):
    found = score_teachers([STRAIGHT], moving[:2], TIMES[:2], Reals.of(moving), np.random.default_rng(1))
    assert missed_shares(found, Teachers.single(STRAIGHT), moving[:2], TIMES[:2]) == (ANYWHERE,)


def test_shares_are_those_of_equal_bins(rng):
    snapshots = [rng.normal(size=(400, 2)) for _ in range(3)]
    found = shares(np.concatenate(snapshots), probes(snapshots, 1))
    np.testing.assert_allclose(found, 1 / 20, atol=1e-3)
    counts = [np.arange(4)[:, None]] * 3
    np.testing.assert_allclose(shares(counts[0], probes(counts, 1)).sum(), 1)


def test_errors_are_largest_in_the_middle_and_zero_at_the_snapshots():
    np.testing.assert_allclose(bump(np.array([0, 0.5, 1]), False), [0, 1, 0])
    np.testing.assert_allclose(bump(np.array([0, 0.25, 1]), True), [0, 1, 0])

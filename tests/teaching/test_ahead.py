"""States past the last snapshot: rates of slowing down on laws whose future is known."""

import numpy as np
import pytest

from weightflow.data.state_space import Counts, Reals
from weightflow.teaching.ahead import choose_slowing
from weightflow.teaching.teachers import Teacher, Teachers, lesson

RATES = (0, 1, 30)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def clouds(rng, means):
    return [rng.normal(mean, 1, (500, 1)) for mean in means]


@pytest.mark.parametrize(
    ("means", "best"), [([0, 10, 20, 30], 0), ([0, 10, 10 + 10 * (1 - np.exp(-1))], 1), ([0, 20, 20], 30)]
)
def test_the_rate_that_predicts_the_last_snapshot_weighs_most(rng, means, best):
    cells = clouds(rng, means)
    slowing = dict(choose_slowing(RATES, cells, np.arange(float(len(cells))), Reals.of(cells), rng))
    assert list(slowing) == list(map(float, RATES))
    assert max(slowing, key=slowing.get) == best
    assert slowing[best] > 0.7
    assert sum(slowing.values()) == pytest.approx(1)


def test_the_last_interval_may_be_longer_than_the_one_before(rng):
    cells = clouds(rng, [0, 10, 40])
    slowing = dict(choose_slowing(RATES, cells, np.array([0.0, 1.0, 4.0]), Reals.of(cells), rng))
    assert slowing[0] > 0.7


def test_two_snapshots_tell_no_rate_from_another(rng):
    cells = clouds(rng, [0, 10])
    found = choose_slowing(RATES, cells, np.arange(2.0), Reals.of(cells), rng)
    assert found == tuple((float(rate), pytest.approx(1 / 3)) for rate in RATES)
    assert choose_slowing((), cells, np.arange(2.0), Reals.of(cells), rng) == ()


def test_a_lesson_goes_on_past_the_last_snapshot_within_the_space(rng):
    counts = [np.full((40, 1), value) for value in (20, 10)]
    mixture = ((Teacher("mixture"), 1.0),)
    teachers = Teachers(mixture, mixture, slowing=((0.0, 1.0),))
    told = lesson(teachers, counts, np.arange(2.0), Counts(30), 2, rng, [1.5, 3.0])
    assert told.times.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 3.0]
    assert len({len(states) for states in told.states}) == 1
    assert [set(states.flatten()) for states in told.states[-2:]] == [{5}, {0}]
    silent = lesson(Teachers(mixture, mixture), counts, np.arange(2.0), Counts(30), 2, rng, [1.5, 3.0])
    assert silent.times[-1] == 1.0


@pytest.mark.parametrize("times", [[0.0, 1.0, 2.0], [0.0, 0.25, 1.25], [0.0, 1.0, 1.5]])
def test_a_relaxation_is_found_at_its_own_speed_however_uneven_the_times(rng, times):
    """Means 10 (1 − e^{−t}): per length of the last interval the rate is that length."""
    times = np.array(times)
    cells = clouds(rng, 10 * (1 - np.exp(-times)) * 10)
    length = times[-1] - times[-2]
    slowing = dict(choose_slowing((0, length, 30), cells, times, Reals.of(cells), rng))
    assert max(slowing, key=slowing.get) == length


def test_a_very_short_last_interval_is_no_step(rng):
    times = np.array([0.0, 1.0, 10.0, 10.1])
    cells = clouds(rng, [5.0, 5.0, 5.0, 5.0])
    still = ((Teacher("growing"), 1.0),)
    told = lesson(Teachers(still, still, slowing=((0.0, 1.0),)), cells, times, Reals.of(cells), 2, rng, [15.0])
    assert told.times[-1] == 15.0
    assert told.states[-1].std() < 1.5


def test_at_the_times_of_snapshots_every_cell_is_taught_whatever_the_parts(rng):
    cells = clouds(rng, [0.0, 5.0, 10.0])
    parts = tuple((Teacher("growing", growth=float(g)), 0.2) for g in range(5))
    told = lesson(Teachers(parts, parts), cells, np.arange(3.0), Reals.of(cells), 2, rng)
    for time, own in enumerate(cells):
        (place,) = np.flatnonzero(told.times == time)
        np.testing.assert_allclose(np.unique(told.states[place]), np.unique(Reals.of(cells).coordinates(own)))

"""Smoothed states keep mean, covariance, ranges and relations; exchanged values keep the marginals."""

import numpy as np
import pytest

from weightflow.data.relations import Relation
from weightflow.data.state_space import Counts, Range, Reals
from weightflow.teaching.smoothing import smoothed
from weightflow.teaching.teachers import Lesson

OPEN = Counts.of([Range(99, 0.5)] * 2)


def lesson(*states: np.ndarray) -> Lesson:
    return Lesson(np.arange(float(len(states))), list(states))


def one(states: np.ndarray, space, **smoothing: float) -> np.ndarray:
    return smoothed(lesson(states), smoothing, space, np.random.default_rng(1)).states[0]


@pytest.fixture
def correlated() -> np.ndarray:
    rng = np.random.default_rng(0)
    first = rng.poisson(40, 20_000)
    return np.stack([first, first // 2 + rng.poisson(20, len(first))], axis=1)


def test_without_smoothing_the_lesson_stays(correlated):
    assert one(correlated, OPEN).tolist() == correlated.tolist()


@pytest.mark.parametrize("space", [OPEN, Reals((0.0, 0.0), *[(1.0, 1.0)] * 3)], ids=["counts", "reals"])
def test_a_single_state_has_no_covariance_and_stays(space):
    state = space.coordinates(np.array([[3, 5]]))
    assert one(state, space, kernel=0.5, independence=0.5).tolist() == state.tolist()


@pytest.mark.parametrize("kernel", [0.3, 1.0])
def test_mean_and_covariance_stay_but_for_rounding(correlated, kernel):
    made = one(correlated, OPEN, kernel=kernel)
    assert made.dtype == np.int32
    np.testing.assert_allclose(made.mean(0), correlated.mean(0), rtol=0.01)
    np.testing.assert_allclose(np.cov(made.T), np.cov(correlated.T) + np.eye(2) / 12, rtol=0.04)
    assert (made != correlated).any()


def test_a_single_state_stays():
    still = np.full((50, 2), 7)
    assert (one(still, OPEN, kernel=0.5, independence=0.5) == 7).all()


def test_nothing_is_below_zero_or_beyond_a_bound(correlated):
    few = np.random.default_rng(2).poisson(0.4, (5000, 2)).clip(0, 2)
    made = one(few, Counts.of([Range(2), Range(50, 0.2)]), kernel=1.0)
    assert made.min() == 0
    assert made[:, 0].max() == 2


def test_states_stay_on_a_relation():
    rng = np.random.default_rng(3)
    first = rng.binomial(100, 0.3, 4000)
    second = rng.binomial(100 - first, 0.5)
    states = np.stack([first, second, 100 - first - second], axis=1)
    space = Counts.of([Range(100)] * 3, [Relation((1, 1, 1), 100, 2)])
    made = one(states, space, kernel=0.5, independence=0.5)
    assert (made.sum(1) == 100).all()
    assert made.min() >= 0
    np.testing.assert_allclose(made.mean(0), states.mean(0), atol=0.4)


def test_exchanged_values_keep_the_marginals_and_lose_the_correlation(correlated):
    made = one(correlated, OPEN, independence=0.5)
    np.testing.assert_allclose(made.mean(0), correlated.mean(0), rtol=0.01)
    np.testing.assert_allclose(made.var(0), correlated.var(0), rtol=0.05)
    before, after = (np.corrcoef(part.T)[0, 1] for part in (correlated, made))
    assert after == pytest.approx(before / 4, abs=0.03)  # both values of a state stay with probability 1/4


def test_real_values_keep_their_type():
    rng = np.random.default_rng(4)
    values = rng.standard_normal((4000, 2)).astype(np.float32)
    space = Reals((0.0, 0.0), (1.0, 1.0), (-4.0, -4.0), (4.0, 4.0))
    made = one(values, space, kernel=0.5)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.std(0), values.std(0), rtol=0.05)

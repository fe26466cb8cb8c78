"""Queries of a behavioural loss are of every kind that is asked for."""

import numpy as np
import pytest

from weightflow.populations.autoencoders.queries import draw_queries
from weightflow.populations.autoencoders.settings import QuerySettings

TRAINING = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
OTHER = 100 + np.arange(40, dtype=np.float32).reshape(10, 2, 2)


def drawn(*kinds: str, count: int = 4, seed: int = 0) -> np.ndarray:
    return draw_queries(TRAINING, {"other": OTHER}, QuerySettings(**{"from": kinds}, count=count), seed)


@pytest.mark.parametrize(("kind", "known"), [("training", TRAINING), ("other", OTHER)])
def test_examples_are_drawn_once_each(kind, known):
    found = drawn(kind)
    places = [np.flatnonzero((known == own).all((1, 2))).item() for own in found]
    assert len(set(places)) == 4
    assert sorted(map(tuple, drawn(kind, count=50).reshape(-1, 4))) == sorted(map(tuple, known.reshape(-1, 4)))


def test_noise_is_as_training_inputs_are_and_as_much_as_asked_for():
    found = drawn("noise", count=4000)
    assert found.shape == (4000, 2, 2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(0), TRAINING.mean(), atol=0.06 * TRAINING.std())
    np.testing.assert_allclose(found.std(0), TRAINING.std(), rtol=0.06)


def test_noise_about_states_asks_for_each_variable():
    """Tables of states are not scaled; their last column is the variable that is asked for."""
    counts = np.array([[5, 40, 0], [5, 40, 1], [9, 60, 0], [9, 60, 1]], dtype=np.float32)
    found = draw_queries(counts, {}, QuerySettings(**{"from": ["noise"]}, count=4000), 0)
    np.testing.assert_allclose(found.mean(0), counts.mean(0), rtol=0.05)
    np.testing.assert_allclose(found.std(0), counts.std(0), rtol=0.05)


def test_kinds_stand_one_after_the_other():
    found = drawn("training", "noise", "other")
    assert found.shape == (12, 2, 2)
    np.testing.assert_array_equal(found[:4], drawn("training"))
    assert (found[8:] >= 100).all()


def test_another_seed_draws_others():
    np.testing.assert_array_equal(drawn("noise"), drawn("noise"))
    assert (drawn("noise") != drawn("noise", seed=1)).all()

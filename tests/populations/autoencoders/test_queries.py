"""Queries of a behavioural loss are of every kind that is asked for, fresh or the same."""

import numpy as np
import pytest

from weightflow.populations.autoencoders.queries import Queries
from weightflow.populations.autoencoders.settings import QuerySettings

TRAINING = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
OTHER = 100 + np.arange(40, dtype=np.float32).reshape(10, 2, 2)
ALL = ("training", "noise", "uniform", "other")


def asked(*kinds: str, count: int = 4, fresh: bool = False) -> QuerySettings:
    return QuerySettings(**{"from": kinds}, count=count, fresh=fresh)


def drawn(*kinds: str, count: int = 4, seed: int = 0) -> np.ndarray:
    return Queries(TRAINING, {"other": OTHER}, asked(*kinds, count=count), seed)()


def queries(*kinds: str, fresh: bool, seed: int = 0) -> Queries:
    return Queries(TRAINING, {"other": OTHER}, asked(*kinds, fresh=fresh), seed)


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


def test_uniform_noise_fills_the_range_of_the_training_inputs():
    found = drawn("uniform", count=4000)
    assert found.shape == (4000, 2, 2)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 23
    shares = np.arange(5) / 4
    np.testing.assert_allclose(np.quantile(found, shares, axis=0)[:, 0, 0], 23 * shares, atol=1)


def test_noise_about_states_asks_for_each_variable():
    """Tables of states are not scaled; their last column is the variable that is asked for."""
    counts = np.array([[5, 40, 0], [5, 40, 1], [9, 60, 0], [9, 60, 1]], dtype=np.float32)
    found = Queries(counts, {}, asked("noise", count=4000), 0)()
    np.testing.assert_allclose(found.mean(0), counts.mean(0), rtol=0.05)
    np.testing.assert_allclose(found.std(0), counts.std(0), rtol=0.05)
    found = Queries(counts, {}, asked("uniform", count=4000), 0)()
    np.testing.assert_allclose(found.min(0), counts.min(0), atol=0.02)
    np.testing.assert_allclose(found.max(0), counts.max(0), rtol=0.01)
    assert (found >= counts.min(0)).all()
    assert (found <= counts.max(0)).all()


def test_kinds_stand_one_after_the_other():
    found = drawn(*ALL)
    assert found.shape == (16, 2, 2)
    np.testing.assert_array_equal(found[:4], drawn("training"))
    assert (found[12:] >= 100).all()


def test_another_seed_draws_others():
    np.testing.assert_array_equal(drawn("noise"), drawn("noise"))
    assert (drawn("noise") != drawn("noise", seed=1)).all()


def test_fixed_queries_are_the_same_at_every_call():
    found = queries(*ALL, fresh=False)
    first = found().copy()
    np.testing.assert_array_equal(found(), first)
    np.testing.assert_array_equal(first, drawn(*ALL))


@pytest.mark.parametrize("kind", ALL)
def test_fresh_queries_are_others_at_every_call_and_of_all_inputs(kind):
    found = queries(kind, fresh=True)
    several = [found() for _ in range(20)]
    np.testing.assert_array_equal(several[0], drawn(kind))
    assert {own.shape for own in several} == {(4, 2, 2)}
    assert {own.dtype for own in several} == {np.dtype(np.float32)}
    assert len({own.tobytes() for own in several}) == 20
    for source, known in (("training", TRAINING), ("other", OTHER)):
        if kind == source:
            np.testing.assert_array_equal(np.unique(several), known.ravel())


def test_fresh_queries_of_a_seed_are_the_same_sequence():
    one, again, another = (queries(*ALL, fresh=True, seed=seed) for seed in (3, 3, 4))
    for _ in range(3):
        found = one()
        np.testing.assert_array_equal(found, again())
        assert (found != another()).any()

"""Relations between counts: found only where they hold, and states put onto them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.data.relations import Relation, bounds, joined, later_sums, onto, relations_of_states, solved

TOTAL = Relation((1, 1, 1), 100, 2)


def epidemic(count: int, rng: np.random.Generator) -> np.ndarray:
    """States (count, 3) with the sum 100."""
    return rng.multinomial(100, [0.5, 0.3, 0.2], count)


def same(found, expected) -> bool:
    """Whether two lists of relations have the same solutions."""
    rows = [np.array([(*r.coefficients, r.total) for r in part]) for part in (found, expected)]
    ranks = [np.linalg.matrix_rank(part) for part in (*rows, np.concatenate(rows))]
    return len(set(ranks)) == 1 and len(found) == ranks[0]


def test_a_relation_is_an_equation():
    relation = Relation((1, 0, 2, -3), 7, 0)
    states = np.array([[7, 9, 0, 0], [5, 9, 1, 0], [8, 9, 1, 1], [7, 0, 1, 0]])
    assert relation.holds(states).tolist() == [True, True, True, False]
    assert relation.value(states).tolist() == [7, 5, 8, 5]
    assert relation.members == (0, 2, 3)
    assert (relation.is_total, TOTAL.is_total) == (False, True)
    assert relation.text(["A", "B", "C", "D"]) == "A + 2 C − 3 D = 7"
    assert Relation((-1, 1), 4, 1).text(["A", "B"]) == "−A + B = 4"


def test_a_relation_among_some_variables():
    relation = Relation((1, 0, 2), 7, 2)
    assert relation.of([2, 0]) == Relation((2, 1), 7, 0)
    assert relation.of([0, 1]) is None


def test_a_conserved_sum_is_found(rng):
    (found,) = relations_of_states([epidemic(40, rng), epidemic(50, rng)])
    assert found == Relation((1, 1, 1), 100, 0)  # the largest is computed


def test_relations_of_other_forms_are_found(rng):
    a, b, free = (rng.poisson(mean, 200) for mean in (9, 4, 6))
    dimers = rng.integers(0, 20, 200)
    states = np.column_stack([a, b, 3 + a + 2 * b, free, 50 - 2 * dimers, dimers])
    expected = [Relation((-1, -2, 1, 0, 0, 0), 3, 2), Relation((0, 0, 0, 0, 1, 2), 50, 4)]
    found = relations_of_states([states[:120], states[120:]])
    assert same(found, expected)
    assert all(relation.holds(states).all() for relation in found)


def test_moieties_that_share_a_complex_are_totals(rng):
    """E + C = 10 and S + C + P = 60: any combination has the same solutions, these bound their variables."""
    complexes, product = rng.integers(0, 11, 300), rng.integers(0, 40, 300)
    states = np.column_stack([10 - complexes, 60 - complexes - product, complexes, product])
    found = relations_of_states([states])
    assert {(r.coefficients, r.total) for r in found} == {((1, 0, 1, 0), 10), ((0, 1, 1, 1), 60)}
    assert len({r.computed for r in found}) == 2


def test_few_states_agree_by_chance(rng):
    """50 states of 16 species that are nearly empty satisfy many equations."""
    for _ in range(20):
        assert relations_of_states([rng.poisson(0.05, (50, 16))]) == ()


@given(
    states=st.integers(1, 60), variables=st.integers(1, 25), mean=st.sampled_from([0.02, 0.3, 5.0]), seed=st.integers(0)
)
def test_fewer_than_twenty_varying_states_give_none(states, variables, mean, seed):
    snapshot = np.random.default_rng(seed).poisson(mean, (states, variables))
    varying = [states - np.unique(column, return_counts=True)[1].max() for column in snapshot.T]
    for relation in relations_of_states([snapshot]):
        assert all(varying[v] >= 20 for v in relation.members)
    assert relations_of_states([snapshot[:19]]) == ()


@given(variables=st.integers(20, 60), seed=st.integers(0, 1000))
def test_as_many_variables_as_states_give_none(variables, seed):
    assert relations_of_states([np.random.default_rng(seed).poisson(2.0, (variables + 1, variables))]) == ()


def test_constant_variables_are_no_relation(rng):
    states = np.column_stack([epidemic(100, rng), np.full(100, 7), rng.poisson(4, 100)])
    (found,) = relations_of_states([states])
    assert found.members == (0, 1, 2)
    assert relations_of_states([np.full((100, 3), 7)]) == ()


def test_a_relation_must_hold_at_all_times(rng):
    """A total that grows is no relation."""
    assert relations_of_states([rng.multinomial(total, [0.5, 0.5], 100) for total in (50, 60)]) == ()


def test_independent_counts_have_none(rng):
    assert relations_of_states([rng.poisson([3, 5, 40], (500, 3))]) == ()


@given(
    rows=st.lists(st.lists(st.integers(-2, 3), min_size=5, max_size=5), min_size=1, max_size=4),
    state=st.lists(st.integers(0, 30), min_size=5, max_size=5),
)
def test_solved_relations_have_the_same_solutions_and_computed_variables_of_their_own(rows, state):
    matrix, state = np.array(rows), np.array(state)
    found = solved(matrix, matrix @ state, state.astype(float))
    for relation in found:
        assert relation.coefficients[relation.computed] == 1
        assert relation.holds(state[None]).all()
        assert all(other.coefficients[relation.computed] == 0 for other in found if other is not relation)
    both = np.concatenate([matrix, np.array([r.coefficients for r in found]).reshape(-1, 5)])
    assert np.linalg.matrix_rank(both) == np.linalg.matrix_rank(matrix)


def test_relations_without_a_coefficient_of_one_are_left_out():
    assert solved(np.array([[2, 3]]), np.array([12]), np.ones(2)) == ()
    (found,) = solved(np.array([[2, 4]]), np.array([12]), np.ones(2))
    assert found == Relation((1, 2), 6, 0)
    (found,) = solved(np.array([[1, 2]]), np.array([50]), np.array([1.0, 20.0]))
    assert found.computed == 0  # although the other is larger


def test_joined_lists_have_the_same_solutions():
    known = [Relation((1, 0, 1, 0), 10, 0)]
    found = [Relation((1, 0, 1, 0), 10, 2), Relation((-1, 1, 0, 1), 50, 1)]
    both = joined(known, found, np.array([3.0, 40.0, 7.0, 10.0]))
    assert same(both, found)
    assert all(relation.is_total for relation in both)
    assert joined((), (), np.ones(4)) == ()


def test_a_fractional_state_is_rounded_onto_a_total(rng):
    values = np.tile([10.2, 30.5, 59.3], (100_000, 1))
    draws = rng.random(values.shape)
    states = onto([TOTAL], np.floor(values + draws).astype(int), values, draws, [100] * 3)
    assert (states.sum(1) == 100).all()
    assert (np.abs(states - values) < 1).all()
    np.testing.assert_allclose(states.mean(0), values[0], atol=5 * 0.5 / math.sqrt(100_000))


@given(
    values=st.lists(st.floats(-3, 120), min_size=3, max_size=3),
    total=st.sampled_from([0, 1, 100, 10**9]),
    seed=st.integers(0, 100),
)
def test_states_are_on_a_total_and_never_negative(values, total, seed):
    values = np.tile(values, (20, 1))
    draws = np.random.default_rng(seed).random(values.shape)
    states = onto(
        [Relation((1, 1, 1), total, 2)], np.maximum(np.floor(values + draws), 0).astype(int), values, draws, [total] * 3
    )
    assert (states.sum(1) == total).all()
    assert (states >= 0).all()


SHAPES = {
    "a difference": ([Relation((-1, 1, 1), 5, 2)], [30, 30, 40]),
    "a difference, computed first": ([Relation((1, 1, -1), 5, 0)], [40, 30, 30]),
    "dimers": ([Relation((1, 2), 50, 0)], [50, 25]),
    "two that share": ([Relation((1, 0, 1, 0), 10, 0), Relation((0, 1, 1, 1), 60, 1)], [10, 60, 10, 60]),
    "two apart": ([Relation((1, 1, 0, 0), 8, 0), Relation((0, 0, 1, 1), 9, 3)], [8, 8, 9, 9]),
    "a bound": ([Relation((1, 1, 1), 100, 2)], [20, 90, 100]),
}


@pytest.mark.parametrize(("relations", "tops"), SHAPES.values(), ids=SHAPES)
def test_states_are_on_every_relation(relations, tops, rng):
    values = rng.uniform(-2, 1.2 * np.array(tops), (2000, len(tops)))
    draws = rng.random(values.shape)
    rounded = np.clip(np.floor(values + draws), 0, tops).astype(int)
    states = onto(relations, rounded, values, draws, tops)
    assert all(relation.holds(states).all() for relation in relations)
    assert (states >= 0).all()


@pytest.mark.parametrize(("relations", "tops"), SHAPES.values(), ids=SHAPES)
def test_states_on_relations_stay(relations, tops, rng):
    every = np.array(list(itertools.product(*(range(0, top + 1, 5) for top in tops))))
    for relation in relations:
        every[:, relation.computed] = relation.value(every)
    every = every[((every >= 0) & (every <= tops)).all(1)]
    assert len(every)
    draws = rng.random(every.shape)
    np.testing.assert_array_equal(onto(relations, every, every.astype(float), draws, tops), every)


@given(
    own=st.sampled_from([-3, -1, 1, 2]), rest=st.integers(-40, 40), least=st.integers(-30, 0), most=st.integers(0, 30)
)
def test_bounds_are_those_of_all_values(own, rest, least, most):
    relation = Relation((own, 1), 0, 1)
    low, high = bounds(relation, 0, np.array([rest]), least, most)
    possible = [x for x in range(-200, 200) if least <= rest - own * x <= most]
    assert possible == list(range(int(low[0]), int(high[0]) + 1))


def test_later_terms_lie_between_their_extremes():
    relation = Relation((1, -2, 3, 1), 0, 3)
    assert later_sums(relation, [1, 2], [9, 5, 4, 7]) == (-10, 3 * 4 + 7)
    assert later_sums(relation, [], [9, 5, 4, 7]) == (0, 7)

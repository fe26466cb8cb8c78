"""Lists of weighted states, against sums written out here; networks are tested through densities (tests/api)."""

import numpy as np
import pytest
import torch

from weightflow.data.relations import Relation
from weightflow.data.state_space import Counts, Range
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.prediction.distributions import ListedStates, MovedNetwork, WeightedStates
from weightflow.systems.events import compile_event

STATES = np.array([[0, 0], [0, 1], [1, 1], [2, 0]])
WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4])


def listed(exact=True) -> ListedStates:
    return ListedStates(WeightedStates(STATES, WEIGHTS, np.log(WEIGHTS), exact), Counts(3))


def test_sums_over_all_states_have_no_error():
    found = listed().cloud.probability(STATES[:, 0] > 0)
    assert (found, found.error) == (pytest.approx(0.7), 0)


def test_means_over_weighted_draws_have_the_error_of_a_self_normalised_estimate():
    found = listed(exact=False).cloud.mean(STATES[:, 0].astype(float))
    assert (found, found.error) == (
        pytest.approx(1.1),
        pytest.approx(np.sqrt(sum(w**2 * (x - 1.1) ** 2 for w, x in zip(WEIGHTS, STATES[:, 0], strict=True)))),
    )


def test_an_event_never_drawn_has_a_bound():
    found = listed(exact=False).cloud.probability(False)
    assert (found, found.error) == (0, pytest.approx(3 * 0.3))


def test_marginals_and_joints_are_sums_of_weights():
    np.testing.assert_allclose(listed().marginals(), [[0.3, 0.3, 0.4], [0.5, 0.5, 0]])
    np.testing.assert_allclose(listed().joint((1, 0)), [[0.1, 0, 0.4], [0.2, 0.3, 0], [0, 0, 0]])


def test_a_condition_keeps_the_states_that_meet_it(refused):
    given = listed().given({1: 1})
    assert given.cloud.states.tolist() == [[0, 1], [1, 1]]
    np.testing.assert_allclose(np.exp(given.log_prob(STATES)), [0, 0.4, 0.6, 0])
    assert set(map(tuple, given.sample(50, np.random.default_rng(0)))) == {(0, 1), (1, 1)}
    with refused("probability zero"):
        listed().given({0: 1, 1: 0})


RELATED = Counts.of([Range(6), Range(9, 0.3), Range(6)], [Relation((1, 0, 1), 6, 2)])


def moved(**own) -> MovedNetwork:
    """A network over two counts with a fixed sum, and one with a tail."""
    backbone = GRUBackbone(3, CountHead(RELATED), hidden=4)
    return MovedNetwork(backbone, 3 * backbone.initial(1, torch.Generator().manual_seed(2)), RELATED, seed=1, **own)


def test_all_states_on_relations_are_listed():
    found = moved().cloud
    assert found.exact
    assert RELATED.contains(found.states).all()
    assert len(found.states) == 7 * RELATED.ranges[1].reach
    np.testing.assert_allclose(np.exp(moved().log_prob(found.states)).sum(), 1, atol=1e-4)
    off = np.array([[1, 3, 4], [1, 3, 6], [7, 3, 0], [1, -1, 5]])
    assert np.isinf(moved().log_prob(off)).all()
    np.testing.assert_allclose(moved().marginals(), ListedStates(found, RELATED).marginals(), atol=1e-4)


@pytest.mark.parametrize("known", [{2: 4}, {0: 2}, {1: 3}, {1: 12, 2: 4}])
@pytest.mark.parametrize("most", [1_000_000, 1])
def test_a_computed_variable_may_be_known(known, most):
    """By enumeration, and by draws."""
    density = moved(most_states=most)
    given = density.given(known) if most > 1 or set(known) == {0} else None
    if given is None:
        with pytest.warns(UserWarning, match="importance-weighted"):
            given = density.given(known)
    assert all((given.cloud.states[:, v] == value).all() for v, value in known.items() if most > 1)
    drawn = given.sample(2000, np.random.default_rng(0))
    assert RELATED.contains(drawn).all()
    assert all((drawn[:, v] == value).all() for v, value in known.items())
    whole = moved().cloud
    kept = np.all([whole.states[:, v] == value for v, value in known.items()], axis=0)
    mean = whole.weights[kept] @ whole.states[kept] / whole.weights[kept].sum()
    np.testing.assert_allclose(given.cloud.weights @ given.cloud.states, mean, atol=0.15)


@pytest.mark.parametrize("text", ["y > 9", "y == 9", "y < 10", "y >= 12"])
def test_an_event_of_one_count_sees_the_tail_count_by_count(text):
    """Counts 0 … 9 of y are in its table; 9 and more share a cell."""
    event, density = compile_event(text, ["x", "y", "z"], "here"), moved()
    whole = density.cloud
    wanted = whole.weights @ event.holds(whole.states, 0.0)
    assert 0 < wanted < 1
    assert density.probability(event, 0.0, lambda states: states) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("known", [{}, {0: 2}])
@pytest.mark.parametrize("most", [1_000_000, 1])
def test_counts_in_a_tail_have_their_own_probabilities(known, most):
    density = moved(most_states=most)
    found, whole = (density.given(known) if known else density).counted, moved().cloud
    kept = (whole.states[:, list(known)] == list(known.values())).all(1)
    weights, states = whole.weights[kept] / whole.weights[kept].sum(), whole.states[kept]
    assert found.shape[1] > RELATED.levels
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(found @ np.arange(found.shape[1]), weights @ states, atol=2e-3 if most > 1 else 0.05)


def test_values_off_the_relation_have_probability_zero(refused):
    with refused("probability zero"):
        moved().given({0: 1, 2: 1})

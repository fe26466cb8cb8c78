"""Lists of weighted states, against sums written out here; networks are tested through densities (tests/api)."""

import numpy as np
import pytest

from weightflow.data.state_space import Counts
from weightflow.prediction.distributions import ListedStates, WeightedStates

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

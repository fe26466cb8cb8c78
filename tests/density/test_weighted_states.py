"""Weighted states against cases worked by hand."""

import numpy as np
import pytest

from weightflow.density.weighted_states import marginals, merge_duplicates


def test_marginals_count_by_hand():
    states = np.array([[0, 2], [1, 2], [1, 0], [1, 1]])
    found = marginals(states, np.full(4, 0.25), levels=4)
    assert found.tolist() == [[0.25, 0.75, 0, 0], [0.25, 0.25, 0.5, 0]]


def test_marginals_of_weighted_states_equal_those_of_repeated_states():
    states = np.array([[0, 2], [1, 2], [3, 0]])
    weighted = marginals(states, np.array([0.5, 0.25, 0.25]), levels=4)
    repeated = marginals(states[[0, 0, 1, 2]], np.full(4, 0.25), levels=4)
    np.testing.assert_allclose(weighted, repeated)


def test_merging_duplicates_keeps_the_mass_of_each_state():
    states, mass = merge_duplicates(np.array([[2, 1], [0, 0], [2, 1], [0, 3]]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert dict(zip(map(tuple, states.tolist()), mass, strict=True)) == pytest.approx(
        {(2, 1): 0.4, (0, 0): 0.2, (0, 3): 0.4}
    )

"""Random parts of snapshots: how many states, and which."""

import numpy as np
import pytest

from weightflow.data.subsets import at_most, exactly

STATES = np.arange(20.0).reshape(10, 2)


@pytest.mark.parametrize("count", [3, 10, 25])
def test_parts_are_as_large_as_asked_for_and_of_the_states(rng, count):
    few, many = at_most(STATES, count, rng), exactly(STATES, count, rng)
    assert len(few) == min(count, 10)
    assert len(many) == count
    for part in (few, many):
        assert np.isin(part[:, 0], STATES[:, 0]).all()
        assert (part[:, 1] == part[:, 0] + 1).all()
        assert len(np.unique(part, axis=0)) == len(part) or len(part) > 10


def test_all_states_stay_in_their_order(rng):
    assert at_most(STATES, 10, rng) is STATES
    assert exactly(STATES, 10, rng) is STATES


def test_every_state_is_as_likely_as_any_other(rng):
    counts = np.bincount([int(at_most(STATES, 1, rng)[0, 0]) // 2 for _ in range(3000)], minlength=10)
    assert abs(counts - 300).max() < 5 * 300**0.5

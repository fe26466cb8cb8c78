"""Every benchmark finds what it measures; they are run by hand, seldom."""

from cases import CASES
from workloads import counts, epidemic

from weightflow.data.state_space import Counts


def test_there_are_cases():
    assert all(map(callable, CASES.values()))


def test_the_epidemic_has_a_range_for_each_variable():
    space = epidemic(trajectories=3, every=50).space
    assert isinstance(space, Counts)
    assert len(space.ranges) == 3


def test_counts_have_their_number_of_levels():
    assert counts(variables=2, snapshots=2, levels=8, states=5).space.levels == 8

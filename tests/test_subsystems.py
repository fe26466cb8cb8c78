"""Closed sets of species, and the law of one within that of the whole."""

import numpy as np
import pytest

from weightflow.master_equation import solve_master_equation
from weightflow.subsystems import closed_sets, subsystem
from weightflow.systems import read_system

FEED = [
    {"equation": "0 -> A", "propensity": "2"},
    {"equation": "A -> B", "propensity": "A * A / (1 + A)"},
    {"equation": "B -> 0", "propensity": "B * (1 + A)"},
    {"equation": "0 -> C", "propensity": "B + sin(t) ** 2"},
    {"equation": "C -> 0", "propensity": "C"},
    {"equation": "A -> 0", "propensity": "A"},
]
START = {"A": 0, "B": 1, "C": 0}


def test_a_cascade_is_closed_up_to_every_species(root):
    cascade = read_system(root / "resources/systems/signalling_cascade_2.yaml")
    assert closed_sets(cascade) == [tuple(range(i)) for i in range(1, 16)]


def test_what_reads_what_is_closed_together(root, system):
    assert closed_sets(system(FEED, START)) == [(0,), (0, 1), (0, 1, 2)]
    turned = [reaction | {"propensity": reaction["propensity"] + " + 0 * C"} for reaction in FEED]
    assert closed_sets(system(turned, START)) == [(0, 1, 2)]
    assert closed_sets(read_system(root / "resources/systems/epidemic.yaml")) == [(0, 1, 2)]


def test_what_is_consumed_is_needed_too(system):
    # Without a molecule of B the reaction does not fire, so A's law depends on B's though its rate does not.
    reactions = [{"equation": "A + B -> 0", "propensity": "1"}, {"equation": "0 -> B", "propensity": "1"}]
    assert closed_sets(system(reactions, {"A": 5, "B": 0})) == [(0, 1)]


def test_the_law_of_a_part_is_the_marginal_of_the_whole(system):
    whole = system(FEED, START, points=4, step=0.5)
    part = subsystem(whole, (0, 1))
    assert part.species == ("A", "B")
    large, small = solve_master_equation(whole), solve_master_equation(part)
    for t in range(4):
        np.testing.assert_allclose(small.marginals(t, 9), large.marginals(t, 9)[:2], atol=2e-6)


def test_a_part_that_depends_on_the_rest_is_refused(system):
    with pytest.raises(ValueError, match="depend on others"):
        subsystem(system(FEED, START), (1, 2))

"""Closed sets of species, and the law of one within that of the whole."""

import numpy as np
import pytest

from weightflow.laws.master_equation import solve_master_equation
from weightflow.laws.subsystems import closed_sets, subsystem
from weightflow.systems.reading import read_system

FEED = {
    "0 -> A": "2",
    "A -> B": "A * A / (1 + A)",
    "B -> 0": "B * (1 + A)",
    "0 -> C": "B + sin(t) ** 2",
    "C -> 0": "C",
    "A -> 0": "A",
}
START = {"A": 0, "B": 1, "C": 0}


def test_a_cascade_is_closed_up_to_every_species(root):
    cascade = read_system(root / "resources/systems/signalling_cascade_2.yaml")
    assert closed_sets(cascade) == [tuple(range(i)) for i in range(1, 16)]


def test_what_reads_what_is_closed_together(root, system):
    assert closed_sets(system(FEED, START)) == [(0,), (0, 1), (0, 1, 2)]
    turned = {equation: f"{propensity} + 0 * C" for equation, propensity in FEED.items()}
    assert closed_sets(system(turned, START)) == [(0, 1, 2)]
    assert closed_sets(read_system(root / "resources/systems/epidemic.yaml")) == [(0, 1, 2)]


def test_what_is_consumed_is_needed_too(system):
    # Without a molecule of B the reaction does not fire, so A's law depends on B's though its rate does not.
    assert closed_sets(system({"A + B -> 0": "1", "0 -> B": "1"}, {"A": 5, "B": 0})) == [(0, 1)]


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

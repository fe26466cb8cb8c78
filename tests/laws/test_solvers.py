"""Which way a system's law is found."""

import numpy as np
import pytest

from weightflow.laws.law import PoissonLaw, TableLaw
from weightflow.laws.solvers import solve_law
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate


@pytest.fixture
def built_in(root):
    return lambda name: read_system(root / "resources" / "systems" / f"{name}.yaml")


@pytest.mark.parametrize("name", ["birth_death", "signalling_cascade_1", "signalling_cascade_100"])
def test_monomolecular_systems_have_a_closed_form(built_in, name):
    assert isinstance(solve_law(built_in(name), 10, 1e-6), PoissonLaw)


@pytest.mark.slow
def test_of_a_large_system_the_law_of_its_first_species_is_found(built_in):
    cascade = built_in("signalling_cascade_2")
    law = solve_law(cascade, 2000, 1e-6)
    assert law.variables.tolist() == [0, 1]
    counts = simulate(cascade, 4000, 1)[:, 30]
    frequencies = np.stack([np.bincount(column, minlength=14)[:14] for column in counts.T[:2]]) / 4000
    np.testing.assert_allclose(law.marginals(30, 14), frequencies, atol=0.03)


@pytest.mark.slow
def test_a_walk_has_a_law_of_all_genotypes_that_occur(built_in):
    law = solve_law(built_in("ecological_evolution"), 10_000, 1e-6)
    np.testing.assert_allclose(law.probabilities.sum(1), 1, atol=1e-7)
    np.testing.assert_allclose(law.probabilities[0], 1e-4)


def test_a_catalyst_whose_count_stays_is_no_subsystem(system):
    reactions = {"E + S -> E + P": "E * S", "0 -> S": "S ** 2 + 1", "S -> 0": "S ** 2 * 3", "0 -> P": "P * S"}
    assert not solve_law(system(reactions, {"E": 2, "S": 4, "P": 0}), 3, 1e-6).is_known


def test_a_walk_with_too_many_genotypes_says_how_many(built_in):
    assert solve_law(built_in("ecological_evolution"), 10, 1e-6).reason == (
        "the walk has 10 000 genotypes, and evaluation.exact.max_states is 10"
    )


def test_a_law_of_some_species_says_why_not_of_all(built_in):
    law = solve_law(built_in("signalling_cascade_2"), 500, 1e-6)
    assert law.is_known
    assert law.reason.endswith("evaluation.exact.max_states is 500")


@pytest.mark.parametrize("name", ["ecological_evolution", "toggle_switch", "signalling_cascade_2", "birth_death"])
def test_no_states_no_law(built_in, name):
    law = solve_law(built_in(name), 0, 1e-6)
    assert isinstance(law, TableLaw)
    assert not law.is_known
    assert len(law.times) == 101


def test_only_systems_have_laws():
    with pytest.raises(TypeError, match="no law is known for a str"):
        solve_law("epidemic", 10, 1e-6)

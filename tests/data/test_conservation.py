"""Conserved sums of networks, against their simulations."""

import numpy as np
import pytest
import yaml

from tests.systems.test_sbml import apply, ci, model, reaction, species
from weightflow.data.conservation import relations_of_system
from weightflow.data.relations import Relation
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate


@pytest.fixture
def read_model(tmp_path):
    """A reversible reaction in SBML."""
    (tmp_path / "model.xml").write_text(
        model(
            species("A") + species("B"),
            reaction("there", [("A", "1")], [("B", "1")], apply("times", ci("k"), ci("A")))
            + reaction("back", [("B", "1")], [("A", "1")], apply("times", ci("k"), ci("B"))),
            {"k": 0.5},
        )
    )
    wrapper = {"kind": "sbml", "model": "model.xml", "source": "here", "grid": {"points": 5, "step": 2}}
    (tmp_path / "system.yaml").write_text(yaml.safe_dump(wrapper))
    return read_system(tmp_path / "system.yaml")


ENZYME = {"E + S -> C": "0.01 * E * S", "C -> E + S": "C", "C -> E + P": "C"}


def test_the_total_of_an_epidemic_without_deaths_is_conserved(system):
    network = system({"S + I -> I + I": "0.01 * S * I", "I -> R": "I"}, {"S": 90, "I": 10, "R": 0})
    assert relations_of_system(network) == (Relation((1, 1, 1), 100, 0),)


def test_the_moieties_of_an_enzyme_are_totals(system):
    network = system(ENZYME, {"E": 10, "S": 60, "C": 0, "P": 0})
    found = relations_of_system(network)
    assert {(r.coefficients, r.total) for r in found} == {((1, 0, 1, 0), 10), ((0, 1, 1, 1), 60)}


def test_dimers_count_twice(system):
    (found,) = relations_of_system(system({"M + M -> D": "M * (M - 1)", "D -> M + M": "D"}, {"M": 50, "D": 0}))
    assert found == Relation((1, 2), 50, 0)


@pytest.mark.parametrize(
    ("reactions", "initial"),
    [
        ({"0 -> X": "1", "X -> 0": "X"}, {"X": 3}),
        ({"X -> Y": "X", "Y -> X": "Y"}, {"X": {"poisson": 20}, "Y": 5}),  # the total differs between trajectories
        ({"X -> Y": "X", "Y -> 0": "Y"}, {"X": 20, "Y": 5}),
        ({"X -> 0": "X"}, {"X": 20, "still": 5}),
    ],
)
def test_networks_without_conserved_sums(system, reactions, initial):
    assert relations_of_system(system(reactions, initial)) == ()


def test_every_built_in_system_keeps_its_relations(root):
    for path in sorted((root / "resources" / "systems").glob("*.yaml")):
        system = read_system(path)
        states = simulate(system, 5, seed=1).reshape(-1, len(system.species))
        for relation in relations_of_system(system):
            assert relation.holds(states).all(), path


def test_models_in_sbml_have_relations_too(read_model):
    """A → B of tests/systems/test_sbml.py, with 10 of each at the start."""
    (found,) = relations_of_system(read_model)
    assert (found.coefficients, found.total) == ((1, 1), 20)


def test_adaptive_walks_have_none(root):
    assert relations_of_system(read_system(root / "resources" / "systems" / "ecological_evolution.yaml")) == ()


def test_coefficients_solve_the_stoichiometry(system):
    network = system(ENZYME | {"P -> S": "P"}, {"E": 3, "S": 4, "C": 1, "P": 2})
    changes = np.stack([reaction.change for reaction in network.reactions])
    for relation in relations_of_system(network):
        assert not (changes @ np.array(relation.coefficients)).any()
        assert relation.holds(network.initial[None]).all()

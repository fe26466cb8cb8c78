"""System files: what they say, and a sentence for every way they can be wrong."""

from copy import deepcopy

import numpy as np
import pytest
import yaml

from weightflow.errors import InputError
from weightflow.systems import read_system

GOOD = {
    "title": "Test",
    "species": ["A", "B"],
    "parameters": {"k": 0.5},
    "reactions": [{"equation": "A + 2 B -> 3 B", "propensity": "k * A"}, {"equation": "B -> 0", "propensity": "B"}],
    "initial": {"A": 5, "B": {"poisson": 2.5}},
    "grid": {"points": 11, "step": 0.5},
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        path = tmp_path / "system.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return read_system(path)

    return write_and_read


def changed(**entries):
    return deepcopy(GOOD) | entries


def test_changes_are_right_side_minus_left_side(read):
    assert [reaction.change.tolist() for reaction in read(GOOD).reactions] == [[-1, 1], [0, -1]]


def test_initial_counts_and_poisson_means(read):
    network = read(GOOD)
    assert network.initial.tolist() == [5, 2.5]
    assert network.poisson.tolist() == [False, True]


def test_grid(read):
    network = read(GOOD)
    assert (network.points, network.step) == (11, 0.5)


@pytest.mark.parametrize(("text", "change"), [("0 -> A", [1, 0]), (" -> 2A", [2, 0]), ("A + A -> ∅", [-2, 0])])
def test_ways_to_write_an_equation(read, text, change):
    network = read(changed(reactions=[{"equation": text, "propensity": "1"}]))
    assert network.reactions[0].change.tolist() == change


def test_parameters_and_source_may_be_left_out(read):
    content = changed(reactions=[{"equation": "A -> B", "propensity": "0.1 * A"}])
    del content["parameters"]
    assert read(content).source == ""


@pytest.mark.parametrize("name", ["birth_death", "epidemic", "toggle_switch"])
def test_built_in_systems_are_read(root, name):
    assert read_system(root / "resources" / "systems" / f"{name}.yaml").points == 101


def test_epidemic_has_the_published_infection_rate(root):
    network = read_system(root / "resources" / "systems" / "epidemic.yaml")
    assert network.species == ("S", "I", "R")
    assert network.step * (network.points - 1) == 50
    assert network.reactions[0].propensity.depends_on_time
    assert np.array_equal(network.reactions[0].change, [-1, 1, 0])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: [", "not YAML"),
        ("just text", "expected a mapping"),
        (changed(speceis=["A"]), "unknown key 'speceis'; the keys are"),
        ({k: v for k, v in GOOD.items() if k != "initial"}, "the key 'initial' is missing"),
        (changed(species=None), "species must be a list"),
        (changed(species="AB"), "species must be a list"),
        (changed(species=[]), "species must be a list"),
        (changed(species=["A", "t"]), "'t' already means the time"),
        (changed(species=["A", "A b"]), "'A b' is not a name"),
        (changed(parameters={"A": 1}), "a name stands twice"),
        (changed(parameters={"k": "fast"}), "parameters.k: 'fast' is not a number"),
        (changed(parameters={"k": float("nan")}), "parameters.k: 'nan' is not a number"),
        (changed(parameters=["k"]), "parameters must map names to numbers"),
        (changed(reactions=None), "reactions must be a list"),
        (changed(reactions=[]), "reactions must be a list"),
        (changed(reactions=["A -> B"]), r"reactions\[0\]: needs the keys equation and propensity"),
        (changed(reactions=[{"equation": "A", "propensity": "1"}]), r"reactions\[0\]\.equation: 'A' has no '->'"),
        (changed(reactions=[{"equation": "A -> C", "propensity": "1"}]), "'C' is not a species; they are A, B"),
        (changed(reactions=[{"equation": "A -> B", "propensity": "C"}]), r"reactions\[0\]\.propensity: .*'C'"),
        (changed(initial={"A": 1}), "initial needs one entry for each of A, B"),
        (changed(initial={"A": 1, "B": 1, "C": 1}), "initial needs one entry for each of A, B"),
        (changed(initial={"A": -1, "B": 0}), "initial.A is -1; a count is a whole number"),
        (changed(initial={"A": 0.5, "B": 0}), "initial.A is 0.5; a count is a whole number"),
        (changed(initial={"A": {"poisson": -1}, "B": 0}), "initial.A is -1"),
        (changed(initial={"A": True, "B": 0}), "initial.A: 'True' is not a number"),
        (changed(grid={"points": 11}), "grid needs the keys points and step"),
        (changed(grid={"points": 1, "step": 1}), "grid needs a whole number of at least 2 points"),
        (changed(grid={"points": 2.5, "step": 1}), "grid needs a whole number of at least 2 points"),
        (changed(grid={"points": 11, "step": 0}), "a positive step"),
    ],
)
def test_a_malformed_file_is_refused_with_file_and_key(read, content, sentence):
    with pytest.raises(InputError, match=rf"system\.yaml.*{sentence}"):
        read(content)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: there is no such system file"):
        read_system(tmp_path / "none.yaml")

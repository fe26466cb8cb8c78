"""Reading of system files, and an error message for every fault."""

import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import yaml

from weightflow.config.consistency import check_consistency
from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.diffusion import Diffusion
from weightflow.systems.expressions import evaluate
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate

GOOD = {
    "title": "Test",
    "species": ["A", "B"],
    "parameters": {"k": 0.5},
    "reactions": [{"equation": "A + 2 B -> 3 B", "propensity": "k * A"}, {"equation": "B -> 0", "propensity": "B"}],
    "initial": {"A": 5, "B": {"poisson": 2.5}},
    "grid": {"points": 11, "step": 0.5},
}
WALK = {
    "kind": "adaptive_walk",
    "title": "Walk",
    "species": ["a", "b"],
    "alleles": 10,
    "parameters": {"peak": 7},
    "fitness": "-((a - peak)**2) + b",
    "rate": 2,
    "initial": {"a": 1, "b": 9},
    "grid": {"points": 11, "step": 0.5},
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        path = tmp_path / "system.yaml"
        path.write_text(yaml.safe_dump(content))
        return read_system(path)

    return write_and_read


@pytest.fixture
def built_in(root):
    return lambda name: read_system(root / "resources" / "systems" / f"{name}.yaml")


def changed(**entries):
    return deepcopy(GOOD) | entries


def one_reaction(**entry):
    return changed(reactions=[entry])


def test_changes_are_right_side_minus_left_side(read):
    assert [reaction.change.tolist() for reaction in read(GOOD).reactions] == [[-1, 1], [0, -1]]


def test_initial_counts_and_poisson_means(read):
    network = read(GOOD)
    assert network.initial.tolist() == [5, 2.5]
    assert network.poisson.tolist() == [False, True]


def test_grid_and_limits(read):
    network = read(changed(limits={"count": 70}))
    assert (network.points, network.step) == (11, 0.5)
    assert (network.limits.count, network.limits.events) == (70, 10_000_000)


def test_parameters_and_source_may_be_left_out(read):
    content = one_reaction(equation="A -> B", propensity="0.1 * A")
    del content["parameters"]
    assert read(content).source == ""


def test_a_number_that_yaml_takes_for_text_is_a_number(read):
    content = changed(parameters={"k": "1e-4"})
    assert evaluate(read(content).reactions[0].propensity, np.array([[3, 0]]), 0.0) == pytest.approx(3e-4)


def test_a_rate_is_mass_action(read):
    network = read(one_reaction(equation="A + 2 B -> 0", rate="2 * k"))
    assert evaluate(network.reactions[0].propensity, np.array([[3, 4]]), 0.0) == pytest.approx(3 * 4**2)


def test_a_reaction_is_called_by_its_name_or_equation(read):
    entries = [{"equation": "A -> B", "rate": 1, "name": "turn"}, {"equation": "B -> 0", "rate": 1}]
    assert [reaction.name for reaction in read(changed(reactions=entries)).reactions] == ["turn", "B -> 0"]


def test_ranges_and_repeats_are_written_out(read):
    short = changed(
        species=["X1..X3", "Y"],
        reactions=[{"equation": "X{i} -> X{i+1}", "propensity": "{i} * X{i}", "repeat": {"i": "1..2"}}],
        initial={"X1..X3": 4, "Y": 0},
    )
    long = changed(
        species=["X1", "X2", "X3", "Y"],
        reactions=[
            {"equation": "X1 -> X2", "propensity": "1 * X1"},
            {"equation": "X2 -> X3", "propensity": "2 * X2"},
        ],
        initial={"X1": 4, "X2": 4, "X3": 4, "Y": 0},
    )
    found, expected = read(short), read(long)
    assert found.species == expected.species
    assert found.initial.tolist() == expected.initial.tolist()
    for ours, theirs in zip(found.reactions, expected.reactions, strict=True):
        assert ours.equation == theirs.equation
        assert ours.change.tolist() == theirs.change.tolist()
        assert ours.propensity.operands.tolist() == theirs.propensity.operands.tolist()


def test_what_is_repeated_keeps_its_numbers(read):
    entry = {"equation": "A -> {i} B", "rate": 2, "repeat": {"i": "1..2"}}
    network = read(changed(reactions=[entry]))
    assert [reaction.change.tolist() for reaction in network.reactions] == [[-1, 1], [-1, 2]]
    assert [float(evaluate(r.propensity, np.array([[3, 0]]), 0.0)[0]) for r in network.reactions] == [6, 6]


def test_an_entry_without_repeat_keeps_its_braces(read, refused):
    with refused(r"reactions\.0\.equation: .*\{i\}"):
        read(one_reaction(equation="A{i} -> B", rate=1))


def test_every_built_in_system_is_read(root):
    paths = sorted((root / "resources" / "systems").glob("*.yaml"))
    assert len(paths) >= 7
    made = [read_system(path) for path in paths]
    assert {one.points for one in made if not isinstance(one, Diffusion)} == {101}


def test_epidemic_has_the_published_infection_rate(built_in):
    network = built_in("epidemic")
    assert network.species == ("S", "I", "R")
    assert network.step * (network.points - 1) == 50
    assert network.reactions[0].propensity.depends_on_time
    assert np.array_equal(network.reactions[0].change, [-1, 1, 0])


@pytest.mark.parametrize(("name", "size"), [("1", 15), ("2", 15), ("100", 100)])
def test_cascades_pass_their_proteins_on(built_in, name, size):
    network = built_in(f"signalling_cascade_{name}")
    assert network.species == tuple(f"X{i}" for i in range(1, size + 1))
    changes = np.stack([reaction.change for reaction in network.reactions])
    eye = np.eye(size, dtype=int)
    assert np.array_equal(changes, np.concatenate([eye[:1], eye[1:] - eye[:-1], -eye]))
    assert network.step * (network.points - 1) == pytest.approx(10)


def test_cascade_2_converts_at_a_rate_that_saturates(built_in):
    states = np.zeros((4, 15), dtype=int)
    states[:, 6] = [0, 1, 10, 90]
    convert = built_in("signalling_cascade_2").reactions[7]
    assert convert.equation == "X7 -> X8"
    assert evaluate(convert.propensity, states, 0.0) == pytest.approx([0, 1 + 100 / 11, 51, 91])


def test_ecological_evolution_says_that_it_is_a_reconstruction(built_in):
    walk = built_in("ecological_evolution")
    assert "reconstruction" in walk.title
    assert "reconstructed from the figure of the paper, not the authors' definition" in walk.source
    assert walk.genotypes == 10_000
    peaks = [(46, 84), (17, 31), (45, 21), (62, 52), (47, 42)]
    assert walk.landscape()[tuple(np.transpose(peaks))] == pytest.approx([1.00, 0.94, 0.84, 0.98, 1.12], abs=0.01)


def test_the_systems_of_the_page_are_read_and_simulated(root, complete, tmp_path, monkeypatch):
    page = (root / "docs" / "how-to" / "own-system.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", page, re.DOTALL)
    for name, text in blocks:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    config = complete(yaml.safe_load(Path("config/gene.yaml").read_text()))
    check_consistency(config, root / "resources" / "systems", "config/gene.yaml")
    counts = simulate(read_system(config.datasets["gene"].system), 200, seed=0)
    assert counts.shape == (200, 101, 2)
    assert 5 < counts[:, -1, 1].mean() < counts.max() < 4096
    config = complete(yaml.safe_load(Path("config/fates.yaml").read_text()))
    check_consistency(config, root / "resources" / "systems", "config/fates.yaml")
    cells = simulate(read_system(config.datasets["fates"].system), 200, seed=0)
    assert cells.shape == (200, 21, 2)
    assert (cells[:, -1, 1] > 0).mean() > 0.6  # the fate that divides faster


def test_an_adaptive_walk_is_read(read):
    walk = read(WALK)
    assert isinstance(walk, AdaptiveWalk)
    assert (walk.alleles, walk.rate, walk.points, walk.step) == (10, 2, 11, 0.5)
    assert walk.initial.tolist() == [1, 9]
    assert read(WALK | {"initial": "uniform"}).initial is None
    assert walk.landscape()[4, 2] == -7


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (changed(speceis=["A"]), "unknown key 'speceis'; did you mean 'species'?"),
        ({k: v for k, v in GOOD.items() if k != "initial"}, "the key 'initial' is missing"),
        (changed(species="AB"), "species: 'AB' is not a list"),
        (changed(species=["A", "t"]), "'t' already means the time"),
        (changed(species=["A", "A b"]), "'A b' is not a name"),
        (changed(species=["A", "is"]), "'is' is not a name"),
        (changed(species=["A", "B1..C3"]), "species: 'B1..C3' is not a range of names"),
        (changed(parameters={"A": 1}), "the name 'A' stands twice"),
        (changed(parameters={"k": "fast"}), "parameters.k: 'fast' is not a number"),
        (changed(parameters={"k": float("nan")}), "parameters.k: 'nan' is not a number"),
        (changed(parameters={"k": True}), "parameters.k: True is not a number or text"),
        (changed(reactions=[]), "reactions: "),
        (changed(reactions=["A -> B"]), r"reactions\.0: 'A -> B' is not a section"),
        (one_reaction(equation="A", rate=1), r"reactions\.0\.equation: 'A' has no '->'"),
        (one_reaction(equation="A -> C", rate=1), r"reactions\.0\.equation: unknown species 'C'; allowed: A, B"),
        (one_reaction(equation="A -> B"), r"reactions\.0: 'A -> B' needs either a propensity or a rate"),
        (one_reaction(equation="A -> B", rate=1, propensity="A"), "needs either a propensity or a rate"),
        (one_reaction(equation="A -> B", propensity="C"), r"reactions\.0\.propensity: the unknown name 'C' is not"),
        (one_reaction(equation="A -> B", propensity="abs(A)"), r"reactions\.0\.propensity: 'abs\(A\)' is not allowed"),
        (one_reaction(equation="A -> B", propensity="A.real"), r"reactions\.0\.propensity: 'A.real' is not allowed"),
        (one_reaction(equation="A -> B", rate="k * A"), r"reactions\.0\.rate: the unknown name 'A' is not allowed"),
        (one_reaction(equation="A -> B", rate=-1), r"reactions\.0\.rate: '-1' is -1; a rate is a number, 0 or more"),
        (one_reaction(equation="A -> B", rate="k - 2"), r"reactions\.0\.rate: 'k - 2' is -1.5"),
        (one_reaction(equation="A -> B", rate="1 / 0"), r"reactions\.0\.rate: '1 / 0' is nan"),
        (
            one_reaction(equation="A -> B", propensity="A - 7"),
            r"reactions\.0: the propensity of 'A -> B' is -2 in the initial state",
        ),
        (one_reaction(equation="A -> B", propensity="1 / (A - 5)"), "'A -> B' is nan in the initial state"),
        (changed(initial={"A": 1}), "initial: the species 'B' is missing; add it"),
        (changed(initial={"A": 1, "B": 1, "C": 1}), "initial: unknown species 'C'; allowed: A, B"),
        (changed(initial={"A": -1, "B": 0}), "initial.A is -1; a count is a whole number"),
        (changed(initial={"A": 0.5, "B": 0}), "initial.A is 0.5; a count is a whole number"),
        (changed(initial={"A": {"poisson": -1}, "B": 0}), "initial.A is -1"),
        (changed(initial={"A": {"mean": 1}, "B": 0}), "initial.A: the key 'poisson' is missing"),
        (changed(initial={"A": 200_000, "B": 0}), "initial.A is 200000, above limits.count 100000; raise the limit"),
        (changed(limits={"count": 0}), "limits.count: 0 is out of range"),
        (changed(grid={"points": 11}), "grid: the key 'step' is missing"),
        (changed(grid={"points": 1, "step": 1}), "grid.points: 1 is out of range; it must be at least 2"),
        (changed(grid={"points": 2.5, "step": 1}), "grid.points: 2.5 is not a whole number"),
        (changed(grid={"points": 11, "step": 0}), "grid.step: 0 is out of range; it must be more than 0"),
        (changed(grid={"points": 11, "step": float("inf")}), "grid.step: 'inf' is not a number"),
        (WALK | {"fitness": "a + c"}, "fitness: the unknown name 'c' is not allowed"),
        (
            WALK | {"fitness": "a * t"},
            "fitness: the landscape of an adaptive walk does not change in time; leave t out",
        ),
        (WALK | {"fitness": "log(a)"}, "fitness: undefined at a = 0, b = 0; mend it"),
        (WALK | {"initial": {"a": 10, "b": 0}}, "initial.a is 10; an allele is a whole number from 0 to 9"),
        (WALK | {"initial": {"a": 1}}, "initial: the species 'b' is missing"),
        (WALK | {"initial": "unifrom"}, "initial: 'unifrom' is neither uniform nor an allele for each locus"),
    ],
)
def test_a_malformed_file_is_refused_with_file_and_key(read, refused, content, sentence):
    with refused(rf"system\.yaml: .*{sentence}"):
        read(content)


def test_a_reaction_that_cannot_fire_at_first_may_have_any_propensity_then(read):
    content = one_reaction(equation="A -> B", propensity="A - 1") | {"initial": {"A": 0, "B": 0}}
    assert evaluate(read(content).reactions[0].propensity, np.array([[0, 0]]), 0.0) == -1

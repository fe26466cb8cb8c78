"""System files: what their entries may be."""

import pytest
import yaml

from weightflow.errors import InputError
from weightflow.systems.entries import KINDS, ReactionFile, files_of, is_map, read_entries

WALK = {
    "kind": "adaptive_walk",
    "title": "Test",
    "species": ["a"],
    "alleles": 3,
    "fitness": "a",
    "rate": 1,
    "initial": "uniform",
    "grid": {"points": 3, "step": 1},
}


@pytest.fixture
def write(tmp_path):
    def to_file(content, name="system.yaml"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    return to_file


def test_every_built_in_system_is_of_a_known_kind(root):
    for path in (root / "resources" / "systems").glob("*.yaml"):
        entries = read_entries(path)
        assert type(entries) is KINDS[entries.kind]


def test_a_file_without_a_kind_holds_reactions(root):
    entries = read_entries(root / "resources" / "systems" / "epidemic.yaml")
    assert isinstance(entries, ReactionFile)
    assert (entries.kind, entries.limits.count, entries.limits.events) == ("reactions", 100_000, 10_000_000)


@pytest.mark.parametrize(
    ("changes", "drawn"),
    [({"species": ["a", "b"]}, True), ({"species": ["X1..X2"]}, True), ({}, False), ({"species": ["X1..X3"]}, False)],
)
def test_a_landscape_of_two_loci_can_be_drawn(write, changes, drawn):
    assert is_map(write(WALK | changes)) is drawn


def test_a_landscape_of_too_many_alleles_and_a_network_cannot_be_drawn(write, root):
    assert not is_map(write(WALK | {"species": ["a", "b"], "alleles": 2001}))
    assert not is_map(root / "resources" / "systems" / "epidemic.yaml")


def test_an_sbml_file_depends_on_its_model_too(write, tmp_path):
    path = write({"kind": "sbml", "model": "models/a.xml", "grid": {"points": 3, "step": 1}})
    assert files_of(path) == [path, tmp_path / "models" / "a.xml"]
    assert files_of(write(WALK, "walk.yaml")) == [tmp_path / "walk.yaml"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: [", "not YAML"),
        ("just text", "expected a mapping"),
        (WALK | {"kind": "adaptive_wlak"}, "kind: unknown value 'adaptive_wlak'; did you mean 'adaptive_walk'?"),
        (WALK | {"reactions": []}, "unknown key 'reactions'; allowed: kind, title"),
        (WALK | {"alleles": 1}, "alleles: 1 is out of range; it must be at least 2"),
        (WALK | {"rate": -1}, "rate: -1 is out of range; it must be more than 0"),
        ({k: v for k, v in WALK.items() if k != "fitness"}, "the key 'fitness' is missing; add it"),
        ({"kind": "sbml", "grid": {"points": 3, "step": 1}}, "the key 'model' is missing; add it"),
        (WALK | {"grid": {"points": 3}}, "grid: the key 'step' is missing; add it"),
    ],
)
def test_a_faulty_file_is_refused_with_file_and_key(write, content, sentence):
    path = write(content)
    with pytest.raises(InputError) as refusal:
        read_entries(path)
    assert str(refusal.value).startswith(f"{path}: {sentence}")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: there is no such file"):
        read_entries(tmp_path / "none.yaml")

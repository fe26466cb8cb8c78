"""System files against their schema."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest
import yaml
from jsonschema import Draft202012Validator

from weightflow.errors import InputError
from weightflow.schema import read_schema
from weightflow.systems.entries import SCHEMA, files_of, read_entries
from weightflow.systems.reaction_network import Limits

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


@pytest.fixture(scope="module")
def definitions():
    return read_schema(SCHEMA)


@pytest.fixture
def write(tmp_path):
    def to_file(content, name="system.yaml"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    return to_file


def nodes(node) -> Iterator[dict]:
    """Every schema of a key."""
    for entry in node.get("properties", {}).values():
        yield entry
        yield from nodes(entry)
    for entry in node.get("$defs", {}).values():
        yield entry
        yield from nodes(entry)


def test_the_schema_is_a_schema(definitions):
    Draft202012Validator.check_schema(definitions)


def test_every_key_is_described(definitions):
    assert [node for node in nodes(definitions) if not {"description", "$ref"} & set(node)] == []


def test_default_limits_are_those_of_the_schema(definitions):
    limits = definitions["$defs"]["limits"]["properties"]
    assert asdict(Limits()) == {key: entry["default"] for key, entry in limits.items()}


def test_built_in_systems_keep_to_the_whole_schema(root, definitions):
    for path in (root / "resources" / "systems").glob("*.yaml"):
        Draft202012Validator(definitions).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_a_file_without_a_kind_holds_reactions(root):
    assert read_entries(root / "resources" / "systems" / "epidemic.yaml")["kind"] == "reactions"


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
def test_a_file_that_breaks_the_schema_is_refused_with_file_and_key(write, content, sentence):
    path = write(content)
    with pytest.raises(InputError) as refusal:
        read_entries(path)
    assert str(refusal.value).startswith(f"{path}: {sentence}")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: there is no such file"):
        read_entries(tmp_path / "none.yaml")

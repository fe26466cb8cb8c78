"""Configurations and system files, which are data."""

import json

import pytest
import yaml

from weightflow.yaml_files import read_config, read_yaml

CONTENT = {"datasets": {"mine": {"system": "epidemic", "times": [1, 2.5, None, True, "ä"]}}, "seeds": []}


@pytest.mark.parametrize("write", [yaml.safe_dump, json.dumps, lambda content: json.dumps(content, indent="\t")])
def test_yaml_and_json_say_the_same(saved, write):
    assert read_config(saved("config.yaml", write(CONTENT))) == CONTENT


def test_every_file_of_the_repository_is_data(root):
    for path in [*(root / "config").glob("*.yaml"), *(root / "resources" / "systems").glob("*.yaml")]:
        assert read_yaml(path) == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_aliases_are_allowed_where_they_are_few(saved):
    text = "a: &a {k: &k [1, 2]}\nb: {<<: *a, c: *k}\n"
    assert read_config(saved("config.yaml", text)) == {"a": {"k": [1, 2]}, "b": {"k": [1, 2], "c": [1, 2]}}


@pytest.mark.parametrize(("depth", "fits"), [(49, True), (50, False)])
def test_nesting_ends_somewhere(saved, refused, depth, fits):
    path = saved("a.yaml", "a: " + "[" * depth + "]" * depth)
    if fits:
        read_yaml(path)
    else:
        with refused("nests more than 50 deep; write it flatter"):
            read_yaml(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "expected a mapping"),
        ("__use_yte__: false\na: 1", "configs of this workflow are data"),
        ("a: *b", r"\*b refers to itself or is not defined"),
        ("a: !!python/tuple [1]", "could not determine a constructor"),
        ("a: 2020-13-45", "not YAML with plain data only; month must be in"),
        ("a: [", "not YAML with plain data only"),
    ],
)
def test_what_is_more_than_data_is_refused_by_name(saved, refused, text, said):
    with refused(rf"config\.yaml: .*{said}"):
        read_config(saved("config.yaml", text))

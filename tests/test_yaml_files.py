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
        ("a: !!python/tuple [1]", "line 1, column 4: could not determine a constructor"),
        ("a: 2020-13-45", "not YAML with plain data only; month must be in"),
        ("a: 1\nb: [1, 2\nc: 3", "line 2, column 4: this bracket is never closed, or two of its entries"),
        ('a: 1\nb: "open', "line 2, column 4: this quote is never closed; close it"),
        ("a:\n\tb: 1", "line 2, column 1: a tab indents the line; use spaces"),
        ("a:\n  b: 1\n c: 2", "line 3, column 2: this entry does not fit those before it; indent it as they are"),
        ("a:\n  b: 1\n   c: 2", "line 3, column 5: a new entry cannot begin here; indent it as the entries around"),
        ("a:\n  b: 1\n  c 2\nd: 1", "line 3, column 3: the key has no ':' after it; add it"),
        ('a: "C:\\Users\\me"', r"line 1, column 9: a \\ in double quotes begins a special character"),
        ('a: "C:\\data"', r"line 1, column 7: a \\ in double quotes begins a special character"),
        ("a: @b", "line 1, column 4: @ cannot begin a value; put the value in quotes"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins; leave out the ---"),
        ("a: ]", "line 1, column 4: did not find expected node content; change it"),
        ("a: \x07", "not YAML with plain data only; unacceptable character"),
    ],
)
def test_what_is_more_than_data_is_refused_by_name(saved, refused, text, said):
    with refused(rf"config\.yaml: .*{said}"):
        read_config(saved("config.yaml", text))


def test_no_is_text_except_in_configs_which_snakemake_reads_too(saved):
    path = saved("a.yaml", "species: [NO, yes, on, true, False, 1.5]\nno: 1\n")
    assert read_yaml(path) == {"species": ["NO", "yes", "on", True, False, 1.5], "no": 1}
    assert read_config(path) == yaml.safe_load(path.read_text(encoding="utf-8"))

"""Profiles name only existing rules, groups and files."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml
import yte


def test_a_group_is_sent_and_needs_no_card(rules):
    groups = [text for text in rules.values() if "    group:" in text]
    assert len(groups) > 20
    assert [text for text in groups if "localrule: True" in text or "gpu=" in text] == []


def test_a_figure_is_made_with_the_others_or_by_the_head_process(rules):
    figures = {name: text for name, text in rules.items() if name.startswith(("plot_", "animate_"))}
    apart = {name for name, text in figures.items() if not re.search(r'^ +group:\n +"figures"\n', text, re.MULTILINE)}
    assert {name for name in apart if "localrule: True" not in figures[name]} == set()


def test_what_needs_a_card_says_how_much_memory_it_needs(rules):
    assert {name for name, text in rules.items() if "gpu=" in text and "mem_mb=training_memory" not in text} == set()


def test_every_profile_is_explained(root):
    told = (root / "profiles" / "README.md").read_text(encoding="utf-8")
    for path in Path(root / "profiles").glob("*/config.yaml"):
        assert f"({path.parent.name}/config.yaml)" in told


REDRAWN = ("tables.smk", "figures.smk", "report.smk", "population_report.smk")  # all that `make figures` reads


def test_figures_from_saved_results_are_all_that_need_no_training(root, rules):
    files = [(root / "workflow" / "rules" / name).read_text(encoding="utf-8") for name in REDRAWN]
    read = {name for name, text in rules.items() if any(text.strip() in file for file in files)}
    drawn = {name for name in rules if name.startswith(("plot_", "animate_", "tabulate_", "write_"))}
    # Two tell of a run that came to its end, one needs torch, and others read the files of all stages.
    kept = {"write_settings", "write_population_settings", "tabulate_model_size", "tabulate_runtime"}
    assert read == drawn - kept - {"tabulate_population_runtime", "tabulate_estimate"}
    assert not [name for name in read if "analysis.yaml" not in rules[name]]


def test_nothing_that_makes_results_is_read_with_saved_ones(root):
    profile = yaml.safe_load((root / "profiles" / "figures" / "config.yaml").read_text(encoding="utf-8"))
    assert profile == {"config": ["from_saved=true"]}


# Snakemake stops if a profile names a plugin that is not installed.
CONDITION = """__use_yte__: true
__definitions__:
  - from importlib.util import find_spec
?if find_spec("snakemake_logger_plugin_weightflow"):
  logger: [weightflow]
"""


def test_no_profile_is_a_program_but_for_one_condition(root):
    for path in (root / "profiles").glob("*/config.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "default":
            assert text.count(CONDITION) == 1
            text = text.replace(CONDITION, "")
        assert not re.search(r"^\s*(__|\?)", text, re.MULTILINE)


@pytest.mark.parametrize("installed", [True, False])
def test_the_screen_is_used_where_it_is_installed(root, monkeypatch, installed):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: installed or None)
    with (root / "profiles" / "default" / "config.yaml").open(encoding="utf-8") as file:
        profile = yte.process_yaml(file, require_use_yte=True)
    assert profile.get("logger") == (["weightflow"] if installed else None)
    assert profile["scheduler"] == "greedy"

"""Profiles name what there is."""

import runpy
from inspect import signature
from pathlib import Path

import yaml
from snakemake.common import configfile


def test_a_group_is_sent_and_needs_no_card(rules):
    groups = [text for text in rules.values() if "    group:" in text]
    assert len(groups) > 20
    assert [text for text in groups if "localrule: True" in text or "gpu=" in text] == []


def test_a_figure_is_made_with_the_others_or_by_the_head_process(rules):
    figures = {name: text for name, text in rules.items() if name.startswith(("plot_", "animate_"))}
    together = '    group:\n        "figures"\n'
    assert {name for name, text in figures.items() if together not in text and "localrule: True" not in text} == set()


def test_what_needs_a_card_says_how_much_memory_it_needs(rules):
    assert {name for name, text in rules.items() if "gpu=" in text and "mem_mb=training_memory" not in text} == set()


def test_every_profile_is_explained(root):
    told = (root / "profiles" / "README.md").read_text(encoding="utf-8")
    for path in Path(root / "profiles").glob("*/config.yaml"):
        assert f"({path.parent.name}/config.yaml)" in told


def test_what_the_default_profile_replaces_in_snakemake_is_there(root):
    assert "configfile._load_configfile = as_data" in (root / "profiles" / "default" / "config.yaml").read_text()
    # Read anew: a test in this process may have replaced it.
    replaced = runpy.run_path(configfile.__file__)["_load_configfile"]
    assert str(signature(replaced)) == "(configpath_or_obj, filetype='Config')"
    # Configs reach it through this one.
    assert "_load_configfile" in configfile.load_configfile.__code__.co_names


def test_figures_from_saved_results_are_all_that_need_no_training(root, rules):
    profile = yaml.safe_load((root / "profiles" / "figures" / "config.yaml").read_text(encoding="utf-8"))
    drawn = {name for name in rules if name.startswith(("plot_", "animate_", "tabulate_", "write_"))}
    # One needs torch, one reads the files of all stages, and one those of an estimate.
    kept = {"tabulate_model_size", "tabulate_runtime", "tabulate_population_runtime", "tabulate_estimate"}
    assert set(profile["allowed-rules"]) == drawn - kept | {"figures"}
    assert not [name for name in drawn - kept if "analysis.yaml" not in rules[name]]

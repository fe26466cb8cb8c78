"""Profiles name what there is."""

import re
from pathlib import Path

import pytest
import yaml


@pytest.fixture
def profile(root) -> dict:
    """What a run on a cluster is told."""
    return yaml.safe_load((root / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def rules(root) -> dict[str, str]:
    """The text of every rule with a script, by name."""
    sources = [path.read_text(encoding="utf-8") for path in (root / "workflow" / "rules").glob("*.smk")]
    parts = [part for source in sources for part in re.split(r"^(?=\w+ \w+:$)", source, flags=re.MULTILINE)]
    return {re.match(r"\w+ (\w+):", part)[1]: part for part in parts if "    script:" in part}


def test_groups_are_of_rules_that_are_sent_and_need_no_card(profile, rules):
    for name in profile["groups"]:
        assert "localrule: True" not in rules[name], name
        assert "gpu=" not in rules[name], name
    assert set(profile["group-components"]) == set(profile["groups"].values())


def test_a_figure_is_made_in_a_group_or_by_the_head_process(profile, rules):
    figures = {name for name in rules if name.startswith(("plot_", "animate_"))}
    assert {name for name in figures - set(profile["groups"]) if "localrule: True" not in rules[name]} == set()


def test_what_needs_a_card_says_how_much_memory_it_needs(rules):
    assert {name for name, text in rules.items() if "gpu=" in text and "mem_mb=training_memory" not in text} == set()


def test_every_profile_is_explained(root):
    told = (root / "profiles" / "README.md").read_text(encoding="utf-8")
    for path in Path(root / "profiles").glob("*/config.yaml"):
        assert f"({path.parent.name}/config.yaml)" in told

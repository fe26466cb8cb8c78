"""workflow/check.py: what Snakemake cannot say about a config, without Snakemake."""

import runpy
import sys

import pytest


@pytest.fixture
def check(root, monkeypatch):
    program = runpy.run_path(str(root / "workflow" / "check.py"))

    def run(*files: str) -> None:
        monkeypatch.setattr(sys, "argv", ["check.py", *files])
        program["main"]()

    return run


def test_a_config_that_can_be_used_is_outlined(check, saved, capsys):
    check(str(saved("a.yaml", "datasets: {mine: {system: epidemic}}")), str(saved("b.yaml", "seeds: [0]")))
    assert capsys.readouterr().out.endswith(
        "b.yaml: data sets mine; models weightflow, weightflow_cde, weightflow_ode.\n"
    )


def test_a_config_without_data_sets_changes_the_default_run(check, saved, capsys):
    check(str(saved("a.yaml", "seeds: [0]")))
    assert "data sets epidemic" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("datasets:\n\tmine: 1", "line 2, column 1: a tab indents the line; use spaces."),
        ("datasets: {mine: {system: epidemic}}\nseeds: [x]", "seeds.0: 'x' is not a whole number; change it."),
        ("datasets: {mine: {file: none.csv}}", "datasets.mine.file: there is no file none.csv in the working folder "),
        ("datasets: {mine: {system: epidemic, states: 9}}", "states is 9, and initial.S in "),
    ],
)
def test_a_fault_ends_it_with_one_sentence(check, saved, text, sentence):
    path = str(saved("a.yaml", text))
    with pytest.raises(SystemExit) as end:
        check(path)
    assert str(end.value).startswith(f"Error: {path}: ")
    assert sentence in str(end.value)

"""A result's provenance: all its inputs, each once, with settings, seeds, code and versions."""

import json
from pathlib import Path

import pytest

from tests.conftest import write_job
from weightflow.records.lineage import describe_artefact, describe_figures, lineage
from weightflow.records.record import record_file


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    """A figure of two predictions of one data set."""
    monkeypatch.chdir(tmp_path)
    jobs = [
        ("D/data", "prepare", {"dataset": "D"}, {"code": "aa", "settings": {"file": "x.npy"}}, []),
        ("D/m/0", "predict", {"dataset": "D", "seed": "0"}, {"code": "bb"}, ["D/data"]),
        ("D/m/1", "predict", {"dataset": "D", "seed": "1"}, {"code": "bb"}, ["D/data"]),
        ("D/figures/f.png", "plot", {"dataset": "D"}, {"code": "cc"}, ["D/m/0", "D/m/1", "D/data"]),
    ]
    for path, rule, wildcards, params, sources in jobs:
        Path("results", path).parent.mkdir(parents=True, exist_ok=True)
        Path("results", path).write_text(path)
        made_from = [f"results/{source}" for source in sources]
        write_job(rule, [f"results/{path}"], input=made_from, params=params, wildcards=wildcards)


def test_everything_is_found_once_and_the_artefact_first():
    first, *others = [record.path for record in lineage("results/D/figures/f.png")]
    assert first == "D/figures/f.png"
    assert sorted(others) == ["D/data", "D/m/0", "D/m/1"]


@pytest.mark.parametrize("path", ["results/D/none.png", "elsewhere.png"])
def test_what_has_no_record_is_refused(refused, path):
    with refused(f"^{path}: there is no record of it"):
        lineage(path)


def test_the_text_tells_settings_seeds_code_and_versions():
    text = describe_artefact("results/D/figures/f.png")
    for told in ("rule plot, code cc", "seeds 0", "seeds 1", "{file: x.npy}", "numpy:", "rule prepare, code aa"):
        assert told in text, told


def test_every_figure_has_a_line_with_the_seeds_it_tells_of():
    title, line = describe_figures().splitlines()
    assert title.split() == ["rule", "seeds", "code", "sha256", "file"]
    assert line.startswith("plot  0, 1  cc  ")
    assert line.endswith("results/D/figures/f.png")


def test_figures_of_one_run_are_told_alone():
    Path("results/my/D/figures").mkdir(parents=True)
    Path("results/my/D/figures/g.png").write_text("g")
    write_job("plot", ["results/my/D/figures/g.png"], params={"code": "dd"})
    assert len(describe_figures().splitlines()) == 3
    assert describe_figures(run=Path("results/my")).splitlines()[1].endswith("results/my/D/figures/g.png")


def test_a_file_that_is_another_one_by_now_is_said_to_be():
    assert "HAS CHANGED" not in describe_artefact("results/D/figures/f.png")
    Path("results/D/m/1").write_text("edited")
    told = [part for part in describe_artefact("results/D/figures/f.png").split("\n\n") if "HAS CHANGED" in part]
    assert [part.split("\n")[0] for part in told] == ["D/m/1"]


def test_seeds_that_are_none_are_not_told():
    """A record that came with an archive may say anything."""
    file = record_file("results/D/m/1")
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"wildcards": {"seed": "x"}, "params": {"seeds": 5}}))
    assert describe_figures().splitlines()[1].startswith("plot  0  cc")


def test_a_folder_without_figures_is_said_to_have_none(refused, tmp_path):
    with refused("elsewhere: no figure here has a record; run snakemake first"):
        describe_figures(tmp_path / "elsewhere")

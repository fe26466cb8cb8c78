"""A result's provenance: all that it was made from, each once, with settings, seeds, code and versions."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from weightflow.lineage import describe_artefact, describe_figures, lineage
from weightflow.records import write_records


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
        job = {"rule": rule, "wildcards": wildcards, "params": params, "output": [f"results/{path}"]}
        write_records(SimpleNamespace(input=[f"results/{source}" for source in sources], **job))


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

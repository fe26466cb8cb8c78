"""Paths of a config: the home folder, the working folder, and the folder of the config."""

import pytest

from tests.conftest import ROOT
from weightflow.config.consistency import check_consistency, check_files
from weightflow.config.paths import find, missing
from weightflow.config.plan import Plan

CONFIG = {
    "datasets": {
        "one": {"file": "a.csv"},
        "two": {"file": ["a.csv", "here.csv", "none.csv"]},
        "three": {"system": "own.yaml"},
        "four": {"system": "epidemic"},
    },
    "models": {"m": {"training": {"start_from": "a.csv"}}, "n": {}},
    "baselines": ["mixture"],
    "ablations": {"base": "n", "factors": {"start": {"there": {"training": {"start_from": "a.csv"}}, "far": {}}}},
}


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A working folder with a file, and within it the folder of a config with others."""
    beside = tmp_path / "work" / "cases"
    beside.mkdir(parents=True)
    (tmp_path / "away").mkdir()
    for folder in (beside, tmp_path / "away"):
        (folder / "a.csv").touch()
        (folder / "own.yaml").write_text((ROOT / "resources/systems/birth_death.yaml").read_text())
    for folder in (beside, beside.parent):
        (folder / "here.csv").touch()
    (beside / "my.yaml").write_text("{}")
    monkeypatch.chdir(beside.parent)
    monkeypatch.setenv("HOME", str(tmp_path))
    return beside, tmp_path / "away"


def test_files_are_found_in_the_working_folder_and_then_beside_the_config(folders):
    beside, away = folders
    assert find("here.csv", [beside]) == "here.csv"
    assert find("a.csv", [beside]) == "cases/a.csv"
    assert find("a.csv", [away, beside]) == str(away / "a.csv")
    assert find("~/away/a.csv", []) == str(away / "a.csv")
    assert find("~/none.csv", [beside]) == str(away.parent / "none.csv")
    assert find("none.csv", [beside]) == "none.csv"


def test_the_plan_has_the_paths_that_are_found(folders):
    plan = Plan.of(CONFIG, ROOT, "my.yaml", [folders[0] / "my.yaml"])
    assert plan.own_files("one") == ["cases/a.csv"]
    assert plan.own_files("two") == ["cases/a.csv", "here.csv", "none.csv"]
    assert [str(path) for path in plan.system_files("three")] == ["cases/own.yaml"]
    assert plan.dataset("four").system == "epidemic"
    assert {name: own.training.start_from for name, own in plan.settings.items()} == {
        "m": "cases/a.csv",
        "n": None,
        "start-there": "cases/a.csv",
        "start-far": None,
    }
    again = Plan.of(plan.config.plain(), ROOT, "results/settings.yaml", [])
    assert again.config == plan.config


def test_a_missing_file_is_refused_with_the_places_where_it_was_looked_for(folders, refused):
    beside, away = folders
    places = f"in the working folder {beside.parent} nor in the config's folder {beside}"
    plan = Plan.of(CONFIG, ROOT, "my.yaml", [beside / "my.yaml"])
    with refused(rf"^my\.yaml: datasets\.two\.file: there is no file none\.csv {places}; check the path"):
        check_files(plan.config, "my.yaml", [beside])
    content = {"datasets": {"d": {"system": "none.yaml"}}}
    with refused(rf"^my\.yaml: datasets\.d\.system: there is no file none\.yaml {places}; check the path"):
        Plan.of(content, ROOT, "my.yaml", [beside / "my.yaml"])
    assert missing("none.csv", [beside.parent]) == f"there is no file none.csv in the working folder {beside.parent}"
    assert missing(f"{away}/none.csv", [beside]) == f"there is no file {away}/none.csv"


def test_checks_need_no_folders(folders):
    config = Plan.of(CONFIG, ROOT, "my.yaml", [folders[0] / "my.yaml"]).config
    check_consistency(config, ROOT / "resources" / "systems", "my.yaml")


def test_examples_of_populations_are_found_as_data_files_are(folders):
    beside, _ = folders
    (beside / "images").mkdir()
    examples = {"file": "a.csv", "label": "kind", "test_folder": "images/"}
    content = CONFIG | {"populations": {"p": {"examples": examples}, "q": {"task": "iris"}}}
    plan = Plan.of(content, ROOT, "my.yaml", [beside / "my.yaml"])
    found = plan.config.populations["p"].examples
    assert (found.file, found.test_folder, found.folder) == ("cases/a.csv", "cases/images", None)


def test_networks_of_populations_are_found_too(folders):
    beside, _ = folders
    (beside / "runs").mkdir()
    (beside / "nets.py").touch()
    networks = {
        "whole": {"files": "runs/", "module": "nets.py:Net"},
        "pattern": {"files": "runs/*.pt"},
        "listed": {"files": ["a.csv", "far.pt"]},
    }
    content = CONFIG | {"populations": {name: {"task": "iris", "networks": own} for name, own in networks.items()}}
    found = Plan.of(content, ROOT, "my.yaml", [beside / "my.yaml"]).config.populations
    assert (found["whole"].networks.files, found["whole"].networks.module) == ("cases/runs", "cases/nets.py:Net")
    assert found["pattern"].networks.files == "cases/runs/*.pt"
    assert found["listed"].networks.files == ("cases/a.csv", "far.pt")

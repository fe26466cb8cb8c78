"""Comparison of the settings of saved results with the current ones."""

import copy
import json
from pathlib import Path

import pytest

from tests.conftest import write_job, write_result
from weightflow.config.saved_settings import (
    check_named,
    check_saved,
    check_saved_populations,
    check_shared,
    check_sources,
)
from weightflow.records.digests import input_digest
from weightflow.yaml_files import config_text


@pytest.fixture
def config(complete):
    """Two data sets and two models, complete."""
    models = {"one": {}, "two": {"dynamics": {"kind": "cde"}}}
    datasets = {"a": {"system": "epidemic"}, "b": {"file": "b.csv"}}
    return complete({"datasets": datasets, "models": models}).plain()


@pytest.fixture
def saved(config, tmp_path):
    """The file of settings of a run with it."""
    path = tmp_path / "settings.yaml"
    path.write_text(config_text(config))
    return path


def changed(config, value, *keys):
    """The config with another value at a place."""
    other = json.loads(json.dumps(config))  # defaults are one object in all models
    place = other
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return other


def test_the_same_settings_are_accepted(saved, config):
    check_saved(saved, config, "now.yaml")
    check_named(saved, config, "now.yaml")


def test_the_path_of_a_file_may_start_elsewhere(saved, config, refused):
    check_saved(saved, changed(config, "cases/b.csv", "datasets", "b", "file"), "now.yaml")
    check_saved(saved, changed(config, ["b.csv"], "datasets", "b", "file"), "now.yaml")
    for other in ("c.csv", ["b.csv", "b.csv"], None):
        with refused(r"datasets\.b\.file"):
            check_saved(saved, changed(config, other, "datasets", "b", "file"), "now.yaml")


def test_without_saved_settings_there_is_nothing_to_compare(tmp_path, config):
    check_saved(tmp_path / "none.yaml", config, "now.yaml")
    check_named(tmp_path / "none.yaml", config, "now.yaml")


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        (7, ("models", "one", "training", "steps")),
        (0.5, ("models", "two", "data", "share")),
        (3, ("datasets", "a", "observe_every")),
        ("cascade", ("datasets", "a", "system")),
        (9, ("evaluation", "samples")),
        (9, ("evaluation", "exact", "max_states")),
    ],
)
def test_a_setting_is_named_with_the_sections_that_it_is_a_part_of(saved, config, refused, value, keys):
    with refused(rf"settings\.yaml: the results here were made with other settings .*{'[.]'.join(keys)}"):
        check_saved(saved, changed(config, value, *keys), "now.yaml")


@pytest.mark.parametrize(
    ("value", "keys"),
    [([1.0], ("figures", "times")), ([2.0], ("prediction", "times")), ({"f": "label"}, ("ablations", "labels"))],
)
def test_what_is_drawn_anew_may_have_other_settings(saved, config, value, keys):
    check_saved(saved, changed(config, value, *keys), "now.yaml")


def test_populations_of_other_settings_are_refused(tmp_path, refused):
    path, asked = tmp_path / "settings.yaml", {"populations": {"iris": {"flow": {"steps": 4}}}}
    check_saved_populations(path, asked, "now.yaml")  # none were made here
    path.write_text(config_text(asked))
    check_saved_populations(path, asked, "now.yaml")
    with refused("populations.iris.flow.steps"):
        check_saved_populations(path, {"populations": {"iris": {"flow": {"steps": 5}}}}, "now.yaml")


def test_fewer_may_be_named_and_no_more(saved, config, refused):
    for section, name in (("models", "two"), ("datasets", "b")):
        fewer = copy.deepcopy(config)
        fewer[section].pop(name)
        check_saved(saved, fewer, "now.yaml")
        check_named(saved, fewer, "now.yaml")
    with refused("now.yaml: models: there are no results of three here"):
        check_named(saved, changed(config, {}, "models", "three"), "now.yaml")
    with refused("now.yaml: seeds: there are no results of 5 here"):
        check_named(saved, config | {"seeds": [0, 5]}, "now.yaml")


def test_of_another_version_only_settings_that_both_know_are_compared(saved, config):
    check_saved(saved, changed(config, 1, "models", "one", "training", "unheard_of"), "now.yaml")


def test_a_system_of_ones_own_may_lie_elsewhere_but_be_no_built_in_one(config, tmp_path, refused):
    path = tmp_path / "settings.yaml"
    path.write_text(config_text(changed(config, "mine/system.yaml", "datasets", "a", "system")))
    check_saved(path, changed(config, "systems/system.yaml", "datasets", "a", "system"), "now.yaml")
    with refused("datasets.a.system"):
        check_saved(path, config, "now.yaml")


def test_files_that_are_gone_are_not_missed_and_changed_ones_are_refused(tmp_path, monkeypatch, refused):
    monkeypatch.chdir(tmp_path)
    system, data = tmp_path / "system.yaml", tmp_path / "data.csv"
    for file in (system, data):
        file.write_text("1")
    write_result("a/source.json", "{}", contents=[input_digest(data), input_digest(system)])
    write_result("a/exact_law.safetensors", "x", contents=[input_digest(system)])
    check_sources("results", {"a": [data, system], "b": []})
    data.write_text("2")
    with refused("data.csv: has changed since the results of a were made from it"):
        check_sources("results", {"a": [data, system]})
    data.unlink()
    check_sources("results", {"a": [data, system]})
    system.write_text("2")
    with refused("system.yaml: has changed since the results of a were made from it"):
        check_sources("results", {"a": [data, system]})


@pytest.fixture
def shared(config, tmp_path, monkeypatch):
    """The results folder of the stages of a run with the config, and a function to write another result there."""
    monkeypatch.chdir(tmp_path)

    def write(path, settings=None, params=None, **wildcards):
        given = ({} if settings is None else {"settings": settings}) | (params or {})
        file = tmp_path / "results" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
        write_job("rule", [f"results/{path}"], params=given, wildcards=wildcards)

    one, evaluation = config["models"]["one"], config["evaluation"]
    write("a/snapshots", config["datasets"]["a"], dataset="a")
    write("a-without-1/snapshots", config["datasets"]["a"], {"fold": 1}, dataset="a-without-1")
    write("a/exact_law", None, evaluation["exact"], dataset="a")
    write("a/runs/one/dynamics", {"training": one["training"]}, dataset="a", model="one", seed="0")
    write("a/runs/one/metrics", None, {"samples": evaluation["samples"]}, dataset="a", model="one", place="results")
    write("a/runs/ot_cfm/flow", config["ot_cfm"], dataset="a", model="ot_cfm", seed="0")
    return write


def test_shared_results_of_these_settings_are_accepted(shared, config):
    check_shared(Path("results"), config, "now.yaml")


@pytest.mark.parametrize(
    ("value", "keys", "artefact"),
    [
        (3, ("datasets", "a", "observe_every"), "a/snapshots"),
        (7, ("models", "one", "training", "steps"), "a/runs/one/dynamics"),
        (9, ("evaluation", "samples"), "a/runs/one/metrics"),
        (9, ("evaluation", "exact", "max_states"), "a/exact_law"),
    ],
)
def test_shared_results_of_other_settings_are_refused_by_name(shared, config, refused, value, keys, artefact):
    with refused(rf"^results/{artefact}: was made with other settings than now.yaml has \({'[.]'.join(keys)}\)"):
        check_shared(Path("results"), changed(config, value, *keys), "now.yaml")


def test_shared_results_that_another_config_alone_uses_are_accepted(shared, config):
    other = {"training": {"steps": -1}}
    shared("a/runs/three/dynamics", other, {"samples": -1}, dataset="a", model="three", seed="0")
    shared("c/snapshots", {"observe_every": -1}, dataset="c")
    shared("c/runs/one/dynamics", other, dataset="c", model="one", seed="0")
    shared("a/anchors/x/start", {"backbone": {}}, dataset="a", anchors="x", seed="0")
    shared("a/predictions/one.h5ad", other, {"samples": -1}, dataset="a", model="one", seed="0", format="h5ad")
    shared("a/runs/ot_cfm/metrics", None, {"samples": -1}, dataset="a", model="ot_cfm", place="results")
    check_shared(Path("results"), config, "now.yaml")
    check_shared(Path("results"), changed(config, 9, "ot_cfm", "steps") | {"baselines": []}, "now.yaml")


def test_shared_populations_of_other_settings_are_refused(shared, config, refused):
    asked = config | {"populations": {"p": {"flow": {"steps": 4}, "task": "iris"}}}
    shared("populations/p/flow", {"flow": {"steps": 4}}, population="p", layout="raw", seed="0")
    shared("populations/p/others/digits", {"task": "digits"}, population="p", other="digits")
    check_shared(Path("results"), asked, "now.yaml")
    with refused("^results/populations/p/flow: was .*populations.p.flow.steps"):
        check_shared(Path("results"), changed(asked, 5, "populations", "p", "flow", "steps"), "now.yaml")

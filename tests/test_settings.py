"""The configuration: every key documented, defaults that hold, and one sentence for each fault."""

import importlib.util
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from weightflow.errors import InputError
from weightflow.settings import (
    SEPARATE_ALIGNMENTS,
    anchor_label,
    anchor_settings,
    check_consistency,
    check_schema,
    heldout_amount,
    read_schema,
    system_path,
)

SIMULATED = {"system": "epidemic"}


def keys(schema: dict[str, Any], at: str = "") -> Iterator[tuple[str, dict, bool]]:
    """(path, schema, required) of every key, also of those in $defs."""
    for name, entry in schema.get("properties", {}).items():
        yield f"{at}{name}", entry, name in schema.get("required", [])
        yield from keys(entry, f"{at}{name}.")
    for name, entry in schema.get("$defs", {}).items():
        yield from keys(entry, f"{name}.")


@pytest.fixture
def systems(root):
    return root / "resources" / "systems"


@pytest.fixture
def check(schema, complete, systems):
    """Check a config as the workflow does."""

    def run(config: dict[str, Any]) -> None:
        check_schema(config, schema, "my.yaml")
        check_consistency(complete(config), systems, "my.yaml")

    return run


def config(dataset: dict | None = None, model: dict | None = None, **rest) -> dict[str, Any]:
    made = {"datasets": {"data": SIMULATED | (dataset or {})}, **rest}
    return made | ({"models": {"m": model}} if model is not None else {})


def test_the_schema_is_a_schema(schema):
    Draft202012Validator.check_schema(schema)


def test_every_key_is_described(schema):
    assert [at for at, entry, _ in keys(schema) if not entry.get("description")] == []


def test_every_key_has_a_default_or_is_required(schema):
    assert [at for at, entry, required in keys(schema) if "default" not in entry and not required] == []


def test_every_default_is_allowed(schema):
    for at, entry, _ in keys(schema):
        if "default" in entry:
            whole = {**entry, "$defs": schema["$defs"]}
            assert not list(Draft202012Validator(whole).iter_errors(entry["default"])), at


def test_every_number_has_a_range(schema):
    bounds, kinds = {"minimum", "exclusiveMinimum"}, ("integer", "number")
    numbers = [(at, entry) for at, entry, _ in keys(schema) if entry.get("type") in kinds]
    assert [at for at, entry in numbers if not bounds & set(entry)] == []


def test_no_level_takes_unknown_keys(schema):
    objects = [(at, entry) for at, entry, _ in keys(schema) if entry.get("type") == "object"]
    assert [at for at, entry in objects if "additionalProperties" not in entry] == []
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", ["config.yaml", "epidemic-released.yaml", "paper.yaml"])
def test_shipped_configs_are_accepted(root, schema, name):
    import yaml

    path = root / "config" / name
    if not path.is_file():
        pytest.skip(f"config/{name} is not there yet")
    check_schema(yaml.safe_load(path.read_text(encoding="utf-8")), schema, name)


def test_a_config_that_names_a_system_alone_is_enough(check):
    check(config())


@pytest.mark.parametrize(
    ("made", "key", "sentence"),
    [
        (config(sead=1), "", "unknown key 'sead'; did you mean 'seeds'?"),
        (config({"sistem": "x"}), "datasets.data: ", "unknown key 'sistem'; did you mean 'system'?"),
        (config(model={"solver": {"step": 1}}), "models.m.solver: ", "unknown key 'step'"),
        (
            config(model={"solver": {"method": "rk5"}}),
            "models.m.solver.method: ",
            "unknown value 'rk5'; did you mean 'rk4'",
        ),
        (
            config(model={"path": {"method": "tsne"}}),
            "models.m.path.method: ",
            "unknown value 'tsne'; allowed: pca",
        ),
        (config(model={"anchors": {"alignment": "pool"}}), "models.m.anchors.alignment: ", "unknown value 'pool'"),
        (config(model={"dynamics": {"kind": "sde"}}), "models.m.dynamics.kind: ", "unknown value 'sde'"),
        (
            config(model={"training": {"steps": 0}}),
            "models.m.training.steps: ",
            "0 is out of range; it must be at least 1",
        ),
        (
            config(model={"training": {"clip": 0}}),
            "models.m.training.clip: ",
            "0 is out of range; it must be more than 0",
        ),
        (config(model={"solver": {"rtol": 2}}), "models.m.solver.rtol: ", "2 is out of range; it must be at most 0.1"),
        (config(model={"training": {"steps": 1.5}}), "models.m.training.steps: ", "1.5 is not of type integer"),
        (config(model={"training": {"steps": "many"}}), "models.m.training.steps: ", "'many' is not of type integer"),
        (config(models={"a/b": {}}), "models: ", "'a/b' cannot be used; letters, digits"),
        (config(models={"../up": {}}), "models: ", "'../up' cannot be used"),
        (config(models={"": {}}), "models: ", "'' cannot be used"),
        ({"datasets": {"a b": SIMULATED}}, "datasets: ", "'a b' cannot be used"),
        (config(seeds=[]), "seeds: ", ""),
        (config(seeds=[1, 1]), "seeds: ", ""),
        (config(seeds=[-1]), "seeds.0: ", "-1 is out of range"),
        (config(baselines=["mix"]), "baselines.0: ", "unknown value 'mix'"),
        ({}, "", "the key 'datasets' is missing"),
        ({"datasets": {}}, "datasets: ", ""),
        (
            {"datasets": {"data": {"system": "epidemik"}}},
            "datasets.data.system: ",
            "unknown system 'epidemik'; did you",
        ),
        ({"datasets": {"data": {}}}, "datasets.data: ", "names neither a file nor a system; give one"),
        ({"datasets": {"data": {"file": "no.npy"}}}, "datasets.data.file: ", "there is no file no.npy"),
        (config({"heldout": 0.5}), "datasets.data.heldout: ", "0.5 is a fraction, but there is no file to split"),
        (config({"heldout": 1.5}), "datasets.data.heldout: ", "whole number"),
        (config({"heldout": 0}), "datasets.data.reference: ", "there is no held-out part; set reference: training"),
        (config({"states": 100, "max_states": 50}), "datasets.data.states: ", "100 is above max_states 50"),
        (
            config(model={"dynamics": {"width": 10, "heads": 4}}),
            "models.m.dynamics: ",
            "4 heads do not divide the width 10",
        ),
        (
            config(model={"training": {"start_from": "no.safetensors"}}),
            "models.m.training.start_from: ",
            "there is no file",
        ),
        (
            config(model={"path": {"method": "pca", "behavioural": 1}}),
            "models.m.path.behavioural: ",
            "pca decodes no weights that could be judged; set method: autoencoder, or behavioural: 0",
        ),
        (
            config(model={"anchors": {"jobs": "per_snapshot", "alignment": "sequential"}}),
            "models.m.anchors.jobs: ",
            "sequential anchors need each other in training",
        ),
        (
            config(model={"anchors": {"jobs": "per_snapshot", "alignment": "joint"}}),
            "models.m.anchors.jobs: ",
            "set jobs: together, or alignment to one of pooled, rebasin, none",
        ),
        (config(model={"path": {"structural": 0}}), "models.m.path: ", "raise structural or behavioural"),
        (config(models={"mixture": {}}), "models.mixture ", "has the name of a baseline; rename"),
        (config(models={"floor_bootstrap": {}}), "models.floor_bootstrap ", "has the name of a baseline"),
        (config(models={}), "baselines: ", "need the anchors of a model"),
        (config(figures={"model": "n"}, model={}), "figures.model: ", "unknown model 'n'"),
    ],
)
def test_a_fault_is_one_sentence_with_file_and_key(check, made, key, sentence):
    with pytest.raises(InputError) as refusal:
        check(made)
    text = str(refusal.value)
    assert text.startswith(f"my.yaml: {key}")
    assert sentence in text
    assert "\n" not in text
    assert text.endswith(".")


@pytest.mark.parametrize("alignment", SEPARATE_ALIGNMENTS)
def test_anchors_that_do_not_need_each_other_may_have_jobs_of_their_own(check, alignment):
    check(config(model={"anchors": {"jobs": "per_snapshot", "alignment": alignment}}))


def test_a_system_is_a_name_or_a_path(systems):
    assert system_path("epidemic", systems) == systems / "epidemic.yaml"
    assert str(system_path("my/own.yaml", systems)) == "my/own.yaml"


@pytest.mark.parametrize(
    ("dataset", "amount"),
    [
        ({"heldout": None, "system": "epidemic"}, 1000),
        ({"heldout": None, "system": None}, 0.2),
        ({"heldout": 0, "system": "epidemic"}, 0),
        ({"heldout": 30, "system": "epidemic"}, 30),
    ],
)
def test_heldout_default_depends_on_where_the_data_come_from(dataset, amount):
    assert heldout_amount(dataset) == amount


SECTIONS = {
    "backbone": ("hidden", 9),
    "anchors": ("steps", 9),
    "path": ("z_dim", 9),
    "dynamics": ("width", 16),
    "solver": ("substeps", 9),
    "training": ("steps", 9),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_anchors_label_changes_with_what_anchors_depend_on_alone(model_settings, section):
    key, value = SECTIONS[section]
    changed = deepcopy(model_settings)
    changed[section][key] = value
    same = anchor_label(changed) == anchor_label(model_settings)
    assert same is (section not in ("backbone", "anchors"))


def test_every_anchor_setting_changes_the_label(model_settings):
    for section, entries in anchor_settings(model_settings).items():
        for key in entries:
            changed = deepcopy(model_settings)
            changed[section][key] = "something else"
            assert anchor_label(changed) != anchor_label(model_settings), key


def test_the_configuration_page_is_the_schemas(root):
    spec = importlib.util.spec_from_file_location("describe", root / "workflow" / "schemas" / "describe.py")
    describe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(describe)
    page = describe.page(read_schema(root / "workflow" / "schemas" / "config.schema.yaml"))
    assert (root / "config" / "README.md").read_text(encoding="utf-8") == page, "run make docs"


def test_the_readme_names_the_released_files_checksum(root):
    config = yaml.safe_load((root / "config" / "epidemic-released.yaml").read_text(encoding="utf-8"))
    assert config["datasets"]["epidemic_released"]["sha256"] in (root / "README.md").read_text(encoding="utf-8")

"""Settings that do not fit together, each refused in one sentence."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.config.consistency import (
    check_ablations,
    check_consistency,
    check_files,
    check_systems,
    check_variants,
    systems_by_path,
    used_systems,
)
from weightflow.config.settings import Configuration
from weightflow.errors import InputError
from weightflow.systems.builtin import system_file

SIMULATED = {"system": "epidemic"}
WIDTH = {"width": {"wide": {}}}


@pytest.fixture
def systems(root):
    return root / "resources" / "systems"


@pytest.fixture
def check(complete, systems):
    """Check a config as the workflow does."""

    def run(content: dict[str, Any]) -> None:
        made = complete(content)
        check_ablations(made, "my.yaml")
        check_consistency(made, systems, "my.yaml")
        check_files(made, "my.yaml")

    return run


def config(dataset: dict | None = None, model: dict | None = None, **rest) -> dict[str, Any]:
    made = {"datasets": {"data": SIMULATED | (dataset or {})}, **rest}
    return made | ({"models": {"m": model}} if model is not None else {})


def test_a_config_that_names_a_system_alone_is_enough(check):
    check(config())


@pytest.mark.slow
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
        (config(model={"training": {"steps": 1.5}}), "models.m.training.steps: ", "1.5 is not a whole number"),
        (config(model={"training": {"steps": "many"}}), "models.m.training.steps: ", "'many' is not a whole number"),
        (config(models={"a/b": {}}), "models: ", "'a/b' cannot be used; a name has letters, digits"),
        (config(models={"../up": {}}), "models: ", "'../up' cannot be used"),
        (config(models={"": {}}), "models: ", "'' cannot be used"),
        ({"datasets": {"a b": SIMULATED}}, "datasets: ", "'a b' cannot be used"),
        (config(seeds=[]), "seeds: ", "[] is too short; give at least 1"),
        (config(seeds=[1, 1]), "seeds: ", "1 stands twice"),
        (config(seeds=[-1]), "seeds.0: ", "-1 is out of range"),
        (config(baselines=["mix"]), "baselines.0: ", "unknown value 'mix'"),
        ({}, "", "the key 'datasets' is missing"),
        ({"datasets": {}}, "datasets: ", "{} is too short; give at least 1"),
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
            config(
                model={}, ablations={"factors": {"start": {"there": {"training": {"start_from": "no.safetensors"}}}}}
            ),
            "ablations.factors.start.there.training.start_from: ",
            "there is no file",
        ),
        (
            config(model={"path": {"method": "pca", "behavioural": 1}}),
            "models.m.path.behavioural: ",
            "pca decodes no weights, and the behavioural loss needs them; set method: autoencoder, or behavioural: 0",
        ),
        (
            config(model={"anchors": {"jobs": "per_snapshot", "alignment": "sequential"}}),
            "models.m.anchors.jobs: ",
            "sequential anchors depend on each other in training",
        ),
        (
            config(model={"anchors": {"jobs": "per_snapshot", "alignment": "joint"}}),
            "models.m.anchors.jobs: ",
            "set jobs: together, or alignment to one of pooled, rebasin, none",
        ),
        (
            config(model={"anchors": {"settled": 0.01, "alignment": "joint"}}),
            "models.m.anchors.settled: ",
            "set settled: null, or alignment to one of pooled, rebasin, none",
        ),
        (
            config(model={"anchors": {"jobs": "all_seeds"}, "backbone": {"hidden": [4, 8]}}),
            "models.m.anchors.jobs: ",
            "give one value, or set jobs: together",
        ),
        (config(model={"backbone": {"levels": 9}}), "models.m.backbone.levels: ", "set levels: null, or learn from"),
        (
            config(model={"preset": "published", "anchors": {"alignment": "pooled"}}),
            "models.m.anchors.sampling: ",
            "set sampling: drawn, or alignment: sequential",
        ),
        (
            config(model={"preset": "published", "backbone": {"levels": None}, "dynamics": {"start": "spline"}}),
            "models.m.training.restart: ",
            "set restart: false, or dynamics.start to rest or random",
        ),
        (
            config(model={"preset": "published", "dynamics": {"mixer": "messages"}}),
            "models.m.dynamics.norm: ",
            "the mixer messages has no such setting; set mixer: attention, or norm: before",
        ),
        *(
            (
                config(model={"dynamics": {"mixer": "messages", key: value}}),
                f"models.m.dynamics.{key}: ",
                f"the mixer messages has no such setting; set mixer: attention, or {key}: {default}.",
            )
            for key, value, default in (
                ("heads", 2, 4),
                ("norm", "after", "before"),
                ("activation", "relu", "gelu"),
                ("dropout", 0.1, 0),
            )
        ),
        *(
            (
                config(model={"dynamics": {"kind": "ode"}, "training": {"behavioural": 1, key: True}}),
                f"models.m.training.{key}: ",
                f"solves once through all snapshots, from the first one; set {key}: false, or teacher.members: []",
            )
            for key in ("restart", "repeats")
        ),
        (
            config(model={"dynamics": {"kind": "ode"}, "solver": {"prediction": "each_time", "method": "dopri5"}}),
            "models.m.solver.prediction: ",
            "dopri5 adapts its steps, and each_time gives those of rk4; set prediction: as_fitted, or method: rk4",
        ),
        (
            config(model={"preset": "published", "released": {"folder": "none"}}),
            "models.m.released.folder: ",
            "there is no file none/phi.pth",
        ),
        (
            config(model={"preset": "published", "anchors": {"jobs": "all_seeds"}, "released": {"folder": "none"}}),
            "models.m.anchors.jobs: ",
            "released anchors are read in one job",
        ),
        (
            config(model={"released": {"folder": "none"}}),
            "models.m.released.folder: ",
            "is that of other settings (backbone.position: True); set preset: published",
        ),
        (
            config(model={"preset": "published", "dynamics": {"norm": "before"}, "released": {"folder": "none"}}),
            "models.m.released.folder: ",
            "is that of other settings (dynamics.norm: before); set preset: published",
        ),
        (
            config(model={"preset": "published", "training": {"structural": 0}}),
            "models.m.training.keep: ",
            "set keep: last, or learn from anchors alone",
        ),
        (
            config(model={"preset": "published", "continuation": {"path": "constant"}}),
            "models.m.continuation.path: ",
            "set span: 1, or path: null",
        ),
        (
            config({"system": "ornstein_uhlenbeck", "kind": "continuous"}, model={"preset": "published"}),
            "models.m.backbone.levels: ",
            "data set data has real values, and levels counts them; for real values the paper gives neither",
        ),
        (config(model={"path": {"structural": 0}}), "models.m.path: ", "raise structural or behavioural"),
        (
            config(model={"teacher": {"members": ["bridges"]}}),
            "models.m.teacher.members.0: ",
            "unknown value 'bridges'; did you mean 'bridge'?",
        ),
        (
            config(model={"teacher": {"noises": [-1]}}),
            "models.m.teacher.noises.0: ",
            "-1 is out of range; it must be at",
        ),
        (config(model={"teacher": {"noises": []}}), "models.m.teacher.noises: ", "is too short"),
        (config(model={"teacher": {"shares": [1]}}), "models.m.teacher.shares.0: ", "it must be less than 1"),
        (config(model={"teacher": {"rates": [-2]}}), "models.m.teacher.rates.0: ", "it must be at least 0"),
        (config(model={"selection": {"validation": 0.9}}), "models.m.selection.validation: ", "it must be at most 0.5"),
        (config(model={"selection": {"every": 0}}), "models.m.selection.every: ", "it must be at least 1"),
        (config(model={"spline": {"knot": 2}}), "models.m.spline: ", "unknown key 'knot'; did you mean 'knots'?"),
        (config(model={"spline": {"roughness": [1, -1]}}), "models.m.spline.roughness.1: ", "-1 is out of range"),
        (
            config(model={"spline": {"curvature": "high"}}),
            "models.m.spline.curvature: ",
            "'high' is not a number or a list",
        ),
        (config(model={"dynamics": {"start": "anchors"}}), "models.m.dynamics.start: ", "allowed: rest, spline"),
        (config(model={"training": {"divergence": -1}}), "models.m.training.divergence: ", "it must be at least 0"),
        (config(model={"data": {"share": 0}}), "models.m.data.share: ", "0 is out of range; it must be more than 0"),
        (config(model={"data": {"share": 1.1}}), "models.m.data.share: ", "1.1 is out of range; it must be at most 1"),
        (config(model={"backbone": {"hidden": []}}), "models.m.backbone.hidden: ", "is too short"),
        (
            config(model={"backbone": {"kind": "transfomer"}}),
            "models.m.backbone.kind: ",
            "unknown value 'transfomer'; did you mean 'transformer'? allowed: gru, transformer",
        ),
        (
            config(model={"backbone": {"kind": "transformer", "hidden": 9}}),
            "models.m.backbone.hidden: ",
            "2 heads do not divide the width 9; change one of them",
        ),
        (
            config(model={"backbone": {"kind": "transformer", "hidden": [8, 12, 10], "heads": 4}}),
            "models.m.backbone.hidden: ",
            "4 heads do not divide the width 10",
        ),
        (config(model={"backbone": {"heads": 0}}), "models.m.backbone.heads: ", "it must be at least 1"),
        (
            config(model={"backbone": {"feedforward": 0.5}}),
            "models.m.backbone.feedforward: ",
            "0.5 is not a whole number",
        ),
        (
            config(model={"backbone": {"order": "randm"}}),
            "models.m.backbone.order: ",
            "unknown value 'randm'; did you mean 'random'? allowed: sequential, random",
        ),
        (config(model={"backbone": {"order": 3}}), "models.m.backbone.order: ", "3 is not text or a list"),
        (config(model={"backbone": {"order": []}}), "models.m.backbone.order: ", "is too short"),
        (config(model={"backbone": {"order": ["S", 1]}}), "models.m.backbone.order.1: ", "1 is not text"),
        (
            config(model={"backbone": {"order": ["S", "S"]}}),
            "models.m.backbone.order: ",
            "'S' stands twice; leave one out",
        ),
        (config(model={"backbone": {"order_seed": -1}}), "models.m.backbone.order_seed: ", "it must be at least 0"),
        (
            config(model={"backbone": {"order": ["S", "I"]}}),
            "models.m.backbone.order, data set data: ",
            "S, I is not an order of the variables S, I, R; name each of them once",
        ),
        (config(model={"backbone": {"hidden": [4, 0]}}), "models.m.backbone.hidden.1: ", "it must be at least 1"),
        (
            config(model={"backbone": {"hidden": [4, 8]}, "dynamics": {"kind": "cde"}}),
            "models.m.backbone.hidden: ",
            "give one value, or set dynamics.start: spline or training.behavioural",
        ),
        (
            config(model={"backbone": {"softmax_up_to": [64, 256]}, "dynamics": {"kind": "cde"}}),
            "models.m.backbone.softmax_up_to: ",
            "give one value, or set dynamics.start: spline or training.behavioural",
        ),
        (
            config(model={}, ablations={"base": "n", "factors": {"width": {"wide": {}}}}),
            "ablations.base: ",
            "unknown model 'n'; ",
        ),
        (
            config(model={}, ablations={"factors": WIDTH, "bases": {"widt": "m"}}),
            "ablations.bases: ",
            "unknown factor 'widt'; did you mean 'width'?",
        ),
        (
            config(model={}, ablations={"factors": WIDTH, "labels": {"width": "$\\foo$"}}),
            "ablations.labels.width: ",
            "is not a formula",
        ),
        (
            config({"system": None, "file": "a_{rep}.csv"}),
            "datasets.data.file: ",
            "a_{rep}.csv has braces, which Snakemake",
        ),
        (config({"time_label": "$\\foo$"}), "datasets.data.time_label: ", "is not a formula"),
        (
            config(model={}, ablations={"factors": WIDTH, "bases": {"width": "n"}}),
            "ablations.bases.width: ",
            "unknown model 'n'; ",
        ),
        (
            config(model={}, ablations={"factors": WIDTH, "bases": {"width": "m"}, "cross": True}),
            "ablations.bases: ",
            "crossed factors change one model together; leave out bases, or cross",
        ),
        (
            config(model={}, ablations={"factors": WIDTH, "labels": {"height": "h"}}),
            "ablations.labels: ",
            "unknown factor 'height'; allowed: width",
        ),
        (
            config(model={}, ablations={"factors": WIDTH, "datasets": ["dat"]}),
            "ablations.datasets: ",
            "unknown data set 'dat'; did you mean 'data'?",
        ),
        (config(model={}, ablations={"factors": {"base": {"a": {}}}}), "ablations.factors.base: ", "rename the factor"),
        (
            config(models={"m": {}, "width-wide": {}}, ablations={"factors": WIDTH}),
            "ablations.factors: ",
            "a level of width has the run width-wide, which is also the run of another level, a model or a baseline;",
        ),
        (
            config(model={}, ablations={"factors": {"a": {"b-c": {}}, "a-b": {"c": {}}}}),
            "ablations.factors: ",
            "a level of a-b has the run a-b-c",
        ),
        (config(model={}, ablations={"factors": {"width": {}}}), "ablations.factors.width: ", "is too short"),
        (config(models={"mixture": {}}), "models.mixture ", "has the name of a baseline; rename"),
        (config(models={"mixture": {}}, baselines=[]), "models.mixture ", "has the name of a baseline; rename"),
        ({"datasets": {"provenance": {"system": "epidemic"}}}, "datasets.provenance: ", "is the workflow's own"),
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


@pytest.mark.parametrize(
    "backbone",
    [
        {"hidden": 9},
        {"hidden": 9, "heads": 4},
        {"kind": "transformer", "hidden": [6, 9], "heads": 3},
        {"order": "random", "order_seed": 4},
        {"order": ["R", "S", "I"]},
    ],
)
def test_backbones_whose_settings_fit_together_are_accepted(check, backbone):
    check(config(model={"backbone": backbone}))


@pytest.mark.parametrize(
    "model",
    [
        {"dynamics": {"mixer": "messages", "width": 6}},
        {"dynamics": {"kind": "ode"}, "training": {"restart": True, "repeats": True}},
        {"dynamics": {"kind": "spline"}, "training": {"restart": True, "repeats": True}},
        {
            "dynamics": {"kind": "ode"},
            "training": {"behavioural": 1, "restart": True, "repeats": True},
            "teacher": {"members": []},
        },
        {"dynamics": {"kind": "ode"}, "solver": {"prediction": "adaptive", "method": "dopri5"}},
    ],
)
def test_settings_of_the_field_that_have_an_effect_are_accepted(check, model):
    check(config(model=model))


def test_an_order_is_held_against_the_variables_that_are_known(check, tmp_path):
    (tmp_path / "data.csv").touch()
    file = {"system": None, "file": str(tmp_path / "data.csv")}
    model = {"backbone": {"order": ["S", "D"]}}
    check(config(file, model))  # whose columns only the file tells
    check(config(file | {"variables": ["D", "S"]}, model))
    with pytest.raises(InputError, match=r"order, data set data: S, D is not an order of the variables S, I;"):
        check(config(file | {"variables": ["S", "I"]}, model))


@pytest.mark.parametrize(
    ("dataset", "fault"),
    [
        ({"states": 20}, "states is 20, and initial.S in {} is 50; raise it to 51 or more"),
        ({"states": 2, "system": "mean"}, "states is 2, and initial.X in {} is 2.5; raise it to 4 or more"),
        (
            {"states": 99, "system": "ecological_evolution"},
            "states is 99, and the last of 100 alleles in {} is 99; rai",
        ),
    ],
)
def test_an_initial_state_that_the_data_set_cannot_hold_is_refused(complete, systems, tmp_path, dataset, fault):
    if dataset.get("system") == "mean":
        text = (systems / "birth_death.yaml").read_text(encoding="utf-8")
        (tmp_path / "mean.yaml").write_text(text.replace("poisson: 1", "poisson: 2.5"), encoding="utf-8")
        dataset = dataset | {"system": str(tmp_path / "mean.yaml")}
    made = complete(config(dataset))
    path = system_file(made.datasets["data"].system, systems)
    with pytest.raises(InputError) as refusal:
        check_systems(made, systems, "my.yaml")
    assert str(refusal.value).startswith(f"my.yaml: datasets.data.{fault.format(path)}")
    assert str(refusal.value).endswith(", or change the system.")


def test_more_states_than_any_table_has_are_left_out(complete, systems, tmp_path, refused):
    text = (systems / "birth_death.yaml").read_text(encoding="utf-8")
    (tmp_path / "many.yaml").write_text(text.replace("poisson: 1", "poisson: 70000"), encoding="utf-8")
    made = complete(config({"system": str(tmp_path / "many.yaml"), "states": 100}))
    with refused("states is 100, and initial.X in .* is 70000; leave it out, or change the system"):
        check_systems(made, systems, "my.yaml")


def test_a_count_above_all_limits_is_refused(complete, systems, tmp_path, refused):
    text = (systems / "birth_death.yaml").read_text(encoding="utf-8") + "\nlimits: {count: 2147483647}\n"
    (tmp_path / "many.yaml").write_text(text.replace("poisson: 1", "poisson: 2000000000"), encoding="utf-8")
    made = complete(config({"system": str(tmp_path / "many.yaml")}))
    with refused("datasets.data: initial.X in .* is 2000000000, and 1,000,000,000 is the largest count; use fewer"):
        check_systems(made, systems, "my.yaml")


def test_a_system_in_a_file_with_braces_is_refused(complete, systems, tmp_path, refused):
    (tmp_path / "own_{a}.yaml").write_bytes((systems / "birth_death.yaml").read_bytes())
    made = complete(config({"system": str(tmp_path / "own_{a}.yaml")}))
    with refused("has braces, which Snakemake reads as a wildcard; rename the file"):
        check_systems(made, systems, "my.yaml")


@pytest.mark.parametrize("dataset", [{}, {"states": 51}, {"states": 100, "system": "ecological_evolution"}])
def test_an_initial_state_that_the_data_set_can_hold_is_fine(complete, systems, dataset):
    check_systems(complete(config(dataset)), systems, "my.yaml")


@pytest.mark.parametrize("alignment", [name for name, own in ALIGNMENTS.items() if own.separate])
def test_anchors_that_do_not_need_each_other_may_have_jobs_of_their_own(check, alignment):
    check(config(model={"anchors": {"jobs": "per_snapshot", "alignment": alignment}}))


def test_a_system_is_a_name_or_a_path(systems):
    assert system_file("epidemic", systems) == systems / "epidemic.yaml"
    assert str(system_file("my/own.yaml", systems)) == "my/own.yaml"


def test_used_systems_are_each_named_once(systems):
    used = {"a": {"system": "epidemic"}, "b": {"system": None}, "c": {"system": "my.yaml"}, "d": {"system": "epidemic"}}
    config = Configuration(datasets=used)
    assert used_systems(config, systems) == [systems / "epidemic.yaml", Path("my.yaml")]


def test_a_path_into_the_built_in_folder_is_a_path():
    given = ["epidemic", "resources/systems/epidemic.yaml", None, "my.yml", "my.yml"]
    datasets = {f"d{k}": {"system": system} for k, system in enumerate(given)}
    assert systems_by_path(Configuration(datasets=datasets)) == ["resources/systems/epidemic.yaml", "my.yml"]


def ordered(complete, **ablations) -> Configuration:
    """A study of two data sets with other variables each, whose first level is an order of the first one's."""
    given = {"given": {"backbone": {"order": ["R", "I", "S"]}}}
    datasets = {"people": {"system": "epidemic"}, "molecules": {"system": "birth_death"}}
    return complete({"datasets": datasets, "ablations": {"factors": {"order": given}, **ablations}})


def test_a_variants_order_is_held_against_the_data_sets_that_are_studied(complete, root):
    check_variants(ordered(complete, datasets=["people"]), root / "resources" / "systems", "my.yaml")
    fault = (
        "my.yaml: ablations.factors.order.given.backbone.order, data set molecules: R, I, S is not an order of the "
        "variables X; name each of them once."
    )
    for studied in (["molecules"], ["people", "molecules"], None):
        with pytest.raises(InputError) as refusal:
            check_variants(ordered(complete, datasets=studied), root / "resources" / "systems", "my.yaml")
        assert str(refusal.value) == fault


def test_variants_of_crossed_factors_are_named_by_all_their_levels(complete, root):
    factors = {"width": {"ten": {"dynamics": {"width": 10}}}, "heads": {"four": {"dynamics": {"heads": 4}}}}
    config = ordered(complete, factors=factors, cross=True)
    with pytest.raises(
        InputError, match=r"my\.yaml: ablations: models\.width-ten--heads-four\.dynamics: 4 heads do not"
    ):
        check_variants(config, root / "resources" / "systems", "my.yaml")


def test_the_page_names_the_released_files_checksum(root):
    config = yaml.safe_load((root / "config" / "epidemic-released.yaml").read_text(encoding="utf-8"))
    page = (root / "docs" / "how-to" / "published.md").read_text(encoding="utf-8")
    assert config["datasets"]["epidemic_released"]["sha256"] in page


def test_a_file_that_is_fetched_need_not_be_there(check):
    check({"datasets": {"data": {"file": ["none/a.csv", "b.csv"], "url": ["https://x/a.csv", "file:///b.csv"]}}})


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        ({"file": ["a.csv", "b.csv"], "url": "https://x/a.csv"}, "there are 1 urls for 2 files; give one for each"),
        ({"url": "https://x/a.csv"}, "there are 1 urls for 0 files"),
        ({"file": "a.xlsx", "url": "https://x/a.xlsx"}, "a.xlsx: it is a workbook, which is not read; save its"),
        ({"file": "a.doc", "url": "https://x/a.doc"}, "a.doc: its suffix is not known; use .npy"),
        ({"file": "a.csv", "url": "x/a.csv"}, "datasets.data.url: 'x/a.csv' cannot be used"),
    ],
)
def test_urls_that_do_not_fit_the_files_are_refused(check, refused, dataset, sentence):
    with refused(sentence):
        check({"datasets": {"data": {"system": "epidemic", **dataset}}})


@pytest.mark.slow
def test_a_cde_is_refused_where_times_are_held_back_unless_its_path_goes_on(check, refused):
    held = {"hold_back": 5}
    with refused(r"my\.yaml: models\.m\.continuation\.path: data set data holds back its last times \(hold_back: 5\)"):
        check(config(held, {"dynamics": {"kind": "cde"}}))
    for past in ("linear", "constant"):
        check(config(held, {"dynamics": {"kind": "cde"}, "continuation": {"path": past}}))
    for kind in ("ode", "spline"):
        check(config(held, {"dynamics": {"kind": kind}}))
    check(config({}, {"dynamics": {"kind": "cde"}}))


def test_the_default_cde_is_refused_by_name_where_times_are_held_back(check, refused):
    with refused(r"models\.weightflow_cde\.continuation\.path"):
        check(config({"hold_back": 5}))


def test_a_variant_that_ends_at_the_last_snapshot_is_refused(complete, systems, refused):
    factors = {"field": {"cde": {"dynamics": {"kind": "cde"}}}}
    made = complete(config({"hold_back": 5}, {}, ablations={"factors": factors}))
    with refused(r"ablations\.factors\.field\.cde\.continuation\.path: data set data holds back"):
        check_variants(made, systems, "my.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mixture", "transport_kernel", "ot_cfm", "weights_linear", "weights_spline"])
def test_baselines_that_end_at_the_last_snapshot_are_refused_where_times_are_held_back(check, refused, kind):
    with refused(rf"my\.yaml: baselines: data set data holds back its last times .*, and {kind} ends at the last"):
        check(config({"hold_back": 5}, {}, baselines=["previous", kind]))
    check(config({}, {}, baselines=["previous", kind]))


def test_baselines_that_go_on_are_fine_and_so_is_naming_none(check):
    check(config({"hold_back": 5}, {}, baselines=["previous", "quantiles", "displacement", "displacement_kernel"]))
    check(config({"hold_back": 5}, {}))


def test_holding_back_all_but_one_snapshot_of_a_system_is_refused(complete, systems, refused):
    check_systems(complete(config({"observe_every": 10, "hold_back": 90}, {})), systems, "my.yaml")
    with refused(r"my\.yaml: datasets\.data: 1 of 101 snapshots is observed.* or hold_back"):
        check_systems(complete(config({"observe_every": 10, "hold_back": 91}, {})), systems, "my.yaml")


def test_a_data_set_is_not_called_like_a_fold(check, refused):
    with refused(r"my\.yaml: datasets\.x-without-1: names with this ending are those of folds"):
        check({"datasets": {"x-without-1": {"system": "epidemic"}}})


def test_teachers_that_fit_no_kind_of_states_are_refused(check, refused):
    with refused("teacher.members: growing teaches no data set of kind discrete"):
        check(config(model={"teacher": {"members": ["growing"]}}))
    check(config(model={"teacher": {"members": ["growing", "bridge"]}}))
    check(config(model={"teacher": {"members": ["kinetic"]}}))
    with refused("teacher.members: kinetic needs a system, and data set data has none"):
        check(config({"system": None, "file": "x.csv"}, model={"teacher": {"members": ["kinetic"]}}))


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({"questions": {"big": "I >"}}, "datasets.data.questions.big: 'I >' is not an event"),
        ({"questions": {"big": "X > 1"}}, "datasets.data.questions.big: "),
        ({"questions": {"big": " "}}, "datasets.data.questions.big: there is no event"),
        ({"score": "none.csv"}, "datasets.data.score: there is no file none.csv"),
        ({"score": "states.npy"}, "datasets.data.score: a file of kind '.npy' is no table; give one of .csv"),
    ],
)
def test_questions_and_states_to_score_are_checked_before_any_job(complete, systems, refused, own, fault):
    with refused(re.escape(f"my.yaml: {fault}")):
        made = complete(config(SIMULATED | own))
        check_consistency(made, systems, "my.yaml")
        check_files(made, "my.yaml")
        check_systems(made, systems, "my.yaml")


DIFFUSION = {"system": "ornstein_uhlenbeck", "kind": "continuous"}


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"system": "ornstein_uhlenbeck"}, r"kind: the system ornstein_uhlenbeck makes real values; set kind: cont"),
        ({"kind": "continuous"}, r"kind: the system epidemic makes counts; set kind: discrete"),
        ({"cells": [5, 5, 5]}, r"cells: only simulated cells of a diffusion have this key; remove it"),
        (DIFFUSION | {"states": 5}, r"states: real values have no number of states; remove it"),
        (DIFFUSION | {"observe_at": [0, 5], "observe_every": 2}, r"observe_at: it replaces observe_every"),
        (DIFFUSION | {"cells": [5, 1]}, r"cells\.1: 1 is out of range; it must be at least 2"),
        (DIFFUSION | {"observe_at": []}, r"observe_at: \[\] is too short; give at least 1"),
    ],
)
def test_data_sets_of_other_systems_are_refused(check, refused, own, sentence):
    with refused(rf"my\.yaml: datasets\.data\.{sentence}"):
        check(config(own))
    check(config(DIFFUSION | {"cells": [5, 6, 7], "observe_at": [0, 10, 40]}))


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"observe_at": [0, 10, 41]}, r"observe_at names the time 41, and the nearest is 40"),
        ({"observe_at": [0, 10, 40], "cells": [5, 5]}, r"cells: there are 2 numbers for 3 observed times"),
        ({"observe_at": [0]}, r"1 of 41 snapshots is observed"),
        ({"trajectories": 10**6, "heldout": 10}, r"trajectories: a simulation of .* would take"),
    ],
)
def test_numbers_and_times_of_cells_that_cannot_be_are_refused(complete, systems, refused, monkeypatch, own, sentence):
    monkeypatch.setattr("weightflow.limits.most_bytes", lambda: 10**8)
    with refused(rf"my\.yaml: datasets\.data.*{sentence}"):
        check_systems(complete(config(DIFFUSION | own)), systems, "my.yaml")

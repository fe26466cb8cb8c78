"""Variants of an ablation study, what is refused, and the target as a user asks for it."""

import re
from copy import deepcopy

import pytest
import yaml

from tests.conftest import ROOT
from weightflow.config.ablation_plan import (
    ablation_levels,
    ablation_models,
    models_on,
)
from weightflow.config.consistency import check_ablations
from weightflow.config.settings import Configuration
from weightflow.config.stages import anchor_label

TINY = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
STUDY = {
    "base": "ode",
    "factors": {
        "alignment": {"pooled": {"anchors": {"alignment": "pooled"}}, "sequential": {}},
        "steps": {"few": {"training": {"steps": 2}}, "many": {"training": {"steps": 9}}},
    },
}


@pytest.fixture
def written():
    """The config of a study as a user writes it, with options of the study."""
    tiny = deepcopy(TINY)
    tiny["models"]["ode"]["anchors"]["alignment"] = "sequential"
    return lambda **options: {**tiny, "ablations": {**STUDY, **options}}


@pytest.fixture
def study(complete, written):
    """The same, complete."""
    return lambda **options: complete(written(**options))


def test_a_level_that_changes_nothing_is_the_base(study):
    levels = {(factor, level): model for factor, level, _, model in ablation_levels(study())}
    assert levels["base", "ode"] == levels["alignment", "sequential"] == "ode"
    assert levels["alignment", "pooled"] == "alignment-pooled"


def test_factors_may_change_bases_of_their_own(study):
    levels = ablation_levels(study(bases={"steps": "cde"}))
    assert levels[:2] == [("base", "ode", "ode", "ode"), ("base", "cde", "cde", "cde")]
    assert {(factor, base) for factor, _, base, _ in levels[2:]} == {("alignment", "ode"), ("steps", "cde")}
    models = ablation_models(study(bases={"steps": "cde"}))
    assert models["steps-few"].dynamics.kind == "cde"
    assert models["alignment-pooled"].dynamics.kind == "ode"


def test_a_level_that_equals_another_model_shares_its_run(study):
    same = {"anchors": {"alignment": "pooled"}, "path": {"method": "pca"}, "dynamics": {"kind": "cde"}}
    levels = ablation_levels(study(factors={"field": {"cde": same, "again": same, "ode": {}}}))
    assert [model for *_, model in levels] == ["ode", "cde", "cde", "ode"]


def test_variants_are_models_of_the_data_sets_that_are_studied(study):
    config = study(datasets=["tiny"])
    assert set(models_on("tiny", config)) - set(config.models) == set(ablation_models(config))
    assert models_on("other", config) == config.models


def test_crossed_levels_are_combinations(study):
    levels = ablation_levels(study(cross=True))
    assert len(levels) == 1 + 4
    assert levels[1] == ("alignment--steps", "pooled--few", "ode", "alignment-pooled--steps-few")
    assert {model for *_, model in levels[1:]} <= set(ablation_models(study(cross=True)))


def test_without_factors_there_are_no_levels(study):
    assert ablation_levels(study(factors={})) == []


@pytest.mark.slow
def test_the_target_runs_every_variant_once(run_snakemake, complete, written, tmp_path):
    config = {**written(), "seeds": [0, 1]}
    result = run_snakemake(tmp_path, config, "ablations", flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", result.stdout.split("Job stats:")[1].split("total")[0], re.MULTILINE))
    assert len({anchor_label(model) for model in ablation_models(complete(config)).values()}) == 2
    assert (jobs["train_anchors"], jobs["fit_dynamics"], jobs["evaluate_predictions"]) == ("4", "8", "4")
    assert (jobs["tabulate_ablations"], jobs["plot_ablation"]) == ("1", "2")
    assert "write_report" not in jobs


@pytest.mark.slow
def test_a_share_of_the_data_concerns_every_stage_that_learns_from_it(run_snakemake, written, tmp_path):
    shares = {"half": {"data": {"share": 0.5}}, "all": {}}
    config = written(base="taught", factors={"share": shares})
    result = run_snakemake(tmp_path, config, "ablations", flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", result.stdout.split("Job stats:")[1].split("total")[0], re.MULTILINE))
    learning = ["train_anchors", "choose_teacher", "choose_smoothing", "fit_spline", "fit_latent_path", "choose_steps"]
    assert {jobs[rule] for rule in [*learning, "fit_dynamics"]} == {"2"}
    assert jobs["prepare_snapshots"] == "1"


@pytest.mark.slow
def test_the_paper_target_makes_what_there_is(run_snakemake, written, tmp_path):
    config = written(factors={})
    config["datasets"] = {"mine": {"system": "birth_death", "trajectories": 60, "observe_every": 25}}
    result = run_snakemake(tmp_path, config, "paper", flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    stats = result.stdout.split("Job stats:")[1].split("total")[0]
    assert "write_report" in stats
    assert "plot_model_size" in stats
    assert "ablation" not in stats
    assert "published" not in stats


def test_the_shipped_study_is_accepted_and_varies_its_base(root, complete):
    config = complete(yaml.safe_load((root / "config" / "ablations.yaml").read_text(encoding="utf-8")))
    levels = ablation_levels(config)
    factors = dict.fromkeys(factor for factor, *_ in levels)
    assert list(factors) == ["base", "alignment", "loss", "teacher", "path", "dynamics", "position"]
    for factor in list(factors)[1:]:
        assert [model for f, *_, model in levels if f == factor].count("base") == 1, factor


@pytest.mark.parametrize("name", ["paper.yaml", "paper-small.yaml"])
def test_the_papers_study_varies_what_the_paper_does(root, complete, name):
    config = complete(yaml.safe_load((root / "config" / name).read_text(encoding="utf-8")))
    check_ablations(config, name)
    levels = ablation_levels(config)
    bases = {factor: base for factor, _, base, _ in levels if factor != "base"}
    assert set(bases) >= {"order", "backbone", "alignment", "size", "share", "path_dimension", "field", "path_method"}
    fields = {factor for factor, base in bases.items() if base.endswith("_cde")}
    assert fields == set(config.ablations.bases)
    for factor in ("alignment", "size", "share", "path_dimension", "field", "path_method"):
        assert sum(base == model for f, _, base, model in levels if f == factor) == 1, factor


@pytest.mark.slow
def test_a_study_of_nothing_is_refused_in_one_sentence(run_snakemake, tmp_path):
    result = run_snakemake(tmp_path, {**TINY, "ablations": {}}, "ablations")
    assert result.returncode != 0
    assert "Error: ablations.factors: has no levels to compare; name factors" in result.stdout.splitlines()[-1]
    assert "Traceback" not in result.stdout
    assert not list(tmp_path.glob("results/tiny/*"))


def config(**sections) -> dict:
    return {"datasets": {"data": {"system": "epidemic"}}, **sections}


FACTORS = {
    "width": {"small": {"backbone": {"hidden": 4}}, "large": {"backbone": {"hidden": 32}}},
    "field": {"none": {"dynamics": {"kind": "spline"}}, "cde": {"dynamics": {"kind": "cde", "start": "spline"}}},
}


@pytest.fixture
def variants(complete):
    """Models of an ablation study, and the config they come from."""

    def run(**ablations):
        whole = complete(config(models={"a": {"solver": {"substeps": 3}}, "b": {}}, ablations=ablations))
        return ablation_models(whole), whole.models

    return run


def test_no_factors_no_ablations(variants, complete):
    assert variants()[0] == {}
    assert ablation_models(complete(config(models={}, baselines=[], ablations={"factors": FACTORS}))) == {}


def test_every_factor_is_varied_by_itself(variants):
    found, models = variants(factors=FACTORS)
    assert list(found) == ["width-small", "width-large", "field-none", "field-cde"]
    for name, hidden in (("width-small", 4), ("width-large", 32)):
        assert found[name] == models["a"].but(backbone=models["a"].backbone.but(hidden=hidden))
    assert found["field-cde"].dynamics == models["a"].dynamics.but(kind="cde", start="spline")
    assert found["field-cde"].backbone == models["a"].backbone


def test_crossed_factors_are_tried_in_every_combination(variants):
    found, models = variants(factors=FACTORS, cross=True)
    assert list(found) == [
        "width-small--field-none",
        "width-small--field-cde",
        "width-large--field-none",
        "width-large--field-cde",
    ]
    one = found["width-large--field-cde"]
    assert (one.backbone.hidden, one.dynamics.start, one.solver.substeps) == (32, "spline", 3)
    assert models["a"].backbone.hidden not in (4, 32)  # the base stays


def test_ablations_may_start_from_another_model(variants):
    found, models = variants(factors=FACTORS, base="b")
    assert found["width-small"].solver == models["b"].solver
    assert found["width-small"].solver.substeps != 3


def test_ablations_have_names_that_models_may_have(variants):
    found, _ = variants(factors=FACTORS, cross=True)
    assert Configuration.of(config(models=found), "my.yaml").models == found


@pytest.mark.parametrize(
    ("factors", "cross", "sentence"),
    [
        (
            {"width": {"odd": {"backbone": {"hiden": 3}}}},
            False,
            "factors.width.odd.backbone: unknown key 'hiden'; did you mean",
        ),
        ({"width": {"odd": {"backbone": 3}}}, False, "factors.width.odd.backbone: 3 is not a section"),
        ({"width": {"odd": {"backbone": {"hidden": 0}}}}, False, "factors.width.odd.backbone.hidden: 0 is out of ran"),
        ({"a": {"b": {"bakbone": {}}}, "c": {"d": {}}}, True, " models.a-b--c-d: unknown key 'bakbone'"),
    ],
)
def test_a_level_that_no_model_could_have_is_one_sentence(complete, refused, factors, cross, sentence):
    made = complete(config(models={"m": {}}, ablations={"factors": factors, "cross": cross}))
    with refused(rf"^my\.yaml: ablations[.:]{sentence}"):
        check_ablations(made, "my.yaml")

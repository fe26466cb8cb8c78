"""The plan of a run: stages that models share, their files, and the results of each data set."""

from copy import deepcopy
from pathlib import Path, PurePath

import pytest
import yaml

from tests.conftest import ROOT
from weightflow.baselines.registry import standard_baselines
from weightflow.config.plan import ChoiceFiles, EstimatedStage, Plan, StageJob
from weightflow.config.settings import Configuration
from weightflow.config.stages import anchor_label, choice_label, spline_label, teacher_label

TINY = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
ANCHORS, TEACHER, CHOICE, SPLINE = "gru2-pooled-8b202a21", "teacher-f5b801cc", "choice-ec62bc8a", "spline-4249af6b"
ONE = "results/{dataset}"


def plan_of(content: dict | None = None, **changes) -> Plan:
    return Plan.of({**deepcopy(content or TINY), **changes}, ROOT, "my.yaml")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of()


def with_dataset(**settings) -> Plan:
    """A plan of one data set, without a model."""
    return plan_of({"datasets": {"d": settings}, "models": {}, "baselines": ["mixture"]})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sead": [1]}, "my.yaml: unknown key 'sead'"),
        ({"figures": {"model": "x"}}, "my.yaml: figures.model: unknown model 'x'"),
        ({"ablations": {"base": "x"}}, "my.yaml: ablations.base: unknown model 'x'"),
        (
            {"ablations": {"factors": {"a": {"b": {"dynamics": {"width": 9}}}}}},
            "my.yaml: ablations.factors.a.b.dynamics: 2 heads do not divide the width 9",
        ),
        ({"ablations": {"factors": {"a": {"b": {"dynamic": {}}}}}}, "ablations.factors.a.b: unknown key 'dynamic'"),
    ],
)
def test_what_does_not_fit_together_has_no_plan(refused, changes, sentence):
    with refused(sentence):
        plan_of(**changes)


@pytest.mark.parametrize("past", [False, True])
def test_the_standard_baselines_depend_on_whether_times_are_held_back(past):
    made = plan_of({"datasets": {"d": {"system": "epidemic", "hold_back": 5 * past}}, "models": {"m": {}}})
    assert made.baselines == standard_baselines(past)


def test_the_default_run_is_the_one_that_results_are_of():
    """Labels are digests of all settings of a stage, so that a default that changes is seen here."""
    made = plan_of(yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8")))
    labels = [
        tuple(label(model) for label in (anchor_label, teacher_label, choice_label, spline_label))
        for model in made.settings.values()
    ]
    assert labels[0] == ("gru8-pooled-90f6445f", "teacher-a31f2aa5", "choice-665e8e7d", "spline-cc799baf")
    assert (
        labels[1]
        == labels[2]
        == (
            *("gru8-sequential-e065b255", "teacher-a31f2aa5", "choice-665e8e7d"),
            "spline-78de0ad2",
        )
    )
    assert made.anchors == {
        "gru8-pooled-90f6445f": ["weightflow"],
        "gru8-sequential-e065b255": ["weightflow_cde", "weightflow_ode"],
    }
    assert made.runs("epidemic") == [
        *("weightflow", "weightflow_cde", "weightflow_ode", "previous", "mixture", "mixture_kernel", "displacement"),
        *("transport_spline", "transport_kernel", "weights_linear", "weights_spline"),
        *("floor_bootstrap", "floor_independent"),
    ]
    assert (made.seeds, made.published) == ([0, 1, 2], {"epidemic": "epidemic"})


def test_models_share_the_stages_whose_settings_agree(plan):
    assert plan.anchors == {ANCHORS: ["cde", "ode", "spline", "taught", "field-cde", "field-ode"]}
    assert plan.teachers == {TEACHER: ["spline", "taught"]}
    assert plan.choices == {CHOICE: ["spline", "taught"]}
    assert plan.splines == {SPLINE: ["spline", "taught"]}
    assert plan.shared(plan.splines[SPLINE]) is plan.settings["spline"]
    assert plan.sections("ode", "solver", "path") == {
        name: getattr(plan.settings["ode"], name).plain() for name in ("solver", "path")
    }


def test_models_have_the_stages_of_their_settings(plan):
    assert plan.driven == ["cde", "taught", "field-cde"]
    assert plan.fields == ["cde", "ode", "taught", "field-cde", "field-ode"]
    assert plan.learning == plan.curved == plan.taught == ["spline", "taught"]
    assert plan.stepped == ["taught"]


def test_models_share_the_settings_of_a_study(plan):
    assert (plan.factors, plan.studied, plan.ablated) == (["field"], ["tiny"], ["cde", "ode"])
    assert (plan_of(ablations={}).factors, plan_of(ablations={}).studied) == ([], [])


@pytest.mark.parametrize("jobs", ["together", "all_seeds", "per_snapshot"])
def test_anchors_are_trained_in_the_jobs_of_their_settings(jobs):
    made = plan_of(models={"m": {"backbone": {"hidden": 8}, "anchors": {"jobs": jobs}}}, ablations={})
    assert {kind: len(made.anchors_in(kind)) for kind in ("together", "all_seeds", "per_snapshot")} == {
        **dict.fromkeys(("together", "all_seeds", "per_snapshot"), 0),
        jobs: 1,
    }


def test_files_of_models(plan):
    assert plan.anchors_of("ode") == f"{ONE}/anchors/{ANCHORS}/seed{{seed}}"
    assert plan.graph_of("ode") == f"{plan.anchors_of('ode')}/weight_graph.safetensors"
    assert plan.teacher_of("taught") == f"{ONE}/teachers/{TEACHER}/teacher.json"
    assert plan.choice_of("taught") == f"{ONE}/choices/{CHOICE}/choice.json"
    assert plan.spline_of("taught") == f"{ONE}/splines/{SPLINE}/seed{{seed}}/spline.safetensors"
    assert plan.path_of("cde") == f"{ONE}/runs/cde/seed{{seed}}/latent_path.safetensors"
    assert plan.prediction_of("ode") == f"{ONE}/runs/ode/seed0/prediction.safetensors"
    for found in (plan.teacher_of, plan.choice_of, plan.spline_of, plan.path_of):
        assert found("ode") == []
    assert plan.width_of(ANCHORS) == []
    assert plan.start_of(ANCHORS) == f"{ONE}/anchors/{{anchors}}/seed{{seed}}/start.safetensors"


def test_anchors_without_a_common_start_and_with_a_chosen_width():
    models = {"m": {"backbone": {"hidden": [2, 4]}, "anchors": {"alignment": "sequential"}}}
    made = plan_of(models=models, ablations={})
    (label,) = made.anchors
    assert label.startswith("gruauto-sequential-")
    assert (made.start_of(label), made.width_of(label)) == ([], made.choice_of("m"))


def test_a_simulated_data_set(plan):
    assert plan.dataset("tiny-without-1") is plan.dataset("tiny")
    assert (plan.source_of("tiny"), plan.own_files("tiny"), plan.matrix_of("tiny")) == ("epidemic", [], "X")
    assert plan.system_file("tiny") == ROOT / "resources" / "systems" / "epidemic.yaml"
    assert plan.system_files("tiny") == [plan.system_file("tiny")]
    assert plan.sources() == {"tiny": plan.system_files("tiny")}
    assert plan.simulated("tiny") == (60, 40, None)
    assert plan.law_of("tiny-without-1") == plan.law_of("tiny") == "results/tiny/exact_law.safetensors"
    assert plan.is_simulated("tiny")
    assert "tiny" not in plan.landscapes


def test_a_data_set_of_files(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    made = with_dataset(file=["a.h5ad", "b.csv"], matrix="obsm/X_pca", kind="continuous")
    assert made.own_files("d") == ["a.h5ad", "b.csv"]
    assert (made.source_of("d"), made.matrix_of("d")) == ("a.h5ad, b.csv", "obsm/X_pca")
    assert (made.system_file("d"), made.system_files("d"), made.law_of("d")) == (None, [], [])
    assert not made.is_simulated("d")
    assert made.floors("d") == ["floor_bootstrap", "floor_independent"]
    assert with_dataset(file="b.csv", matrix="obsm/X_pca").matrix_of("d") == "X"


@pytest.mark.parametrize(
    ("settings", "simulated", "floors"),
    [
        ({"system": "epidemic"}, True, ["floor_bootstrap", "floor_independent"]),
        ({"system": "epidemic", "heldout": 0, "reference": "training"}, True, ["floor_bootstrap"]),
        ({"file": "a.csv", "system": "epidemic", "heldout": 0.2}, False, ["floor_bootstrap", "floor_independent"]),
        ({"file": "a.csv", "system": "epidemic"}, True, ["floor_bootstrap", "floor_independent"]),
    ],
)
def test_parts_of_a_data_set_are_simulated_and_have_floors(settings, simulated, floors):
    made = with_dataset(**settings)
    assert made.is_simulated("d") is simulated
    assert made.floors("d") == floors
    assert made.runs("d") == ["mixture", *floors]


def test_cells_of_a_diffusion_have_numbers_at_each_time():
    own = {"system": "three_of_thirty", "kind": "continuous", "trajectories": 7, "observe_at": [0, 4, 12]}
    assert with_dataset(**own).simulated("d").cells == [7] * 13
    sizes = with_dataset(**own, cells=[20, 30, 40]).simulated("d").cells
    assert (sizes[0], sizes[4], sizes[12], sizes[5]) == (20, 30, 40, 7)
    assert with_dataset(system="epidemic").simulated("d").cells is None


def test_scaled_states_are_not_compared_with_the_law_of_the_system():
    own = {"system": "ornstein_uhlenbeck", "kind": "continuous"}
    assert with_dataset(**own).law_of("d") == "results/d/exact_law.safetensors"
    assert with_dataset(**own, scale="training").law_of("d") == []


def test_no_exact_law_is_tried_where_none_is_asked_for():
    assert plan_of(evaluation={"exact": {"max_states": 0}}).law_of("tiny") == []


def test_a_walk_over_two_loci_has_a_landscape():
    made = with_dataset(system="ecological_evolution")
    assert made.landscapes == ["d"]
    assert "results/d/figures/landscape.png" in made.figures("d")


def test_files_that_are_not_there_are_fetched():
    given = {"file": ["data/a.csv", "data/b.csv"], "url": ["https://x/a.csv", "https://x/b.csv"]}
    made = with_dataset(**given, sha256=["0" * 64, "1" * 64])
    found = made.downloads(lambda file: file == "data/a.csv")
    assert found["data/b.csv"] == ("https://x/b.csv", "1" * 64)
    assert "data/a.csv" not in found
    assert found["resources/data/svhn/test_32x32.mat"][0].startswith("http")
    assert made.downloads(lambda file: True) == {}
    assert with_dataset(**given).downloads(lambda file: not file.startswith("data/")) == {
        file: (url, None) for file, url in zip(given["file"], given["url"], strict=True)
    }


def test_what_is_asked_of_a_data_set():
    made = plan_of(evaluation={"leave_one_out": True}, prediction={"times": [1, 2.5]})
    asked = made.asked_of("tiny")
    assert asked.models == made.settings
    assert (list(asked.baselines), list(asked.times)) == (TINY["baselines"], [1, 2.5])
    assert (asked.leave_one_out, made.asked_of("tiny-without-1").leave_one_out) == (True, False)


def test_stages_of_a_model(plan):
    folder, spent = "results/tiny", "results/tiny/benchmarks"
    anchors, made = f"anchors/{ANCHORS}/seed{{seed}}", f"{folder}/runs/taught/seed{{seed}}"
    own = f"{spent}/taught/seed{{seed}}"
    choice, spline = f"choices/{CHOICE}", f"splines/{SPLINE}/seed{{seed}}"
    assert plan.timed_stages("tiny", "taught") == {
        "simulate": StageJob(f"{spent}/simulate_system.tsv", None, 1),
        "prepare": StageJob(f"{spent}/prepare_snapshots.tsv", None, 1),
        "anchors": StageJob(f"{spent}/{anchors}/train_anchors.tsv", f"{folder}/{anchors}/snapshots", 1),
        "weight_graph": StageJob(f"{spent}/{anchors}/build_weight_graph.tsv", None, 1),
        "latent_path": StageJob(f"{own}/fit_latent_path.tsv", f"{made}/latent_path.safetensors", 1),
        "teacher": StageJob(f"{spent}/teachers/{TEACHER}/choose_teacher.tsv", None, 1),
        "smoothing": StageJob(f"{spent}/{choice}/choose_smoothing.tsv", f"{folder}/{choice}/choice.json", 1),
        "spline": StageJob(f"{spent}/{spline}/fit_spline.tsv", f"{folder}/{spline}/spline.safetensors", 1),
        "steps": StageJob(f"{own}/choose_steps.tsv", f"{made}/steps.json", 1),
        "dynamics": StageJob(f"{own}/fit_dynamics.tsv", f"{made}/dynamics.safetensors", 1),
        "predict": StageJob(f"{own}/predict.tsv", f"{made}/prediction.safetensors", 1),
        "evaluate": StageJob(f"{spent}/taught/evaluate_predictions.tsv", None, 1),
    }


def test_jobs_of_several_seeds_are_for_all_of_them():
    models = {"m": {"backbone": {"hidden": 8}, "anchors": {"jobs": "all_seeds"}}}
    made = plan_of(models=models, ablations={}, seeds=[3, 4], baselines=["mixture", "ot_cfm", "weights_linear"])
    seeds = {name: job.seeds for name, job in made.timed_stages("tiny", "m").items() if job.seeds > 1}
    assert seeds == {"anchors": 2, "evaluate": 2}
    found = made.timed_stages("tiny", "mixture")
    assert (list(found), found["predict"].seeds) == (["simulate", "prepare", "predict", "evaluate"], 2)
    assert "weight_graph" in made.timed_stages("tiny", "weights_linear")
    assert made.timed_stages("tiny", "ot_cfm")["ot_cfm"] == StageJob(
        "results/tiny/benchmarks/ot_cfm/seed{seed}/fit_ot_cfm.tsv",
        "results/tiny/runs/ot_cfm/seed{seed}/ot_cfm.safetensors",
        1,
    )
    timed = [stage for stage in made.timed if (stage.model, stage.stage) == ("ot_cfm", "predict")]
    assert [(stage.seed, Path(stage.benchmark).parent.name) for stage in timed] == [(3, "seed3"), (4, "seed4")]


def test_a_stage_is_timed_for_every_run_and_seed(plan):
    assert len(plan.timed) == sum(len(plan.timed_stages("tiny", run)) for run in plan.runs("tiny"))
    assert not any("{" in f"{stage.benchmark}{stage.artefact}" for stage in plan.timed)


def test_a_shared_job_is_estimated_once():
    found = plan_of(seeds=[0, 1]).estimated
    shared = [stage for stage in found if stage.stage == "anchors"]
    assert shared[0] == EstimatedStage("tiny", "cde", "anchors", 2, 1)
    assert [stage.jobs for stage in shared] == [2, 0, 0, 0]
    assert [stage.jobs for stage in found if stage.stage == "teacher"] == [1, 0]
    assert [stage.jobs for stage in found if stage.stage == "dynamics"] == [2, 2, 2]
    assert {(stage.jobs, stage.seeds) for stage in found if stage.stage == "evaluate"} == {(1, 2)}
    assert not {"simulate", "prepare"} & {stage.stage for stage in found}


def test_choices_of_a_data_set(plan):
    teacher, choice, run = (f"results/tiny/{at}" for at in (f"teachers/{TEACHER}", f"choices/{CHOICE}", "runs/taught"))
    assert plan.chosen("tiny") == [
        ChoiceFiles("teacher", ["spline", "taught"], None, f"{teacher}/teacher.json", f"{teacher}/scores.csv"),
        ChoiceFiles("smoothing", ["spline", "taught"], None, f"{choice}/choice.json", f"{choice}/scores.csv"),
        ChoiceFiles("steps", ["taught"], 0, f"{run}/seed0/steps.json", f"{run}/seed0/steps.csv"),
    ]
    assert plan.teachers_chosen("tiny") == plan.chosen("tiny")[:1]


def test_systems_with_published_results_are_compared_with_them():
    sets = {"a": {"system": "epidemic"}, "b": {"system": "birth_death"}, "c": {"system": "epidemic", "hold_back": 2}}
    made = plan_of({"datasets": sets, "models": {"m": {}}})
    assert made.published == {"a": "epidemic"}


def test_runs_that_figures_show(plan):
    assert plan.overlaid == ["cde", "ode", "spline", "taught", "mixture"]
    assert plan.shown_model("tiny") == "cde"
    assert plan_of(figures={"model": "ode"}).shown_model("tiny") == "ode"
    assert with_dataset(system="epidemic").shown_model("d") == "mixture"
    kinds = {"transformer": {"a": {"backbone": {"kind": "transformer", "hidden": 2}}}}
    assert plan_of(ablations={"factors": kinds}).sized_models() == ["cde", "ode", "spline", "taught", "transformer-a"]
    assert plan.moving == ["cde", "ode", "spline", "taught", "weights_linear"]
    assert plan.judged == ["cde", "ode", "spline", "taught", *TINY["baselines"]]


def test_figures_of_a_data_set(plan):
    names = [Path(path).stem for path in plan.figures("tiny")]
    assert names == [
        *("density-cde", "course", "pictures", "answers", "trust"),
        *("metrics", "marginals", "moments", "joints", "path_energy"),
        *(f"weights_path-{model}" for model in plan.models),
        *("latent_path", "losses", "teachers", "inference"),
    ]
    assert plan.ablation_figures("tiny") == ["results/tiny/figures/ablation-field.png"]
    assert plan.overall_figures() == ["results/figures/table1.png", "results/figures/model_size.png"]
    assert with_dataset(system="birth_death").overall_figures() == []


def test_a_whole_run_ends_with_the_report_and_its_tables(plan):
    assert plan.whole_run()[0] == "results/report.html"
    assert {Path(path).name for path in plan.whole_run()} == {
        *("report.html", "metrics.csv", "summary.csv", "runtime.csv", "settings.yaml")
    }


@pytest.mark.parametrize("name", ["populations", "figures", "logs", "benchmarks", "refused", "provenance"])
def test_a_run_has_no_name_of_a_folder_of_the_workflow(refused, name):
    with refused(f"my.yaml: name: the run is called {name}, and results/{name} is the workflow's own"):
        plan_of(name=name)


@pytest.mark.parametrize("name", ["a b", "../up", "a/b", "", ".", "a.b", 5])
def test_a_name_must_be_that_of_a_folder(refused, name):
    with refused("^my.yaml: name: "):
        plan_of(name=name)


def test_a_run_has_tables_figures_and_report_of_its_own_and_shares_the_rest(plan):
    named = plan_of(name="my")
    assert (plan.folder, named.folder) == ("results", "results/my")
    for own, top in (
        (named.whole_run(), plan.whole_run()),
        (named.figures("tiny"), plan.figures("tiny")),
        (named.ablation_figures("tiny"), plan.ablation_figures("tiny")),
        (named.overall_figures(), plan.overall_figures()),
    ):
        assert own == [path.replace("results/", "results/my/") for path in top]
    assert (named.chosen("tiny"), named.anchors, named.estimated) == (plan.chosen("tiny"), plan.anchors, plan.estimated)
    assert named.prediction_of("ode") == plan.prediction_of("ode")
    assert named.config.plain() == plan.config.plain() | {"name": "my"}


def test_interpolated_anchors_belong_to_the_run_since_its_first_model_has_them(plan):
    named = plan_of(name="my")
    assert plan.run_of("tiny", "weights_linear", 0) == "results/tiny/runs/weights_linear/seed0"
    assert named.run_of("tiny", "weights_linear", 0) == "results/my/tiny/runs/weights_linear/seed0"
    assert named.run_of("tiny-without-1", "mixture", 2) == "results/tiny-without-1/runs/mixture/seed2"
    other = [stage for stage in named.timed if stage not in plan.timed]
    assert {(stage.model, stage.stage) for stage in other} == {("weights_linear", s) for s in ("predict", "evaluate")}
    assert all(stage.benchmark.startswith("results/my/tiny/benchmarks/weights_linear/") for stage in other)


def test_a_run_may_have_the_name_of_a_data_set():
    made = plan_of(name="tiny")
    own = [*made.whole_run(), *made.figures("tiny"), *made.overall_figures(), *made.ablation_figures("tiny")]
    shared = [stage.benchmark for stage in made.timed] + [
        file for c in made.chosen("tiny") for file in (c.made, c.scores)
    ]
    others = [*plan_of().figures("tiny"), *plan_of().ablation_figures("tiny"), "results/tiny/moments.csv"]
    assert len({*own, *shared, *others}) == len(own) + len(set(shared)) + len(others)
    assert made.figures("tiny")[1] == "results/tiny/tiny/figures/course.png"


CONCERNED = {  # artefacts below results, and the runs that they concern: the default one, `my`
    "summary.csv": (True, False),
    "figures/table1.png": (True, False),
    "my/summary.csv": (False, True),
    "my/tiny/figures/metrics.png": (False, True),
    "other/summary.csv": (False, False),
    "tiny/snapshots.safetensors": (True, True),
    "tiny-without-1/snapshots.safetensors": (True, True),
    "tiny/runs/ode/seed0/metrics.csv": (True, True),
    "tiny/figures/metrics.png": (True, False),
    "tiny/moments.csv": (True, False),
    "tiny/path_energy.csv": (True, False),
    "populations/small/seed0/population.safetensors": (True, True),
}


@pytest.mark.parametrize(("artefact", "concerned"), CONCERNED.items(), ids=CONCERNED)
def test_results_of_other_runs_are_no_concern_of_a_run(plan, artefact, concerned):
    assert (plan.concerns(PurePath(artefact)), plan_of(name="my").concerns(PurePath(artefact))) == concerned


def test_a_system_is_known_by_its_title_and_file(plan, tmp_path):
    assert plan.titled_system("tiny") == "Epidemic, resources/systems/epidemic.yaml"
    own = (ROOT / "resources" / "systems" / "birth_death.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(own)
    assert with_dataset(system=str(tmp_path / "mine.yaml")).titled_system("d").endswith(f", {tmp_path / 'mine.yaml'}")
    assert with_dataset(file="d.npy").titled_system("d") == ""


def test_a_plan_keeps_the_configuration(plan):
    assert plan.config == Configuration.of(TINY, "tiny.yaml")


@pytest.mark.parametrize(
    ("levels", "sizes"),
    [
        ({"n-1": {"data": {"share": 0.5}}, "n-2": {}}, [("n-1", "states-n-1", 0.5), ("n-2", "cde", 1.0)]),
        ({"n-1": {"data": {"share": 0.5}}, "n-2": {"data": {"share": 0.5}}}, []),
        ({"n-1": {"data": {"share": 0.5}}, "n-2": {"path": {"z_dim": 2}}}, []),
        ({"n-1": {"data": {"share": 0.5}, "path": {"z_dim": 2}}, "n-2": {}}, []),
    ],
    ids=["sizes", "one size", "another setting", "two settings"],
)
def test_a_factor_of_shares_alone_is_a_sample_size(levels, sizes):
    made = plan_of(ablations={"base": "cde", "factors": {"states": levels}})
    assert [tuple(size)[1:] for size in made.sample_sizes] == sizes
    figure = "results/tiny/figures/sample_size-states.png"
    assert (figure in made.ablation_figures("tiny")) == bool(sizes)

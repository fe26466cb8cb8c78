"""The real workflow from end to end on the smallest data: run, run again, from scratch, and after changes."""

import json
import os
import re
import runpy
import shutil
import sys
import threading
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.decomposition import PCA

from tests.conftest import FROM_SAVED, ROOT, drawn, job_counts, unpacked
from tests.workflow.test_bad_input import refuse
from weightflow.api.data import simulate
from weightflow.api.fitting import fit
from weightflow.api.flow import load
from weightflow.config.stages import anchor_label
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.evaluation.score_tables import COLUMNS
from weightflow.records.archive import unpack
from weightflow.storage import read_json

TINY = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
TABLES = ("results/metrics.csv", "results/summary.csv")
SHARED = {
    "anchors": "seed0/weight_graph.safetensors",
    "teachers": "teacher.json",
    "choices": "choice.json",
    "splines": "seed0/spline.safetensors",
}
MARGINAL = {"w_marginal", "jsd_marginal", "w_marginal_exact", "jsd_marginal_exact"}
JOINT = {"w1_joint", "w2_joint", "mmd", "mmd_median"}
SCORES = {"nll", "kl_exact", "tv_exact"}
DENSITIES = {"cde", "ode", "spline", "taught", "mixture", "transport_kernel", "weights_linear"}
SECOND = {key: TINY[key] for key in ("seeds", "datasets")} | {
    "models": {"ode": TINY["models"]["ode"]},
    "baselines": ["weights_linear"],
    "evaluation": TINY["evaluation"],
}
FLOORS = {"floor_bootstrap", "floor_independent"}


@pytest.fixture(scope="module")
def workflow(copy_sources, tmp_path_factory) -> Path:
    """A copy of the repository's sources, which tests may edit."""
    return copy_sources(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def first(run_snakemake, workflow, tmp_path_factory) -> tuple[Path, str]:
    """The working directory of a finished default run, and its screen."""
    folder = tmp_path_factory.mktemp("finished")
    result = run_snakemake(folder, TINY, workflow=workflow)
    assert result.returncode == 0, result.stdout
    return folder, result.stdout


@pytest.fixture(scope="module")
def finished(first) -> Path:
    """The working directory of a finished default run."""
    return first[0]


@pytest.fixture
def planned(run_snakemake, workflow, finished):
    """Jobs that a dry run would start, by rule."""

    def plan(config=TINY, targets=TABLES) -> dict[str, int]:
        result = run_snakemake(finished, config, *targets, flags=("--dry-run",), workflow=workflow)
        assert result.returncode == 0, result.stdout
        return job_counts(result.stdout)

    return plan


def edit(file: Path, text: str):
    """Append text to a file; call what is returned to undo it."""
    before = file.read_bytes()
    file.write_bytes(before + text.encode())
    return lambda: file.write_bytes(before)


def test_default_run_writes_report_and_tables(finished):
    for name in ("report.html", "metrics.csv", "summary.csv", "runtime.csv"):
        assert (finished / "results" / name).stat().st_size > 0


def test_the_screen_of_a_run_can_be_read(first):
    folder, screen = first
    assert len(screen.encode()) < 3000
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", screen)
    (jobs,) = re.findall(r"^(\d+) jobs to run\.$", screen, re.MULTILINE)
    assert len(re.findall(rf"^\d+/{jobs} jobs, \d+:\d\d passed, ", screen, re.MULTILINE)) in range(5, 11)
    for said in (f"{jobs} jobs done in ", "Whole run: results/report.html results/metrics.csv"):
        assert screen.count(said) == 1, screen
    title, *numbers, verdict, loads, report = screen.splitlines()[-7:]
    assert loads == 'From Python: weightflow.load("results/tiny/runs/cde/seed0")'
    assert title == "tiny, cde at unseen times:"
    assert verdict.startswith("tiny, by times between the snapshots: cde is ")
    assert all(re.fullmatch(r"  .* [\d.]+ \([\d.]+ \w+\)", line) for line in numbers), numbers
    assert report == f"Report: {folder}/results/report.html"
    logs = (folder / ".snakemake" / "log").glob("*")  # also of the drawing of the rule graph
    assert any(f"{jobs} of {jobs} steps (100%) done" in log.read_text(encoding="utf-8") for log in logs)


def test_a_dry_run_counts_jobs_and_verbose_shows_everything(run_snakemake, workflow, finished):
    flags = ("--dry-run", "--forcerun", "tabulate_metrics")
    short, whole = (
        run_snakemake(finished, TINY, *TABLES, flags=f, workflow=workflow).stdout
        for f in (flags, (*flags, "--verbose"))
    )
    assert job_counts(short) == job_counts(whole) == {"tabulate_metrics": 1}
    assert "This was a dry-run" in short
    assert "\nReason: " not in short
    assert "\nReason: Forced execution" in whole


def test_metrics_hold_every_run_time_and_metric(finished):
    table = pd.read_csv(finished / "results" / "metrics.csv")
    assert list(table.columns) == COLUMNS
    assert set(table["model"]) == DENSITIES | FLOORS
    assert set(table["time"]) == set(range(101))
    assert set(table.loc[table["seen"], "time"]) == {0, 25, 50, 75, 100}
    for model, part in table.groupby("model"):
        everywhere = MARGINAL | (SCORES if model in DENSITIES else set())
        assert set(part["metric"]) == everywhere | JOINT, model
        assert len(part) == 101 * len(everywhere) + 3 * len(JOINT)


def test_summary_has_one_row_per_model_metric_and_part_of_the_times(finished):
    table = pd.read_csv(finished / "results" / "summary.csv")
    assert list(table.columns) == ["dataset", "model", "metric", "times", "mean", "std", "n"]
    assert set(table["times"]) == {"all", "seen", "unseen", "first"}
    assert not table.duplicated(["dataset", "model", "metric", "times"]).any()


def test_an_estimate_is_made_when_asked_for_and_not_again(run_snakemake, workflow, finished):
    config = deepcopy(TINY)
    config["models"] = {"ode": config["models"]["ode"]}
    del config["ablations"]
    result = run_snakemake(finished, config, "estimate", workflow=workflow)
    assert result.returncode == 0, result.stdout
    assert "Models and their metrics: about " in result.stdout
    table = pd.read_csv(finished / "results" / "estimate.csv")
    assert set(table["model"]) == {"ode"}
    assert set(table["stage"]) == {"anchors", "weight_graph", "dynamics", "predict", "evaluate"}
    assert (table["seconds"] > 0).all()
    # Other settings make another estimate; a run does not wait for it.
    config["models"]["ode"]["training"]["steps"] = 6
    planned = run_snakemake(finished, config, "results/runtime.csv", flags=("--dry-run",), workflow=workflow)
    assert planned.returncode == 0
    assert "calibrate_stage" not in planned.stdout
    (finished / "results" / "estimate.csv").unlink()
    shutil.rmtree(finished / "results" / "tiny" / "estimates")


def test_runtime_names_every_stage_of_a_model(finished):
    table = pd.read_csv(finished / "results" / "runtime.csv")
    assert list(table.columns) == ["dataset", "model", "seed", "stage", "seconds", "max_rss_mb", "device"]
    common = {"simulate", "prepare", "anchors", "weight_graph", "predict", "evaluate"}
    learnt = {"teacher", "smoothing", "spline"}
    own = {
        "cde": {"latent_path", "dynamics"},
        "ode": {"dynamics"},
        "spline": learnt,
        "taught": {*learnt, "latent_path", "steps", "dynamics"},
        "weights_linear": set(),
    }
    for model, stages in own.items():
        assert set(table.loc[table["model"] == model, "stage"]) == common | stages, model
    assert (table["seconds"] > 0).all()


def test_a_default_run_holds_the_whole_paper_target(finished, planned):
    assert planned(targets=("paper", "figures")) == {}
    study = pd.read_csv(finished / "results" / "ablations.csv")
    assert set(study["model"]) == {"cde", "ode"}
    table = pd.read_csv(finished / "results" / "table1.csv")
    assert set(table["origin"]) == {"published", "this run"}
    page = (finished / "results" / "report.html").read_text(encoding="utf-8")
    for title in ("Ablation (field)", "Beside the published results", "Size of models", "Cost of a prediction"):
        assert f"<b>{title}" in page


def test_questions_are_answered_by_models_data_and_law(finished):
    table = pd.read_csv(finished / "results" / "tiny" / "answers.csv")
    assert set(table["question"]) == set(TINY["datasets"]["tiny"]["questions"])
    assert set(table["source"]) == {"model", "data", "exact law"}
    assert set(table["model"].dropna()) == set(TINY["models"])
    assert set(table["time"]) == set(range(101))
    page = (finished / "results" / "report.html").read_text(encoding="utf-8")
    assert page.index("What happens") < page.index("How far to trust it") < page.index("Methods compared</h2>")


def test_a_users_states_are_scored_by_every_model(run_snakemake, workflow, finished):
    states = pd.DataFrame(
        {"time": [0, 12.5, 40], "who": ["a", "b", "c"], "R": [0, 3, 9], "S": [50, 30, 20], "I": [10, 27, 9]}
    )
    states.to_csv(finished / "states.csv", index=False)
    config = deepcopy(TINY)
    config["datasets"]["tiny"]["score"] = "states.csv"
    result = run_snakemake(finished, config, "score", workflow=workflow)
    assert result.returncode == 0, result.stdout
    assert "3 states from time 0 to 40" in result.stdout
    scores = pd.read_csv(finished / "results" / "tiny" / "scores.csv")
    pd.testing.assert_frame_equal(scores[list(states)], states)
    for model in TINY["models"]:
        flow = load(finished / "results" / "tiny" / "runs" / model / "seed0")
        np.testing.assert_allclose(
            scores[f"{model}-seed0"], flow.score(states[["S", "I", "R"]], states["time"]), rtol=1e-4
        )
    refused = run_snakemake(finished, TINY, "score", workflow=workflow)
    assert (
        "nothing can be scored, because there are no states to score; set datasets.NAME.score: FILE." in refused.stdout
    )


def test_jobs_use_this_library_and_not_an_installed_one(run_snakemake, workflow, tmp_path, monkeypatch):
    (tmp_path / "weightflow").mkdir()
    (tmp_path / "weightflow" / "__init__.py").write_text('raise ImportError("the installed copy")\n', encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = run_snakemake(tmp_path, TINY, "results/tiny/simulated.safetensors", workflow=workflow)
    assert result.returncode == 0, result.stdout


def test_second_run_does_nothing(run_snakemake, workflow, finished):
    result = run_snakemake(finished, TINY, workflow=workflow)
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout


def test_models_share_what_they_have_in_common(finished):
    made = [f"{stage}/*/{file}" for stage, file in SHARED.items()]
    assert [len(list((finished / "results" / "tiny").glob(pattern))) for pattern in made] == [1] * len(SHARED)


@pytest.mark.parametrize("model", TINY["models"])
def test_a_fit_in_python_has_the_weights_of_the_run(finished, model):
    data = simulate(**{key: value for key, value in TINY["datasets"]["tiny"].items() if key != "questions"})
    made = fit(data, seed=0, settings=TINY["models"][model], progress=False)
    found = load(finished / "results" / "tiny" / "runs" / model / "seed0")
    np.testing.assert_array_equal(made.graph.weights, found.graph.weights)
    times = [0.0, 3.3, 50.0, 99.9]
    np.testing.assert_array_equal(made.weights(times), found.weights(times))
    assert made.at(3.3).sample(9).equals(found.at(3.3).sample(9))


def test_choices_say_what_they_were_made_from(finished):
    (scores,) = (finished / "results" / "tiny" / "choices").glob("*/scores.csv")
    table = pd.read_csv(scores)
    assert table["curvature"].tolist() == [1, 10]
    choice = read_json(scores.with_name("choice.json"))
    assert choice["curvature"] == table["curvature"][table["nll"].argmin()]
    judged = pd.read_csv(finished / "results" / "tiny" / "runs" / "taught" / "seed0" / "steps.csv")
    assert judged["step"].tolist() == [0, 2, 3]


def test_a_training_setting_reruns_that_models_dynamics_and_what_follows(planned):
    config = deepcopy(TINY)
    config["models"]["ode"]["training"]["steps"] += 1
    assert planned(config) == {"fit_dynamics": 1, "predict_field": 1, "evaluate_predictions": 1, "tabulate_metrics": 1}


def test_an_anchor_setting_reruns_everything_of_that_model_alone(planned):
    config = deepcopy(TINY)
    config["models"]["cde"]["anchors"]["steps"] += 1
    expected = ["train_anchors", "build_weight_graph", "fit_latent_path", "fit_dynamics", "predict_field"]
    expected += ["predict_interpolation", "tabulate_metrics"]
    assert planned(config) == dict.fromkeys(expected, 1) | {"evaluate_predictions": 2}


def test_a_new_seed_leaves_the_old_ones(planned):
    jobs = planned(TINY | {"seeds": [0, 1]})
    assert jobs["train_anchors"] == 1
    assert jobs["fit_spline"] == 1
    assert jobs["fit_dynamics"] == 3
    assert jobs["evaluate_predictions"] == 9
    assert not {"simulate_system", "choose_teacher"} & set(jobs)


def test_a_path_setting_reruns_the_latent_path_and_what_follows(planned):
    config = deepcopy(TINY)
    config["models"]["cde"]["path"]["z_dim"] = 2
    expected = ["fit_latent_path", "fit_dynamics", "predict_field", "evaluate_predictions", "tabulate_metrics"]
    assert planned(config) == dict.fromkeys(expected, 1)


def with_spline(config: dict, *models: str, **changes) -> dict:
    """A config whose models have other settings of their learned spline."""
    config = deepcopy(config)
    for model in models:
        config["models"][model]["spline"] = config["models"][model]["spline"] | changes
    return config


def test_a_spline_setting_reruns_the_spline_and_what_begins_at_it(planned):
    expected = ["fit_spline", "choose_steps", "fit_dynamics", "predict_spline", "predict_field", "tabulate_metrics"]
    config = with_spline(TINY, "spline", "taught", steps=11)
    assert planned(config) == dict.fromkeys(expected, 1) | {"evaluate_predictions": 2}


def test_a_spline_of_other_settings_is_that_models_own(planned):
    expected = ["choose_smoothing", "fit_spline", "predict_spline", "evaluate_predictions", "tabulate_metrics"]
    assert planned(with_spline(TINY, "spline", curvature=[1, 100])) == dict.fromkeys(expected, 1)


def test_how_often_steps_are_judged_concerns_them_alone(planned):
    config = deepcopy(TINY)
    config["models"]["taught"]["selection"]["every"] = 1
    expected = ["choose_steps", "fit_dynamics", "predict_field", "evaluate_predictions", "tabulate_metrics"]
    assert planned(config) == dict.fromkeys(expected, 1)


def test_a_new_model_trains_no_other(planned):
    config = deepcopy(TINY)
    config["models"]["second"] = config["models"]["ode"] | {"training": {"steps": 7}}
    assert planned(config) == {"fit_dynamics": 1, "predict_field": 1, "evaluate_predictions": 1, "tabulate_metrics": 1}


def test_a_model_taken_away_leaves_the_tables(planned):
    models = {name: settings for name, settings in TINY["models"].items() if name != "ode"}
    assert planned(TINY | {"models": models}) == {"tabulate_metrics": 1}


def test_an_edited_library_module_reruns_the_rules_that_use_it(planned, workflow):
    undo = edit(workflow / "workflow" / "scripts" / "weightflow" / "transport" / "couplings.py", "\nEDITED = True\n")
    jobs = planned()
    undo()
    assert (jobs["predict_baseline"], jobs["choose_teacher"]) == (4, 1)
    assert not {"simulate_system", "train_anchors", "build_weight_graph", "predict_interpolation"} & set(jobs)


def test_an_edited_dynamics_module_leaves_the_anchors(planned, workflow):
    undo = edit(workflow / "workflow" / "scripts" / "weightflow" / "dynamics" / "equations.py", "\nEDITED = True\n")
    jobs = planned()
    undo()
    assert jobs["fit_dynamics"] == 3
    assert not {"simulate_system", "train_anchors", "build_weight_graph", "predict_baseline"} & set(jobs)


def test_an_edited_system_reruns_what_reads_it_whatever_its_time(planned, workflow):
    system = workflow / "resources" / "systems" / "epidemic.yaml"
    times = system.stat()
    undo = edit(system, "\n# a remark\n")
    os.utime(system, ns=(times.st_atime_ns, times.st_mtime_ns))
    jobs = planned()
    undo()
    os.utime(system, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (jobs["simulate_system"], jobs["solve_law"]) == (1, 1)


def test_a_comment_in_the_library_reruns_nothing(planned, workflow):
    undo = edit(workflow / "workflow" / "scripts" / "weightflow" / "networks" / "backbones.py", "\n# a remark\n")
    jobs = planned()
    undo()
    assert jobs == {}


def test_anchors_are_the_same_in_jobs_of_their_own_and_with_those_of_other_seeds(
    run_snakemake, workflow, complete, tmp_path
):
    config = deepcopy(TINY) | {"seeds": [0, 3], "ablations": {}}
    config["datasets"]["tiny"]["observe_every"] = 50
    anchors = {"first_steps": 20, "steps": 10, "alignment": "pooled"}
    jobs = ["together", "per_snapshot", "all_seeds"]
    config["models"] = {kind: {"backbone": {"hidden": 8}, "anchors": {**anchors, "jobs": kind}} for kind in jobs}
    labels = [anchor_label(model) for model in complete(config).models.values()]
    graphs = [f"results/tiny/anchors/{label}/seed3/weight_graph.safetensors" for label in labels]
    spent = ["seed3/train_anchors.tsv", "seed3/train_anchors.tsv", "train_anchors.tsv"]
    targets = [
        *graphs,
        *(f"results/tiny/benchmarks/anchors/{label}/{file}" for label, file in zip(labels, spent, strict=True)),
    ]
    result = run_snakemake(tmp_path, config, *targets, workflow=workflow)
    assert result.returncode == 0, result.stdout
    assert len(list(tmp_path.glob("results/tiny/anchors/*/seed3/parts/anchor-*.safetensors"))) == 3
    assert len(list(tmp_path.glob(f"results/tiny/anchors/{labels[2]}/seed*/snapshots"))) == 2
    one, *others = (read_weight_graph(tmp_path / graph) for graph in graphs)
    for other in others:
        np.testing.assert_allclose(other.weights, one.weights, atol=1e-5)
    assert "Nothing to be done" in run_snakemake(tmp_path, config, *targets, workflow=workflow).stdout


def test_cells_go_in_and_their_prediction_at_other_times_comes_out(run_snakemake, tmp_path, rng):
    days = ["0", "3", "10"]
    obs = pd.DataFrame({"day": pd.Categorical(np.repeat(days, 30), days)}, [f"cell{i}" for i in range(90)])
    x = rng.normal(size=(90, 4)) * [1, 2, 3, 100] + np.repeat([0, 3, 10], 30)[:, None]
    anndata.AnnData(x, obs, pd.DataFrame(index=list("uvwx")), layers={"log": x}).write_h5ad(tmp_path / "cells.h5ad")
    keys = {"matrix": "layers/log", "time_column": "day", "time_label": "time (days)", "components": 2}
    keys |= {"heldout": 0, "reference": "training"}
    model = {
        "backbone": {"hidden": 2},
        "anchors": {"first_steps": 10, "steps": 5},
        "teacher": {"members": []},
        "spline": {"steps": 0, "curvature": 1, "roughness": 0, "kernel": 0, "independence": 0},
    }
    config = {
        "datasets": {"mine": {"file": "cells.h5ad", "kind": "continuous", "scale": "training", **keys}},
        "models": {"m": model},
        "prediction": {"times": [0.5, 4.25, 9], "samples": 20, "format": "h5ad"},
    }
    result = run_snakemake(tmp_path, config, "predict")
    assert result.returncode == 0, result.stdout

    made = anndata.read_h5ad(tmp_path / "results" / "mine" / "predictions" / "m-seed0.h5ad")
    assert made.obs["day"].tolist() == [0.5] * 20 + [4.25] * 20 + [9] * 20
    assert list(made.var_names) == list("uvwx")
    assert made.obsm["X_states"].shape == (60, 2)
    mean, spread = x.mean(0), x.std(0)
    values = PCA(2, svd_solver="full").fit((x - mean) / spread).inverse_transform(made.obsm["X_states"]) * spread + mean
    np.testing.assert_allclose(made.layers["log"], values)
    told = made.uns["weightflow"]
    assert (told["model"], told["seed"], told["time_label"], told["source"]) == ("m", 0, "time (days)", "cells.h5ad")
    assert json.loads(told["settings"])["backbone"]["hidden"] == 2


PAST = {"cde": SCORES, "quantiles": set()}  # runs that go on past the last snapshot, and the scores that they have


@pytest.fixture(scope="module")
def beyond(run_snakemake, workflow, tmp_path_factory) -> Path:
    """A run whose last times are held back: a model that goes on, and a baseline."""
    folder, config = tmp_path_factory.mktemp("beyond"), deepcopy(TINY)
    config["datasets"]["tiny"] |= {"observe_every": 20, "hold_back": 20}
    held = {"continuation": {"path": "linear"}}
    config["models"] = {"cde": config["models"]["cde"] | held}
    config |= {"ablations": {}, "prediction": {"times": [10.5, 80, 110], "samples": 7}}
    del config["baselines"]
    targets = [f"results/tiny/runs/{run}/seed0/metrics.csv" for run in PAST]
    targets += ["results/tiny/predictions/cde-seed0.parquet"]
    result = run_snakemake(folder, config, *targets, workflow=workflow)
    assert result.returncode == 0, result.stdout
    return folder


def test_models_go_on_past_the_last_snapshot_and_are_judged_there(beyond):
    for run, scores in PAST.items():
        table = pd.read_csv(beyond / f"results/tiny/runs/{run}/seed0/metrics.csv")
        assert set(table.loc[table["seen"], "time"]) == {0, 20, 40, 60, 80}
        past = table[table["extrapolated"]]
        assert set(past["time"]) == set(range(81, 101))
        assert set(past["metric"]) >= MARGINAL | scores
    drawn = pd.read_parquet(beyond / "results/tiny/predictions/cde-seed0.parquet")
    assert drawn["time"].value_counts().to_dict() == {10.5: 7, 80: 7, 110: 7}


@pytest.fixture(scope="module")
def archive(run_snakemake, workflow, finished):
    """The archive of the finished run."""
    result = run_snakemake(finished, TINY, "archive", workflow=workflow)
    assert result.returncode == 0, result.stdout
    yield finished / "results" / "archive.tar.gz"
    for path in finished.glob("results/**/archive*"):
        path.unlink()


def test_figures_tables_and_report_are_made_from_an_archive_without_torch(
    run_snakemake, workflow, finished, archive, without_torch, tmp_path
):
    folder = unpacked(archive, tmp_path / "elsewhere")
    results = folder / "results"
    made = drawn(results)
    made += [results / "metrics.csv", results / "summary.csv"]
    made += [results / "tiny" / name for name in ("moments.csv", "path_energy.csv")]
    assert len(made) > 30
    for path in made:
        path.unlink()
    result = run_snakemake(
        folder, folder / "config.yaml", "figures", flags=(*FROM_SAVED, "--verbose"), workflow=workflow
    )
    assert result.returncode == 0, result.stdout
    assert {rule.split("_")[0] for rule in job_counts(result.stdout)} == {
        "plot",
        "animate",
        "tabulate",
        "write",
        "figures",
    }
    for path in made:
        assert path.read_bytes() == (finished / path.relative_to(folder)).read_bytes(), path


@pytest.fixture(scope="module")
def two(run_snakemake, workflow, finished, tmp_path_factory) -> Path:
    """A copy of the finished run, and in it a run of another config, which has the name of the data set."""
    folder = tmp_path_factory.mktemp("two") / "run"
    shutil.copytree(finished, folder)
    before = {path: path.read_bytes() for path in (folder / "results").rglob("*") if path.is_file()}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SECOND), encoding="utf-8")
    made = ("results/tiny/summary.csv", "results/tiny/settings.yaml")
    result = run_snakemake(folder, folder / "tiny.yaml", *made, flags=("--verbose",), workflow=workflow)
    assert result.returncode == 0, result.stdout
    expected = ["predict_interpolation", "evaluate_predictions", "tabulate_metrics", "tabulate_runtime"]
    assert job_counts(result.stdout) == dict.fromkeys([*expected, "write_settings"], 1)
    assert {path: path.read_bytes() for path in before} == before
    return folder


def test_a_second_config_has_tables_of_its_own(two, finished):
    own, first = (pd.read_csv(two / "results" / name) for name in ("tiny/summary.csv", "summary.csv"))
    assert set(own["model"]) == {"ode", "weights_linear", *FLOORS}
    assert set(first["model"]) == DENSITIES | FLOORS
    assert yaml.safe_load((two / "results/tiny/settings.yaml").read_text(encoding="utf-8"))["name"] == "tiny"


@pytest.mark.parametrize("run", ["results", "results/tiny"])
def test_figures_of_each_of_two_runs_are_made_from_saved_results(run_snakemake, workflow, two, run):
    figure = f"{run}/tiny/figures/metrics.png"
    before = (two / run / "summary.csv").read_bytes()
    settings = two / run / "settings.yaml"
    result = run_snakemake(two, settings, figure, flags=(*FROM_SAVED, "--verbose"), workflow=workflow)
    assert result.returncode == 0, result.stdout
    assert job_counts(result.stdout) == {"tabulate_metrics": 1, "plot_metrics": 1}
    assert (two / figure).stat().st_size > 0
    if run != "results":  # this run made its tables alone
        lacking = run_snakemake(two, settings, f"{run}/tiny/figures/course.png", flags=FROM_SAVED, workflow=workflow)
        assert "the saved results lack what the first page" in lacking.stdout.splitlines()[-1]
    assert (two / run / "summary.csv").read_bytes() == before


def test_a_config_with_other_settings_of_a_shared_model_is_not_given_its_results(run_snakemake, workflow, two):
    config = deepcopy(SECOND) | {"name": "third"}
    config["models"]["ode"]["training"]["steps"] += 1
    (two / ".snakemake").rename(two / "forgotten")
    try:
        result = run_snakemake(two, config, flags=("--dry-run",), workflow=workflow)
    finally:
        shutil.rmtree(two / ".snakemake", ignore_errors=True)
        (two / "forgotten").rename(two / ".snakemake")
    refuse(result, "results/tiny/runs/ode/seed0/dynamics", "was made with other settings", "models.ode.training.steps")


def test_the_rules_are_described_while_tables_are_replaced(workflow, two, monkeypatch):
    """Snakemake ends with an error if a file disappears while it reads the times of files."""
    table, ended = two / "results" / "metrics.csv", threading.Event()
    content = table.read_bytes()

    def replace() -> None:
        while not ended.wait(0.003):
            table.unlink(missing_ok=True)
            ended.wait(0.003)
            table.write_bytes(content)

    monkeypatch.chdir(two)
    monkeypatch.setenv("WEIGHTFLOW_PYTHON", sys.executable)
    monkeypatch.setattr("weightflow.jobs.frame.run", lambda main, snakemake: main(snakemake))
    config = yaml.safe_load(Path("results/settings.yaml").read_text(encoding="utf-8"))
    job = SimpleNamespace(params=SimpleNamespace(config=config), output=["results/rules.dot"])
    others = threading.Thread(target=replace)
    others.start()
    try:
        runpy.run_path(str(workflow / "workflow/scripts/describe_rulegraph.py"), {"snakemake": job})
    finally:
        ended.set()
        others.join()
    assert Path("results/rules.dot").read_bytes() == Path("results/rulegraph.dot").read_bytes()


def test_a_damaged_prediction_makes_no_figure(run_snakemake, workflow, archive, tmp_path):
    folder = tmp_path / "elsewhere"
    unpack(archive, folder)
    damaged = folder / "results" / "tiny" / "runs" / "ode" / "seed0" / "prediction.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-9] ^= 1
    damaged.write_bytes(content)
    result = run_snakemake(folder, folder / "config.yaml", "figures", flags=FROM_SAVED, workflow=workflow)
    assert result.returncode != 0
    assert f"{damaged.relative_to(folder)}: not what the workflow wrote" in result.stdout


def test_a_hostile_system_beside_saved_results_is_refused(run_snakemake, workflow, tmp_path):
    (tmp_path / "mine.yaml").write_text("kind: adaptive_walk\nspecies: 5\n")
    config = {"datasets": {"mine": {"system": "mine.yaml"}}}
    result = run_snakemake(tmp_path, config, "figures", flags=FROM_SAVED, workflow=workflow)
    assert result.returncode != 0
    assert "mine.yaml: the key 'title' is missing" in result.stdout
    assert "Traceback" not in result.stdout


def test_figures_of_other_settings_than_saved_results_have_are_refused(run_snakemake, workflow, archive, tmp_path):
    folder = unpacked(archive, tmp_path / "elsewhere")
    before = {path: path.read_bytes() for path in drawn(folder / "results")}
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    config["models"]["ode"]["training"]["steps"] += 1
    result = run_snakemake(folder, config, "figures", flags=FROM_SAVED, workflow=workflow)
    assert result.returncode != 0
    assert "results/settings.yaml: the results here were made with other settings than" in result.stdout
    assert "(models.ode.training.steps)" in result.stdout
    assert {path: path.read_bytes() for path in before} == before


def test_the_provenance_of_a_figure_is_printed(run_snakemake, workflow, finished):
    figure = "results/tiny/figures/marginals.png"
    flags = ("--config", f"artefact={figure}")
    result = run_snakemake(finished, TINY, "provenance", flags=flags, workflow=workflow)
    assert result.returncode == 0, result.stdout
    told = ["rule plot_marginals, code", "tiny/runs/spline/seed0/prediction.safetensors", "rule train_anchors, code"]
    told += ["first_steps: 20", "seeds 0", "torch: ", "rule simulate_system"]
    for text in told:
        assert text in result.stdout, text


def test_a_table_that_was_edited_stops_the_next_run(run_snakemake, workflow, finished):
    table = finished / "results" / "summary.csv"
    before, times = table.read_bytes(), table.stat()
    try:
        table.write_bytes(before.replace(b"1", b"2", 1))
        os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))
        result = run_snakemake(finished, TINY, workflow=workflow)
        assert result.returncode != 0
        assert "results/summary.csv: not what the workflow wrote" in result.stdout
        assert run_snakemake(finished, TINY, flags=("--unlock",), workflow=workflow).returncode == 0
        flags = ("--config", "artefact=results/summary.csv")
        result = run_snakemake(finished, TINY, "provenance", flags=flags, workflow=workflow)
        assert result.returncode == 0, result.stdout
        assert "summary.csv\n  rule tabulate_metrics, code" in result.stdout
        assert "THE FILE HAS CHANGED SINCE" in result.stdout
    finally:
        table.write_bytes(before)
        os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_other_settings_are_noticed_where_snakemake_has_forgotten(run_snakemake, workflow, finished, planned):
    (finished / ".snakemake").rename(finished / "forgotten")
    try:
        assert planned() == {}
        shutil.rmtree(finished / ".snakemake")
        changed = deepcopy(TINY)
        changed["models"]["ode"]["training"]["steps"] = 6
        result = run_snakemake(finished, changed, flags=("--dry-run",), workflow=workflow)
        assert result.returncode != 0
        assert "made with other settings than" in result.stdout
        assert "(models.ode.training.steps)" in result.stdout
    finally:
        shutil.rmtree(finished / ".snakemake", ignore_errors=True)
        (finished / "forgotten").rename(finished / ".snakemake")


@pytest.fixture(scope="module")
def trained_once(finished, tmp_path_factory):
    """A copy of the finished run, whose results may be damaged."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("trained") / "run")


@pytest.mark.parametrize(
    ("artefact", "damage"),
    [("weight_graph.safetensors", "truncated"), ("snapshots/anchor-002.safetensors", "foreign")],
)
def test_a_damaged_artefact_is_refused_by_name(run_snakemake, workflow, trained_once, artefact, damage):
    (path,) = (trained_once / "results" / "tiny" / "anchors").glob(f"*/seed0/{artefact}")
    whole = path.read_bytes()
    foreign = (trained_once / "results" / "tiny" / "snapshots.safetensors").read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage == "truncated" else foreign)
    target = "results/tiny/runs/cde/seed0/latent_path.safetensors"
    named = path.name
    if "anchor" in path.name:  # anchors are read when a weight graph is built, and are one result
        graph = path.parents[1] / "weight_graph.safetensors"
        graph.unlink(missing_ok=True)
        target, named = str(graph.relative_to(trained_once)), path.parent.name
    result = run_snakemake(trained_once, TINY, target, workflow=workflow)
    refuse(result, f"{named}: not what the workflow wrote", "delete it and run again")

    path.write_bytes(whole)
    assert run_snakemake(trained_once, TINY, target, workflow=workflow).returncode == 0

"""The workflow as a module of another Snakefile: with and without a prefix, twice, from GitHub, and what it refuses."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, job_counts

TINY = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
MODULE = """
module {name}:
    snakefile: {snakefile}
    config: config["{name}"]
{more}
use rule * from {name}{rename}
"""
COUNTS = """
rule count:
    output:
        "data/counts.npy",
    run:
        import numpy as np

        np.save(output[0], np.arange(120).reshape(20, 3, 2) % 5)
"""
SMALL = {"datasets": {"tiny": TINY["datasets"]["tiny"] | {"trajectories": 10, "heldout": 10}}}
WHOLE = SMALL | {"seeds": [0], "models": {}, "baselines": ["mixture"]}


@pytest.fixture
def imported(root):
    """The lines that import the workflow under a name."""

    def lines(name="weightflow", snakefile=None, prefix=None, rename="{name}_*") -> str:
        place = repr(str(root / "Snakefile")) if snakefile is None else snakefile
        more = f'    prefix: "{prefix}"\n' if prefix else ""
        renamed = f" as {rename.format(name=name)}" if rename else ""
        return MODULE.format(name=name, snakefile=place, more=more, rename=renamed)

    return lines


@pytest.fixture
def run(run_snakemake, tmp_path):
    """A Snakefile of these lines with a config for each of its modules, run in another folder than its own."""
    importing = tmp_path / "importing"
    importing.mkdir()

    def start(lines: str, config: dict, *targets: str, flags=()) -> subprocess.CompletedProcess:
        (importing / "Snakefile").write_text(lines, encoding="utf-8")
        return run_snakemake(tmp_path, config, *targets, flags=flags, workflow=importing)

    return start


def test_all_of_it_runs_as_the_page_says_and_a_rule_goes_on_with_its_summary(run, root, tmp_path):
    page = (root / "docs" / "how-to" / "module.md").read_text(encoding="utf-8")
    lines = page.split("```python\n# Snakefile\n")[1].split("```")[0]
    lines = lines.replace("path/to/this/repository", str(root))
    result = run(lines, {"weightflow": WHOLE}, "best")
    assert result.returncode == 0, result.stdout
    assert not (tmp_path / "results").exists()
    assert ",nll,unseen," in (tmp_path / "best.csv").read_text(encoding="utf-8")
    again = run(lines, {"weightflow": WHOLE}, "best", "weightflow_all", flags=("--dry-run",))
    left = set(job_counts(again.stdout))
    assert {"weightflow_write_report", "weightflow_tabulate_runtime"} < left
    assert not {"best", "weightflow_tabulate_metrics", "weightflow_predict_baseline"} & left, again.stdout


def test_without_prefix_and_rename_its_targets_are_those_of_the_workflow(run, imported):
    targets = ("all", "leave-one-out", "predict", "estimate", "paper")
    result = run(imported(rename=None), {"weightflow": SMALL}, *targets, flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    result = run(imported(rename=None), {"weightflow": SMALL}, "populations")
    assert "config of module weightflow: names no populations;" in result.stdout


def test_two_side_by_side_have_configs_prefixes_and_jobs_of_their_own(run, imported, root, tmp_path):
    model = {"backbone": {"hidden": 2}, "teacher": {"members": []}, "spline": {"steps": 0}}
    common = {"models": {"m": model}, "baselines": []}
    config = {
        "one": common | {"datasets": {"mine": {"file": "data/counts.npy", "heldout": 0.2}}},
        "two": common | {"datasets": {"tiny": SMALL["datasets"]["tiny"] | {"system": "own.yaml"}}, "seeds": [3]},
    }
    # Paths of a config stay as they are, whether the file is there or a rule of the importing workflow makes it.
    shutil.copy(root / "resources" / "systems" / "epidemic.yaml", tmp_path / "own.yaml")
    targets = ["a/results/mine/runs/m/seed0/prediction.safetensors"]
    targets += ["deep/b/results/tiny/runs/m/seed3/prediction.safetensors"]
    lines = imported("one", prefix="a") + imported("two", prefix="deep/b") + COUNTS
    result = run(lines, config, *targets, flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    jobs = job_counts(result.stdout)
    assert jobs["count"] == jobs["one_check_file"] == jobs["one_train_anchors"] == jobs["two_train_anchors"] == 1
    assert "two_check_file" not in jobs
    assert jobs["two_simulate_system"] == 1


def test_a_config_without_data_sets_changes_the_default_run_and_leaves_the_importing_config_alone(run, imported):
    lines = imported() + "\nassert config == {'weightflow': {'seeds': [7]}}, config\n"
    result = run(lines, {"weightflow": {"seeds": [7]}}, "weightflow_all", flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    assert set(re.findall(r"results/(\w+)/runs/", result.stdout)) == {"epidemic"}
    assert set(re.findall(r"/seed(\d+)/", result.stdout)) == {"7"}


def test_the_snakefile_at_the_top_runs_what_that_of_the_workflow_does(run_snakemake, tmp_path):
    top, own = (
        job_counts(run_snakemake(tmp_path, SMALL, flags=("--dry-run", "--snakefile", file)).stdout)
        for file in ("Snakefile", "workflow/Snakefile")
    )
    assert len(own) > 5
    assert own.pop("all") == top.pop("default") == 1
    assert top == own


def test_a_faulty_config_is_said_to_be_the_modules(run, imported):
    config = {"weightflow": SMALL | {"sedes": [1]}}
    result = run(imported(), config, flags=("--dry-run",))
    assert result.returncode != 0
    assert "config of module weightflow: " in result.stdout
    assert "sedes" in result.stdout


def test_a_prefix_with_a_results_folder_is_refused(run, imported):
    result = run(imported(prefix="my/results/here"), {"weightflow": SMALL}, flags=("--dry-run",))
    assert result.returncode != 0
    assert "module weightflow: its prefix my/results/here has a folder called results" in result.stdout


def test_two_that_lack_the_same_file_fetch_it_once(run, imported):
    data = {"file": "data/x.csv", "url": "https://example.org/x.csv", "time_column": "t"}
    config = {name: {"datasets": {"cells": data}, "models": {}, "baselines": ["mixture"]} for name in ("one", "two")}
    targets = [f"{name}/results/cells/snapshots.safetensors" for name in config]
    lines = imported("one", prefix="one") + imported("two", prefix="two")
    result = run(lines, config, *targets, flags=("--dry-run",))
    assert result.returncode == 0, result.stdout
    assert job_counts(result.stdout)["one_download_file"] == 1
    assert "two_download_file" not in result.stdout


@pytest.fixture(scope="module")
def copied(copy_sources, tmp_path_factory) -> Path:
    """A copy of the sources."""
    return copy_sources(tmp_path_factory.mktemp("copied"))


def test_two_versions_of_it_at_once_are_refused(run, imported, copied):
    lines = imported("one", prefix="a") + imported("two", snakefile=repr(str(copied / "Snakefile")), prefix="b")
    result = run(lines, {"one": SMALL, "two": SMALL}, flags=("--dry-run",))
    assert result.returncode != 0
    assert "import both from the same place." in result.stdout


def test_from_a_repository_on_github(run, imported, copied, monkeypatch, tmp_path):
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(copied)]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # Git takes the copy for what is on GitHub.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{copied.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/someone/weightflow")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    target = "wf/results/tiny/snapshots.safetensors"
    said = []
    for path in ("Snakefile", "workflow/Snakefile"):  # one workflow
        place = f'github("someone/weightflow", path="{path}", tag="v1")'
        result = run(imported(snakefile=place, prefix="wf"), {"weightflow": SMALL}, target)
        assert result.returncode == 0, result.stdout
        assert (tmp_path / target).is_file()
        said.append(result.stdout)
    assert "Nothing to be done" in said[1]

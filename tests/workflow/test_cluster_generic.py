"""Jobs sent by the profile for any submit command, which as it is runs them in the background of this machine."""

import os
import shutil
import subprocess
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import yaml

from weightflow.config.stages import anchor_label

ROOT = Path(__file__).resolve().parents[2]
PROFILE = Path("profiles") / "cluster-generic"
SENT = ("--profile", str(PROFILE), "--seconds-between-status-checks", "1", "--latency-wait", "5")
JOBS = Path(".snakemake") / "cluster-generic"


@pytest.fixture
def repository(copy_sources, tmp_path) -> Path:
    """A copy of the repository's sources, in which jobs are sent as a user would."""
    copy = tmp_path / "repository"
    copy.mkdir()
    return copy_sources(copy)


@pytest.fixture
def call(tmp_path):
    """One of the profile's commands, and the first line that it prints."""

    def run(name: str, *arguments: str) -> str:
        command = [ROOT / PROFILE / name, *arguments]
        result = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
        return result.stdout.strip()

    return run


@pytest.fixture
def submit(call, tmp_path):
    """Send a script; its number."""

    def send(text: str) -> str:
        (tmp_path / "script.sh").write_text(text, encoding="utf-8")
        return call("submit.sh", "2", "500", "10", "1", "script.sh")

    return send


def until(condition, seconds: float = 60) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def asked(folder: Path) -> list[dict[str, str]]:
    """What each job of a run was sent with."""
    files = (folder / JOBS).glob("*/asked")
    return [dict(entry.split("=") for entry in file.read_text(encoding="utf-8").split()) for file in files]


def test_a_run_by_a_submit_command_gives_the_same_bytes(run_snakemake, complete, repository, tmp_path):
    config = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
    config = deepcopy(config) | {"models": {"ode": config["models"]["ode"]}, "ablations": {}}
    label = anchor_label(complete(config).models["ode"])
    graph = f"results/tiny/anchors/{label}/seed0/weight_graph.safetensors"
    here = shutil.copytree(repository, tmp_path / "here")
    sent = run_snakemake(repository, config, graph, flags=SENT, workflow=repository)
    assert sent.returncode == 0, sent.stdout
    # Simulation, snapshots, anchors on a card, weight graph.
    assert Counter(job["gpu"] for job in asked(repository)) == {"0": 3, "1": 1}
    assert all(
        int(job["cores"]) >= 1 and int(job["mem_mb"]) > 0 and int(job["runtime"]) > 0 for job in asked(repository)
    )

    local = run_snakemake(here, config, graph, workflow=here)
    assert local.returncode == 0, local.stdout
    assert (repository / graph).read_bytes() == (here / graph).read_bytes()


def test_a_job_that_fails_elsewhere_fails_here(run_snakemake, repository):
    np.save(repository / "counts.npy", np.full((5, 4, 1), 0.5))
    config = {"datasets": {"mine": {"file": "counts.npy", "kind": "discrete"}}}
    result = run_snakemake(repository, config, "results/mine/source.json", flags=SENT, workflow=repository)
    assert result.returncode != 0
    assert "Error in rule check_file" in result.stdout
    (log,) = (repository / JOBS).glob("*/log")
    assert "Error: counts.npy" in log.read_text(encoding="utf-8")


def test_a_job_runs_and_succeeds(submit, call, tmp_path):
    job = submit("until [ -e go ]; do sleep 0.05; done; echo done\n")
    assert call("status.sh", job) == "running"
    assert asked(tmp_path) == [{"cores": "2", "mem_mb": "500", "runtime": "10", "gpu": "1"}]
    (tmp_path / "go").touch()
    until(lambda: call("status.sh", job) != "running")
    assert call("status.sh", job) == "success"
    assert (tmp_path / JOBS / job / "log").read_text(encoding="utf-8") == "done\n"


def test_a_job_fails(submit, call):
    job = submit("exit 3\n")
    until(lambda: call("status.sh", job) != "running")
    assert call("status.sh", job) == "failed"


def test_a_cancelled_job_ends_with_all_that_it_started(submit, call, tmp_path):
    job = submit("sleep 600 & echo $! > child.new; mv child.new child; wait\n")
    until((tmp_path / "child").exists)
    call("cancel.sh", job)
    assert call("status.sh", job) == "failed"
    child = Path("/proc") / (tmp_path / "child").read_text(encoding="utf-8").strip() / "stat"

    def has_ended() -> bool:
        return not child.exists() or child.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"

    until(has_ended)


def test_the_commands_can_be_started():
    assert all(os.access(file, os.X_OK) for file in (ROOT / PROFILE).glob("*.sh"))

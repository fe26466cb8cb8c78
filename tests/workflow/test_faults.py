"""A killed run, two runs at once, and the report of faults; tests/faults/run.py tries many more."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

import corrupt
from bench import MUTE, RIGHT, SENTENCE, WRONG, Bench, Ended, leftovers, outputs

pytestmark = pytest.mark.workflow
CONFIG = {
    "seeds": [0],
    "datasets": {"one": {"system": "epidemic", "trajectories": 20, "heldout": 20, "observe_every": 50}},
    "models": {},
    "baselines": ["mixture"],
    "evaluation": {"samples": 20, "exact": {"max_states": 0}},
}
TARGET = "results/one/runs/mixture/seed0/prediction.safetensors"


@pytest.fixture
def bench(tmp_path) -> Bench:
    """A small workflow, which has not run yet."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    return Bench(tmp_path / "config.yaml", tmp_path, cores=2, seed=0, targets=(TARGET,))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_killed_run_goes_on_and_a_second_one_is_refused(bench, root):
    assert bench.run(bench.reference).status == 0
    assert len(list(outputs(bench.reference / "results"))) == 3  # or nothing is compared
    folder = bench.scratch / "killed"
    command = bench.command(folder)
    first = subprocess.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while first.poll() is None and not (folder / "results" / "one" / "simulated.safetensors").exists():
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGSTOP)  # so that it still runs when the second one comes
    second = bench.run(folder)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    assert second.status
    assert "Directory cannot be locked" in second.output
    assert bench.differences(folder, missing=False) == []
    assert bench.judge("kill", "once", bench.resume(folder), folder).verdict == RIGHT
    assert leftovers(folder) == []


@pytest.mark.parametrize(
    ("status", "output", "content", "verdict"),
    [
        (0, "", "1\n", RIGHT),
        (0, "", "2\n", WRONG),
        (1, "\nError: metrics.csv: the file is truncated; delete it.\n", "2\n", SENTENCE),
        (1, "WorkflowError:\nThe key seeds is missing; name it.\n", "1\n", SENTENCE),
        (1, 'WorkflowError in rule all in file "a.smk", line 4:\nOutput metrics.csv is old. Now: 1\n', "1\n", SENTENCE),
        (1, "Error: another.csv: the file is truncated; delete it.\n", "1\n", MUTE),
        (1, "Error in rule all: ValueError: no metrics.csv.\n", "1\n", MUTE),
        (1, "Traceback (most recent call last):\nError: metrics.csv, seeds: bad.\n", "1\n", MUTE),
        (1, "WorkflowError:\nAt least one job did not complete successfully (metrics.csv).\n", "1\n", MUTE),
        (1, "", "1\n", MUTE),
    ],
)
def test_what_became_of_a_run_is_told_by_its_files_and_its_words(bench, status, output, content, verdict):
    write(bench.reference, "metrics.csv", "1\n")
    folder = bench.scratch / "run"
    write(folder, "metrics.csv", content)
    wants = "seeds" if "seeds" in output else "metrics.csv"
    assert bench.judge("fault", "once", Ended(status, output), folder, wants=wants).verdict == verdict


def test_measured_seconds_make_no_difference_and_missing_rows_do(bench):
    folder = bench.scratch / "run"
    for place, seconds in ((bench.reference, 1), (folder, 2)):
        write(place, "runtime.csv", f"dataset,model,seed,stage,seconds\none,mixture,0,predict,{seconds}\n")
        write(place, "one/benchmarks/predict.tsv", str(seconds))
    assert bench.differences(folder) == []
    write(folder, "runtime.csv", "dataset,model,seed,stage,seconds\n")
    assert bench.differences(folder) == ["runtime.csv has other rows"]
    write(bench.reference, "summary.csv", "1\n")
    assert bench.differences(folder, missing=False) == []
    assert "summary.csv is missing" in bench.differences(folder)


@pytest.mark.parametrize("name", corrupt.DAMAGES)
@pytest.mark.parametrize("suffix", [".csv", ".json", ".safetensors"])
def test_a_damage_changes_a_file(tmp_path, name, suffix):
    path, other = tmp_path / f"file{suffix}", tmp_path / f"other{suffix}"
    if suffix == ".safetensors":
        save_file({"weights": np.arange(4.0)}, path, metadata={"weightflow": "{}"})
    else:
        path.write_text('{"steps": 3.5}')
    other.write_text("other")
    before = path.read_bytes()
    corrupt.DAMAGES[name](corrupt.Damaged(tmp_path, path, other, None), random.Random(0))
    assert path.read_bytes() != before

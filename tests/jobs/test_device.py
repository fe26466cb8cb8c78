"""Cards: each running job has one of its own, and one that crashed holds none."""

import signal
import subprocess
import sys
import types

import pytest
import torch

from weightflow.jobs import device
from weightflow.jobs.device import job_device, take_card

HOLD = """
import sys, time
from pathlib import Path
from weightflow.jobs.device import take_card
print(take_card(["a", "b"], Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


@pytest.fixture
def job(root, tmp_path):
    """Starts a process that takes one of two cards, and says which."""
    running = []

    def start() -> tuple[subprocess.Popen, int]:
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=root / "workflow" / "scripts", env={"PYTHONPATH": "."}
        )
        running.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.slow
def test_every_job_has_a_card_of_its_own_and_a_killed_one_none(job):
    (first, one), (_, two) = job(), job()
    assert (one, two) == (0, 1)
    _, shared = job()
    assert shared in (0, 1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert job()[1] == 0


def test_a_job_takes_the_first_card_that_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "_held", [])
    assert [take_card(["a", "b", "c"], tmp_path) for _ in range(3)] == [0, 1, 2]
    assert take_card(["a", "b", "c"], tmp_path) in range(3)
    device._held.pop(1).release()
    assert take_card(["a", "b", "c"], tmp_path) == 1


@pytest.mark.parametrize("resources", [{}, {"gpu": 0}, {"gpu": 1}])
def test_without_a_card_or_the_wish_for_one_the_cpu_computes(resources, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: resources.get("gpu", 0) == 0)
    assert job_device(types.SimpleNamespace(resources=resources)).type == "cpu"

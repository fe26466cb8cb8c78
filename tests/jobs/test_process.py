"""Memory that a process keeps, where the C library is glibc, and its threads."""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from weightflow.jobs import process
from weightflow.jobs.process import keep_freed_memory, one_thread


def test_glibc_takes_every_setting(monkeypatch):
    answers = []

    class Library:
        @staticmethod
        def mallopt(name, value):
            answers.append(plain(name, value))

    try:
        plain = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        pytest.skip("the C library here is not glibc")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    keep_freed_memory()
    assert answers == [1, 1, 1]


def test_other_libraries_are_left_alone(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    keep_freed_memory()


def test_linear_algebra_takes_one_thread(monkeypatch):
    for library in ("OMP", "OPENBLAS", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "4")
    np.linalg.inv(np.eye(2))
    torch.set_num_threads(2)
    with threadpool_limits(2), one_thread():
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
        # Torch has a linear algebra of its own, which no list of libraries shows.
        told = re.findall(r"get_(?:num|max)_threads\(\) : (\d+)", torch.__config__.parallel_info())
        assert len(told) >= 2
        assert set(told) == {"1"}


JOB = """
import time
from weightflow.jobs.process import end_with_run
end_with_run(every=0.05)
print("begun", flush=True)
time.sleep(60)
"""
HEAD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {JOB!r}])"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["snakemake", "another"])
def test_a_job_ends_with_its_run_and_with_no_other_program(monkeypatch, name):
    monkeypatch.setenv("PYTHONPATH", str(Path(process.__file__).parents[2]))
    head = subprocess.Popen([sys.executable, "-c", HEAD, name], stdout=subprocess.PIPE, text=True)
    head.stdout.readline()
    (job,) = psutil.Process(head.pid).children()
    head.kill()
    ended, _ = psutil.wait_procs([job], timeout=20 if name == "snakemake" else 1)
    head.stdout.close()
    head.wait()
    assert bool(ended) == (name == "snakemake")
    if job.is_running():
        job.kill()

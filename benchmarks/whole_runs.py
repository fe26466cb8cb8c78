"""Whole runs of the workflow, in folders of their own: how long they take, and what comes out."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from workloads import ROOT


@contextmanager
def folder():
    """An empty working directory for a run."""
    with tempfile.TemporaryDirectory() as path:
        (Path(path) / "resources").symlink_to(ROOT / "resources")
        yield Path(path)


def run(where: Path, *targets: str, config: Mapping[str, Any] | None = None) -> float:
    """Wall-clock seconds of a run with two cores, or with as many as the README says where the config is its own."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(where)]
    command += ["--resources", "gpu=1", "--cores", "8" if config is None else "2", *targets]
    if config is not None:
        path = where / "config.yaml"
        path.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
        command += ["--configfile", str(path)]
    begin = time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-4000:])
    return time.perf_counter() - begin


def mean_of(where: Path, dataset: str, model: str, metric: str, seed: int = 0) -> float:
    """Mean of a metric over all times but the first."""
    table = pd.read_csv(where / "results" / dataset / "runs" / model / f"seed{seed}" / "metrics.csv")
    own = table[(table["metric"] == metric) & (table["time"] > table["time"].min())]
    return float(own["value"].mean())


def largest_job_mb() -> float:
    """Peak memory of the largest process that this one has waited for, directly or not."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

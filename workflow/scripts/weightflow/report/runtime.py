"""What each stage cost: seconds, peak memory and device, from Snakemake's benchmark files."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from weightflow.errors import InputError
from weightflow.storage import read_json, read_metadata

COLUMNS = ["dataset", "model", "seed", "stage", "seconds", "max_rss_mb", "device"]


class StageRun(NamedTuple):
    """One stage that a run went through.

    Attributes:
        dataset: name.
        model: name of the run.
        seed: of the run.
        stage: name.
        benchmark: Snakemake's benchmark file of the job.
        artefact: whose metadata, or the JSON it is, name the device; None for a stage that computes on the CPU.
        seeds: how many the job was for.
    """

    dataset: str
    model: str
    seed: int
    stage: str
    benchmark: str
    artefact: str | None = None
    seeds: int = 1


class PopulationStage(NamedTuple):
    """One stage of a population, or of bands: what it is of, its name, seed and benchmark file."""

    population: str
    stage: str
    seed: int
    benchmark: str


def runtime_table(runs: Iterable[StageRun]) -> pd.DataFrame:
    """One row per run and stage.

    A stage that runs share (the data, the anchors) stands in the rows of each of them with the same
    numbers, so that a run's rows add up to what it would cost alone. What a job does for several seeds is shared
    among them.

    Returns:
        Table with `COLUMNS`; max_rss_mb in mebibytes, empty where the job was too short to be sampled.
    """
    table = []
    for run in runs:
        measured = _last_run(run.benchmark)
        device = _device(Path(run.artefact)) if run.artefact else "cpu"
        seconds = measured["s"] / run.seeds
        table.append((run.dataset, run.model, run.seed, run.stage, seconds, measured["max_rss"], device))
    return pd.DataFrame(table, columns=COLUMNS)


def population_runtime(stages: Iterable[PopulationStage]) -> pd.DataFrame:
    """One row per population, stage and seed.

    Returns:
        Table population, stage, seed, seconds (with the start of the job), max_rss_mb (mebibytes, empty where the job
        was too short to be sampled).
    """
    table = []
    for entry in stages:
        measured = _last_run(entry.benchmark)
        table.append((entry.population, entry.stage, entry.seed, measured["s"], measured["max_rss"]))
    return pd.DataFrame(table, columns=["population", "stage", "seed", "seconds", "max_rss_mb"])


def sum_benchmarks(benchmarks: Iterable[str]) -> pd.DataFrame:
    """A benchmark table of one row: the seconds of all files together, and the largest memory of one."""
    measured = pd.DataFrame([_last_run(path) for path in benchmarks])
    return pd.DataFrame({"s": [measured["s"].sum()], "max_rss": [measured["max_rss"].max()]})


def _last_run(benchmark: str) -> pd.Series:
    """The last row of a benchmark file of Snakemake's.

    Raises:
        InputError: it holds none, or no seconds.
    """
    try:
        row = pd.read_csv(benchmark, sep="\t", na_values="-").iloc[-1]
        if float(row["s"]) >= 0 and not float(row["max_rss"]) < 0:
            return row
    except (ValueError, LookupError, TypeError):
        pass
    raise InputError(f"{benchmark}: holds no measured seconds; delete it and run again, and they are measured anew.")


def _device(artefact: Path) -> str:
    if artefact.suffix == ".json":
        return read_json(artefact).get("device", "cpu")
    file = min(artefact.glob("[!.]*.safetensors")) if artefact.is_dir() else artefact
    return read_metadata(file).get("device", "cpu")

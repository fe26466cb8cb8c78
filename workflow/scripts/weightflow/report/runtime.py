"""Seconds, peak memory and device of each stage, from Snakemake's benchmark files."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from weightflow.errors import InputError
from weightflow.storage import read_json, read_metadata

COLUMNS = ["dataset", "model", "seed", "stage", "seconds", "max_rss_mb", "device"]


class StageRun(NamedTuple):
    """One stage of a run.

    Attributes:
        dataset: name.
        model: name of the run.
        seed: of the run.
        stage: name.
        benchmark: Snakemake's benchmark file of the job.
        artefact: result that names the device, as JSON or in its metadata; None for a stage on the CPU.
        seeds: number of seeds of the job.
    """

    dataset: str
    model: str
    seed: int
    stage: str
    benchmark: str
    artefact: str | None = None
    seeds: int = 1


class PopulationStage(NamedTuple):
    """One stage of a population: its name, stage, seed and benchmark file."""

    population: str
    stage: str
    seed: int
    benchmark: str


def runtime_table(runs: Iterable[StageRun]) -> pd.DataFrame:
    """One row per run and stage.

    A stage shared by several runs (the data, the anchors) is a row of each of them with the same numbers, so the sum
    over a run's rows is its cost without the other runs. The seconds of a job for several seeds are divided by their
    number.

    Returns:
        Table with `COLUMNS`; max_rss_mb in mebibytes, empty for jobs too short to be sampled.
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
        Table population, stage, seed, seconds (with the start of the job), max_rss_mb (mebibytes, empty for jobs too
        short to be sampled).
    """
    table = []
    for entry in stages:
        measured = _last_run(entry.benchmark)
        table.append((entry.population, entry.stage, entry.seed, measured["s"], measured["max_rss"]))
    return pd.DataFrame(table, columns=["population", "stage", "seed", "seconds", "max_rss_mb"])


def sum_benchmarks(benchmarks: Iterable[str]) -> pd.DataFrame:
    """A benchmark table of one row: the sum of the files' seconds, and their largest memory."""
    measured = pd.DataFrame([_last_run(path) for path in benchmarks])
    return pd.DataFrame({"s": [measured["s"].sum()], "max_rss": [measured["max_rss"].max()]})


def _last_run(benchmark: str) -> pd.Series:
    """The last row of one of Snakemake's benchmark files.

    Raises:
        InputError: the file has no row, or no seconds.
    """
    try:
        row = pd.read_csv(benchmark, sep="\t", na_values="-").iloc[-1]
        if float(row["s"]) >= 0 and not float(row["max_rss"]) < 0:
            return row
    except (ValueError, LookupError, TypeError):
        pass
    raise InputError(f"{benchmark}: holds no measured seconds; delete it and run again to measure them.")


def _device(artefact: Path) -> str:
    if artefact.suffix == ".json":
        return read_json(artefact).get("device", "cpu")
    file = min(artefact.glob("[!.]*.safetensors")) if artefact.is_dir() else artefact
    return read_metadata(file).get("device", "cpu")

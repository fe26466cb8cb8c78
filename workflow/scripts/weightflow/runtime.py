"""What each stage cost: seconds, peak memory and device, from Snakemake's benchmark files."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from weightflow.storage import read_json, read_metadata

COLUMNS = ["dataset", "model", "seed", "stage", "seconds", "max_rss_mb", "device"]


def runtime_table(rows: Iterable[tuple[str, str, int, str, str, str | None]]) -> pd.DataFrame:
    """One row per run and stage.

    A stage that runs share (the data, the anchors) stands in the rows of each of them with the same
    numbers, so that a run's rows add up to what it would cost alone.

    Args:
        rows: (dataset, model, seed, stage, benchmark file, artefact or None). The artefact's metadata, or the
            JSON it is, name the device; stages without one compute on the CPU.

    Returns:
        Table with `COLUMNS`; max_rss_mb in mebibytes, empty where the job was too short to be sampled.
    """
    table = []
    for dataset, model, seed, stage, benchmark, artefact in rows:
        measured = _last_run(benchmark)
        device = _device(Path(artefact)) if artefact else "cpu"
        table.append((dataset, model, seed, stage, measured["s"], measured["max_rss"], device))
    return pd.DataFrame(table, columns=COLUMNS)


def sum_benchmarks(benchmarks: Iterable[str]) -> pd.DataFrame:
    """A benchmark table of one row: the seconds of all files together, and the largest memory of one."""
    measured = pd.DataFrame([_last_run(path) for path in benchmarks])
    return pd.DataFrame({"s": [measured["s"].sum()], "max_rss": [measured["max_rss"].max()]})


def _last_run(benchmark: str) -> pd.Series:
    return pd.read_csv(benchmark, sep="\t", na_values="-").iloc[-1]


def _device(artefact: Path) -> str:
    if artefact.suffix == ".json":
        return read_json(artefact).get("device", "cpu")
    file = min(artefact.glob("*.safetensors")) if artefact.is_dir() else artefact
    return read_metadata(file).get("device", "cpu")

"""What each stage cost: seconds, peak memory and device, from Snakemake's benchmark files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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


def estimate_table(stages: Iterable[tuple[str, str, str, int]], costs: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """What stages will cost.

    Args:
        stages: (dataset, model, stage, jobs); no jobs where they are those of a model before.
        costs: of one job of each: `seconds`, `max_rss_mb`, `device`.

    Returns:
        Table dataset, model, stage, jobs, seconds (of one job), max_rss_mb, device.
    """
    rows = [
        (*named, cost["seconds"], cost["max_rss_mb"], cost["device"]) for named, cost in zip(stages, costs, strict=True)
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "stage", "jobs", "seconds", "max_rss_mb", "device"])


def say_estimate(table: pd.DataFrame, cores: int) -> str:
    """The table as text, and what all of it takes on some cores.

    Jobs on the CPU use one core each; those on a card wait for each other.
    """
    shown = table.assign(seconds=table["seconds"].round(1), max_rss_mb=table["max_rss_mb"].round().astype(int))
    spent, on_card = table["jobs"] * table["seconds"], table["device"] != "cpu"
    longest = table.groupby(["dataset", "model"])["seconds"].sum().max()  # stages of a model follow each other
    whole = max(longest, spent[on_card].sum(), spent[~on_card].sum() / cores)
    return (
        f"\n{shown.to_string(index=False)}\n\nModels and their metrics: about {_duration(whole)} on {cores} cores "
        f"({_duration(spent.sum())} of work), at most {shown['max_rss_mb'].max()} MiB a job. Baselines, figures and "
        "the report come on top, minutes at most.\n"
    )


def compare_estimate(runtime: pd.DataFrame, estimate: pd.DataFrame) -> pd.DataFrame:
    """The runtime table with a column estimated_seconds, empty where nothing was estimated."""
    named = estimate.rename(columns={"seconds": "estimated_seconds"})
    keys = ["dataset", "model", "stage"]
    return runtime.merge(named[[*keys, "estimated_seconds"]], on=keys, how="left")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


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

"""The estimate of a run: a table of the cost of each stage, and the total on a machine."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypedDict

import pandas as pd


class StageJobs(NamedTuple):
    """The jobs of a stage that a model needs.

    Attributes:
        dataset: name.
        model: name.
        stage: name.
        jobs: how many; 0 if they are shared with an earlier model.
        seeds: of each job.
    """

    dataset: str
    model: str
    stage: str
    jobs: int
    seeds: int


class Cost(TypedDict):
    """Cost of one job: seconds, mebibytes and the device."""

    seconds: float
    max_rss_mb: float
    device: str


def estimate_table(stages: Iterable[StageJobs], costs: Iterable[Cost], folds: Mapping[str, int]) -> pd.DataFrame:
    """Table of the estimated cost of the stages.

    Args:
        stages: of all models.
        costs: of one job of each.
        folds: number of folds by data set; each fold repeats the stages without one snapshot.

    Returns:
        Table dataset, model, stage, jobs, seeds, seconds (of one job), max_rss_mb, device.
    """
    rows = [
        {**of._asdict(), "jobs": of.jobs * (1 + folds[of.dataset]), **cost}
        for of, cost in zip(stages, costs, strict=True)
    ]
    columns = ["dataset", "model", "stage", "jobs", "seeds", "seconds", "max_rss_mb", "device"]
    return pd.DataFrame(rows, columns=columns)


def say_estimate(table: pd.DataFrame, processors: int, cards: int = 1) -> str:
    """The table as text, with the total time on a machine.

    A job on the CPU uses one processor; a job on a card uses one card.
    """
    if table.empty:
        return "\nThere are no models to estimate; baselines, figures and the report take minutes at most.\n"
    shown = table.assign(seconds=table["seconds"].round(1), max_rss_mb=table["max_rss_mb"].round().astype(int))
    spent, on_card = table["jobs"] * table["seconds"], table["device"] != "cpu"
    longest = table.groupby(["dataset", "model"])["seconds"].sum().max()  # stages of a model follow each other
    whole = max(longest, spent[on_card].sum() / cards, spent[~on_card].sum() / processors)
    return (
        f"\n{shown.to_string(index=False)}\n\nModels and their metrics: about {_duration(whole)} with {processors} "
        f"processors ({_duration(spent.sum())} of work), at most {shown['max_rss_mb'].max()} MiB a job. Baselines, "
        "figures and the report are not included, nor the models of an ablation study.\n"
    )


def compare_estimate(runtime: pd.DataFrame, estimate: pd.DataFrame) -> pd.DataFrame:
    """The runtime table with a column estimated_seconds, for one seed; empty for stages without an estimate."""
    named = estimate.assign(estimated_seconds=estimate["seconds"] / estimate["seeds"])
    keys = ["dataset", "model", "stage"]
    return runtime.merge(named[[*keys, "estimated_seconds"]], on=keys, how="left")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

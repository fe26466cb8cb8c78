"""Stored tables of populations, in the columns of all stored tables."""

from pathlib import Path

import pandas as pd

from weightflow.errors import InputError
from weightflow.report.stored_tables import COLUMNS, SECONDS

FRONTIER = "frontier"  # in place of times: points of generators, whose names end with the value of the knob
RECONSTRUCTED, UNFAMILIAR = "reconstructed", "unfamiliar"  # networks of other populations, trained on or not
VARIANTS = "variants"  # of auto-encoders, whose names end with the weight of the structural loss
_OF_DECODED = ["accuracy", "share", "agreement", "distance"]
_OF_POINTS = ["accuracy", "deviation", "nearest", "nearest_varying", "spread", "overlap", "overlap_among"]


def gather_populations(folder: Path, seeds: int) -> pd.DataFrame:
    """The results of populations as a stored table.

    Data sets are populations, or a population and the task for its fine-tuning or another population that its
    auto-encoder decodes; models are sources of networks, or variants of auto-encoders. In place of times stands the
    layout of the networks, `frontier`, `unfamiliar` or `variants`.

    Args:
        folder: of the tables of populations.
        seeds: of the run.

    Raises:
        InputError: the run has no summary, or other seeds.
    """
    path = folder / "summary.csv"
    if not path.is_file():
        raise InputError(f"{path}: is not there; run `snakemake populations` first.")
    summary = pd.read_csv(path).rename(
        columns={"population": "dataset", "source": "model", "layout": "times", "seeds": "n"}
    )
    if int(summary["n"].max()) != seeds:
        raise InputError(f"{path}: has {summary['n'].max()} seeds and the config {seeds}; run it again.")
    parts = [summary[COLUMNS], _frontiers(folder / "frontier.csv"), _tuned(folder / "transfer.csv")]
    parts += [_zoos(folder / "zoos.csv"), _variants(folder / "variants.csv")]
    parts.append(_seconds(folder / "runtime.csv"))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _frontiers(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS)
    table = pd.read_csv(path)
    names = [row.source if pd.isna(row.value) else f"{row.source} {row.value:g}" for row in table.itertuples()]
    return _over_seeds(table.assign(model=names, times=FRONTIER), _OF_POINTS)


def _tuned(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS)
    table = pd.read_csv(path)
    tasks = [f"{row.task}, last layer only" if row.frozen else row.task for row in table.itertuples()]
    whole = table.assign(population=table["population"] + " → " + tasks, model=table["source"], times="all")
    parts = [_over_seeds(whole[whole["epochs"] == whole["epochs"].min()], ["steps_to"])]
    for epochs, own in whole.groupby("epochs"):
        found = _over_seeds(own, ["accuracy_mean", "ensemble"])
        parts.append(found.assign(metric=found["metric"] + f" after {epochs}"))
    return pd.concat(parts, ignore_index=True)


def _zoos(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS)
    table = pd.read_csv(path)
    whole = table.assign(
        population=table["population"] + " → " + table["zoo"],
        model=table["source"],
        times=table["trained"].map({True: RECONSTRUCTED, False: UNFAMILIAR}),
    )
    return _over_seeds(whole, ["accuracy_originals", *_OF_DECODED])


def _variants(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS)
    table = pd.read_csv(path).rename(columns={"seconds": SECONDS})
    names = [f"{row.variant}, β = {row.structural:g}" for row in table.itertuples()]
    return _over_seeds(table.assign(model=names, times=VARIANTS), [*_OF_DECODED, SECONDS])


def _seconds(path: Path) -> pd.DataFrame:
    """Seconds of each stage."""
    table = pd.read_csv(path).rename(columns={"seconds": SECONDS, "stage": "model"})
    return _over_seeds(table.assign(times="all"), [SECONDS])


def _over_seeds(table: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    """Mean, deviation and number over seeds of each metric."""
    keys = ["population", "model", "times", "seed"]
    long = table[[*keys, *metrics]].melt(keys, metrics, "metric")
    groups = long.groupby(["population", "model", "times", "metric"], sort=False)["value"]
    found = groups.agg(mean="mean", std="std", n="count").reset_index()
    return found.rename(columns={"population": "dataset"})[COLUMNS]

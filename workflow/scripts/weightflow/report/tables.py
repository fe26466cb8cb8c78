"""Tables of the report: rows of numbers as text, with the best marked."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from weightflow.baselines.registry import is_floor
from weightflow.evaluation.ablation_level import BASE
from weightflow.evaluation.moments import ALL, MOMENTS
from weightflow.evaluation.published import OWN, PUBLISHED
from weightflow.evaluation.registry import ordered, panels
from weightflow.evaluation.sample_size import INTERVALS
from weightflow.evaluation.score_tables import at_unseen_times
from weightflow.plots.style import lines
from weightflow.records.bench import Measurements
from weightflow.settings import Plain

MISSING = "–"


def results_table(metrics: Sequence[str], runs: Sequence[str], part: pd.DataFrame) -> dict[str, Any]:
    """Runs as rows, metrics as columns; models and baselines with the best of them marked, then floors.

    Args:
        metrics: in the order of the columns.
        runs: models, baselines and floors, in the order of the rows.
        part: model, metric, mean, std of one data set over the same times.
    """
    found = {(row.model, row.metric): row for row in part.itertuples()}
    best = {}
    for metric in metrics:
        means = [found[run, metric].mean for run in runs if (run, metric) in found and not is_floor(run)]
        best[metric] = min((value for value in means if value == value), default=None)
    looks = lines(runs)

    def cell(run: str, metric: str) -> dict[str, Any]:
        row = found.get((run, metric))
        if row is None:
            return _cell(math.nan, math.nan, None)
        return _cell(row.mean, row.std, None if is_floor(run) else best[metric])

    def rows(names: Sequence[str]) -> list[dict[str, Any]]:
        return [{"label": looks[name].label, "cells": [cell(name, metric) for metric in metrics]} for name in names]

    groups = [rows([run for run in runs if not is_floor(run)]), rows([run for run in runs if is_floor(run)])]
    return {"metrics": metrics, "groups": [group for group in groups if group]}


def ablations_table(table: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, Any]:
    """Levels of the study as rows, grouped by factor, with the best of each factor marked.

    Args:
        table: of one data set, from `ablation_table.tabulate_ablations`.
        labels: of factors; the default is the factor's name.
    """
    own = at_unseen_times(table)
    there = set(own["metric"])
    metrics = [*ordered(there, True), *panels("ablations table", there)]
    groups = []
    for factor, part in own.groupby("factor", sort=False):
        best = {m: part.loc[part["metric"] == m, "mean"].min() for m in metrics}
        rows = []
        for (level, base), found in part.groupby(["level", "base"], sort=False):
            values = found.set_index("metric")
            cells = [_cell_at(values, m, "mean", "std", best[m] if factor != BASE else None) for m in metrics]
            rows.append({"level": level, "base": "" if factor == BASE else base, "cells": cells})
        groups.append({"factor": labels.get(factor, factor), "rows": rows})
    return {
        "times": own["times"].iloc[0],
        "metrics": metrics,
        "groups": groups,
    }


def determination_table(table: pd.DataFrame, models: Sequence[str], most: int) -> dict[str, Any]:
    """R² of each variable as rows, grouped by model, with the moments as columns.

    Args:
        table: with `moments.DETERMINATION`, of one data set.
        models: in the order of the groups.
        most: largest number of rows of a model; the variables with the lowest R² are kept, in their order.
    """
    looks, groups = lines(models), []
    for model in models:
        own = table[table["model"] == model].pivot_table(
            "r2", "variable", "moment", sort=False, dropna=False, aggfunc="first"
        )
        if own.empty:
            continue
        kept = own.min(axis=1).nsmallest(most).index if len(own) > most else own.index
        rows = [
            {"label": str(variable), "cells": [_share(values.get(moment, math.nan)) for moment in MOMENTS]}
            for variable, values in own.iterrows()
            if variable in kept
        ]
        groups.append({"model": looks[model].label, "rows": rows, "variables": len(own)})
    times = table["times"].iloc[0] if len(table) else ALL
    return {"moments": MOMENTS, "times": times, "groups": groups}


def _share(r2: float) -> dict[str, Any]:
    """An R² as text; below zero it fails."""
    if r2 != r2:
        return {"mean": MISSING, "fails": False}
    return {"mean": "< 0" if r2 < 0 else f"{r2:.2f}", "fails": r2 < 0}


def sample_size_tables(table: pd.DataFrame, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """A table for each factor: numbers of states as rows; the first interval and the times after it as columns.

    Args:
        table: with `sample_size.COLUMNS`, of one data set.
        labels: of factors.
    """
    found = []
    for factor, own in table.groupby("factor", sort=False):
        there = set(own["metric"])
        metrics = [*ordered(there, True), *panels("ablations table", there)]
        rows = []
        for states, part in own.groupby("states"):
            values = part.set_index(part["metric"] + " " + part["interval"])
            keys = [f"{metric} {interval}" for metric in metrics for interval in INTERVALS]
            cells = [
                _cell_at(values, key, "mean", "std", None)
                | {"rises": key in values.index and str(values.loc[key, "falls"]) == "False"}
                for key in keys
            ]
            rows.append({"states": f"{states:,}".replace(",", " "), "cells": cells})
        found.append({"label": labels.get(str(factor), factor), "metrics": metrics, "rows": rows})
    return found


def measured_table(measured: Measurements) -> dict[str, Any]:
    """The machine and its benchmarks as text: case, measured, value, target, and whether the target was met."""
    rows = [
        (
            row.case,
            row.measured,
            f"{row.value:.3g} {row.unit}".strip(),
            row.target,
            {True: "yes", False: "no"}.get(row.met, ""),
        )
        for row in measured.numbers.itertuples()
    ]
    return {"machine": measured.machine, "rows": rows}


def published_table(table: pd.DataFrame, runs: Iterable[str]) -> dict[str, Any]:
    """Methods as rows (published ones, this run's, and floors), W and JSD of each data set as columns.

    Args:
        table: with `published.COLUMNS`.
        runs: this run's models, baselines and floors.
    """
    looks = lines(runs)
    datasets = list(dict.fromkeys(table["dataset"]))
    floor = (table["origin"] == OWN) & table["method"].map(is_floor)
    columns = [(dataset, metric) for dataset in datasets for metric in ("w", "jsd")]
    best = {(d, m): table.loc[(table["dataset"] == d) & ~floor, f"{m}_mean"].min() for d, m in columns}
    groups = []
    for part in (table[table["origin"] == PUBLISHED], table[(table["origin"] == OWN) & ~floor], table[floor]):
        rows = []
        for (method, origin), own in part.groupby(["method", "origin"], sort=False):
            values = own.set_index("dataset")
            cells = [
                _cell_at(values, d, f"{m}_mean", f"{m}_std", None if is_floor(method) else best[d, m])
                for d, m in columns
            ]
            label = f"{method} (published)" if origin == PUBLISHED else looks[method].label
            rows.append({"label": label, "cells": cells})
        groups.append(rows)
    return {"datasets": datasets, "groups": [rows for rows in groups if rows]}


def runtimes_table(runs: Sequence[str], part: pd.DataFrame) -> dict[str, Any]:
    """Runs as rows: mean seconds of each stage over the seeds, their sum, peak memory and devices.

    Args:
        runs: in the order of the rows.
        part: model, seed, stage, seconds, max_rss_mb, device of one data set.
    """
    stages = list(dict.fromkeys(part["stage"]))
    seconds = part.pivot_table("seconds", "model", "stage", "mean") if len(part) else pd.DataFrame()
    looks, rows = lines(runs), []
    for run in runs:
        own = part[part["model"] == run]
        if own.empty:
            continue
        spent = [seconds.loc[run].get(stage, float("nan")) for stage in stages]
        memory, devices = own["max_rss_mb"].max(), " + ".join(sorted(set(own["device"].dropna())))
        cells = [_plain(value, 1) for value in (*spent, pd.Series(spent).sum())]
        rows.append((looks[run].label, [*cells, _plain(memory, 0), devices]))
    return {"stages": stages, "rows": rows}


def settings_table(named: Mapping[str, Plain]) -> dict[str, Any]:
    """Nested settings as rows of dotted keys, with a column for each name and a mark on rows that differ."""
    flat = {name: dict(_flatten(settings)) for name, settings in named.items()}
    keys = dict.fromkeys(key for settings in flat.values() for key in settings)
    rows = [(key, [settings.get(key, MISSING) for settings in flat.values()]) for key in keys]
    return {"columns": list(flat), "rows": [(key, values, len(set(values)) > 1) for key, values in rows]}


def _cell_at(values: pd.DataFrame, row: str, mean: str, spread: str, best: float | None) -> dict[str, Any]:
    """The cell of a row, with its mean and spread from two columns; an empty cell if the row is missing."""
    if row not in values.index:
        return _cell(math.nan, math.nan, None)
    return _cell(values.loc[row, mean], values.loc[row, spread], best)


def _cell(mean: float, spread: float, best: float | None) -> dict[str, Any]:
    """A mean and its spread as text, and whether it is the best; an infinite one never is."""
    if mean != mean:
        return {"mean": MISSING, "spread": "", "best": False}
    texts = rounded(mean, spread)
    return {"mean": texts[0], "spread": texts[1], "best": mean == best and math.isfinite(mean)}


def rounded(mean: float, spread: float) -> tuple[str, str]:
    """Three significant digits of the mean, and the same number of decimals of the spread (empty without one)."""
    if mean != mean:
        return MISSING, ""
    if not math.isfinite(mean):
        return "∞" if mean > 0 else "−∞", ""
    decimals = max(0, 2 - int(f"{mean:.2e}".partition("e")[2]))
    form = f".{decimals}f" if decimals <= 6 else ".1e"
    texts = (f"{value:{form}}".replace("-", "−") for value in (mean, spread))
    return next(texts), next(texts) if math.isfinite(spread) else ""


def _plain(value: float, decimals: int) -> str:
    return MISSING if value != value else f"{value:.{decimals}f}"


def _flatten(settings: Plain, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""The report: results, figures and settings as one HTML page that needs no other file and no network."""

import base64
import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from weightflow.ablations import BASE
from weightflow.choices import (
    SMOOTHING,
    STEPS,
    TEACHER,
    Choice,
    rank_models,
    rank_teachers,
    smoothing_scores,
    steps_chosen,
    verdict,
)
from weightflow.evaluation import at_unseen_times
from weightflow.laws import ExactLaw, describe_law, of_all
from weightflow.metric_catalogue import CATALOGUE, ordered, panels
from weightflow.plots.style import DPI, lines
from weightflow.provenance import versions
from weightflow.published import OWN, PUBLISHED
from weightflow.runs import is_floor, is_model
from weightflow.snapshots import Snapshots

MISSING = "–"
_SCREEN_SCALE = 1.35 * 96 / DPI  # a screen is read from further away than a page

_TIMES = {
    "unseen": "Unseen times, where nothing was observed",
    "all": "All times",
    "seen": "Seen times, whose snapshots were trained on",
    "first": "The first interval, before the second snapshot",
}
_INTERVALS = {"first": "First interval", "later": "All other intervals"}
_TITLES = {
    "metrics": "Metrics against time",
    "marginals": "Marginals",
    "joints": "Joint densities",
    "landscape": "Fitness landscape",
    "density": "Density in motion",
    "weights_path": "Path of the weights",
    "latent_path": "Latent path",
    "losses": "Losses",
    "teachers": "Teachers",
    "inference": "Cost of a prediction against its error",
    "ablation": "Ablation",
    "table1": "Beside the published results",
    "model_size": "Size of models",
    "rulegraph": "Rules",
}


@dataclass(frozen=True)
class Source:
    """What the report says about one data set.

    Attributes:
        name: of the data set.
        data: its snapshots.
        origin: where they came from, as the snapshots file says.
        runs: models, baselines and floors, in the order of the tables.
        figures: PNG and GIF files; a name is its kind, or its kind, '-' and a model.
        choices: what was chosen for its models.
        ablations: PNG files of the ablation study's factors.
        law: the exact law, known or not; None where none was asked for.
    """

    name: str
    data: Snapshots
    origin: Mapping[str, Any]
    runs: Sequence[str]
    figures: Sequence[str]
    choices: Sequence[Choice] = ()
    ablations: Sequence[str] = ()
    law: ExactLaw | None = None


@dataclass(frozen=True)
class Comparison:
    """What the report says beyond single data sets; what there is not is left out.

    Attributes:
        ablations: table of the ablation study, from `ablations.tabulate_ablations`.
        published: table with `published.COLUMNS`.
        figures: PNG files over all data sets.
    """

    ablations: pd.DataFrame | None = None
    published: pd.DataFrame | None = None
    figures: Sequence[str] = ()


def render_report(
    template: str,
    captions: Mapping[str, str],
    config: Mapping[str, Any],
    sources: Sequence[Source],
    summary: pd.DataFrame,
    runtime: pd.DataFrame,
    rulegraph: str | Path,
    comparison: Comparison,
    most_teachers: int = 10,
) -> str:
    """The page as HTML.

    Args:
        template: Jinja source of the page.
        captions: by kind of figure, plain text.
        config: complete, with defaults.
        sources: the data sets.
        summary: dataset, model, metric, times, mean, std, n.
        runtime: dataset, model, seed, stage, seconds, max_rss_mb, device.
        rulegraph: PNG file.
        comparison: published results, ablations and figures over all data sets.
        most_teachers: candidates for teacher that are listed for an interval.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    rest = {name: value for name, value in config.items() if name not in ("models", "datasets", "seeds")}
    return environment.from_string(template).render(
        title="WeightFlow report",
        datasets=[
            _dataset(source, captions, summary, runtime, most_teachers)
            | {"ablations": _ablations(source, captions, comparison.ablations, config)}
            for source in sources
        ],
        published=_published(comparison.published, sources),
        overall=[_figure(path, captions, "") for path in comparison.figures],
        seeds=config["seeds"],
        model_settings=_settings_table(config["models"]),
        dataset_settings=_settings_table(config["datasets"]),
        other_settings=_settings_table({"value": rest}),
        versions=versions(),
        rulegraph=_figure(rulegraph, captions, ""),
    )


def _dataset(
    source: Source, captions: Mapping[str, str], summary: pd.DataFrame, runtime: pd.DataFrame, most_teachers: int
) -> dict:
    own = summary[summary["dataset"] == source.name]
    groups = [ordered(own["metric"], proper) for proper in (True, False)]
    parts = {times: own[own["times"] == times] for times in _TIMES}
    anchor = f"data-{source.name}"
    return {
        "name": source.name,
        "anchor": anchor,
        "facts": _facts(source),
        "results": [
            {"title": title, "tables": [_results(group, source.runs, parts[times]) for group in groups if group]}
            for times, title in _TIMES.items()
            if len(parts[times])
        ],
        "meanings": {m: CATALOGUE[m].meaning for group in groups for m in group if m in CATALOGUE},
        "choices": _choices(source, own, most_teachers),
        "figures": [_figure(path, captions, f"{anchor}-") for path in source.figures],
        "runtimes": _runtimes(source.runs, runtime[runtime["dataset"] == source.name]),
    }


def _choices(source: Source, own: pd.DataFrame, most_teachers: int) -> dict[str, Any]:
    """The verdict on the models, and a table for each choice that there was; numbers as text."""
    models = [run for run in source.runs if is_model(run)]
    groups: dict[tuple[str, str], list[Choice]] = {}
    for choice in source.choices:
        groups.setdefault((choice.kind, choice.title), []).append(choice)
    teachers, smoothing = [], []
    for (kind, title), group in groups.items():
        if kind == TEACHER:
            ranked = rank_teachers(group[0], most_teachers)
            parts = [
                {
                    "title": _INTERVALS[str(interval)],
                    "candidates": int(part["candidates"].iloc[0]),
                    "shown": len(part),
                    "rows": [
                        (
                            row.teacher,
                            f"{row.bandwidth:g}",
                            f"{row.nll:.4f}",
                            _signed(row.behind, row.error),
                            row.chosen,
                        )
                        for row in part.itertuples()
                    ],
                }
                for interval, part in ranked.groupby("interval", sort=False)
            ]
            teachers.append({"models": title, "parts": parts})
        if kind == SMOOTHING and len(scores := smoothing_scores(group)):
            seeds, rows = [choice.seed for choice in group], []
            for values, part in scores.groupby(["hidden", "curvature", "roughness"], sort=False):
                by_seed = part.set_index("seed")
                cells = [(f"{by_seed['nll'][seed]:.4f}", bool(by_seed["chosen"][seed])) for seed in seeds]
                rows.append(([f"{value:g}" for value in values], cells))
            smoothing.append({"models": title, "seeds": seeds, "rows": rows})
    steps = steps_chosen([choice for choice in source.choices if choice.kind == STEPS])
    whole = of_all(source.law, len(source.data.variables)) is not None
    return {
        "verdict": verdict(rank_models(own, models, whole), models[0]) if models else "",
        "teachers": teachers,
        "smoothing": smoothing,
        "steps": [
            (model, [(f"{row.steps:d} of {row.most:d}", f"{row.gain:.4f}") for row in part.itertuples()])
            for model, part in steps.groupby("model", sort=False)
        ],
    }


def _ablations(
    source: Source, captions: Mapping[str, str], table: pd.DataFrame | None, config: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Figures of the study, and a table of its levels with the best of each factor marked."""
    if table is None or not source.ablations:
        return None
    own = at_unseen_times(table[table["dataset"] == source.name])
    there = set(own["metric"])
    metrics = [*ordered(there, True), *panels(("w_marginal", "jsd_marginal"), there)]
    labels, groups = config["ablations"]["labels"], []
    for factor, part in own.groupby("factor", sort=False):
        best = {m: part.loc[part["metric"] == m, "mean"].min() for m in metrics}
        rows = []
        for (level, base), found in part.groupby(["level", "base"], sort=False):
            values = found.set_index("metric")
            cells = [
                _cell(values.loc[m, "mean"], values.loc[m, "std"], best[m] if factor != BASE else None)
                if m in values.index
                else _cell(math.nan, math.nan, None)
                for m in metrics
            ]
            rows.append({"level": level, "base": "" if factor == BASE else base, "cells": cells})
        groups.append({"factor": labels.get(factor, factor), "rows": rows})
    return {
        "times": own["times"].iloc[0],
        "metrics": metrics,
        "groups": groups,
        "figures": [_figure(path, captions, f"data-{source.name}-") for path in source.ablations],
    }


def _published(table: pd.DataFrame | None, sources: Sequence[Source]) -> dict[str, Any] | None:
    """Methods as rows, W and JSD of each data set as columns: published ones, this run's, and floors."""
    if table is None or table.empty:
        return None
    looks = lines(run for source in sources for run in source.runs)
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
                _cell(values.loc[d, f"{m}_mean"], values.loc[d, f"{m}_std"], None if is_floor(method) else best[d, m])
                if d in values.index
                else _cell(math.nan, math.nan, None)
                for d, m in columns
            ]
            label = f"{method} (published)" if origin == PUBLISHED else looks[method].label
            rows.append({"label": label, "cells": cells})
        groups.append(rows)
    return {"datasets": datasets, "groups": [rows for rows in groups if rows]}


def _signed(value: float, error: float) -> str:
    return f"{value:.4f} ± {error:.4f}" if value else "0"


def _facts(source: Source) -> dict[str, str]:
    data = source.data
    unseen = len(data.times) - len(data.observed_times)
    truth = {
        "heldout": "the held-out part, which no model saw",
        "training": "the training part itself, all of its times",
    }[data.reference]
    facts = {
        "variables": f"{len(data.variables)}: {', '.join(data.variables)}",
        "states": f"counts 0 … {data.states - 1} per variable" if data.discrete else "real values",
        "times": f"{len(data.times)}, {data.time_label} {data.times[0]:g} … {data.times[-1]:g}",
        "observed": f"{len(data.observed_times)} snapshots; {unseen or 'none'} of the times are unseen",
        "training part": f"{_sizes(data.training)} states at each time",
        "held-out part": f"{_sizes(data.heldout)} states at each time" if any(map(len, data.heldout)) else "none",
        "truth": f"{truth} ({_sizes(data.truth)} states at each time)",
    }
    if source.law is not None:
        facts["exact law"] = describe_law(source.law, data.variables)
    if made := source.origin.get("file"):
        facts["file"] = f"{made['file']} (SHA-256 {made['sha256']})"
    if made := source.origin.get("system"):
        facts["simulated from"] = ", ".join(Path(path).stem for path in made["inputs"])
    return facts


def _sizes(snapshots: Sequence[Any]) -> str:
    sizes = [len(snapshot) for snapshot in snapshots]
    return str(sizes[0]) if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"


def _results(metrics: Sequence[str], runs: Sequence[str], part: pd.DataFrame) -> dict[str, Any]:
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


def _cell(mean: float, spread: float, best: float | None) -> dict[str, Any]:
    """A mean and its spread as text, and whether it is the best."""
    if mean != mean:
        return {"mean": MISSING, "spread": "", "best": False}
    texts = _rounded(mean, spread)
    return {"mean": texts[0], "spread": texts[1], "best": mean == best}


def _rounded(mean: float, spread: float) -> tuple[str, str]:
    """Three significant digits of the mean, and as many decimals of its spread (empty without one)."""
    if not math.isfinite(mean):
        return "∞", ""
    decimals = max(0, 2 - int(f"{mean:.2e}".partition("e")[2]))
    form = f".{decimals}f" if decimals <= 6 else ".1e"
    texts = (f"{value:{form}}".replace("-", "−") for value in (mean, spread))
    return next(texts), next(texts) if math.isfinite(spread) else ""


def _figure(path: str | Path, captions: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """An image as base64 with its size on a page, so that the page does not jump while it loads."""
    content, stem, form = Path(path).read_bytes(), Path(path).stem, Path(path).suffix[1:]
    kind, _, model = stem.partition("-")
    if form == "gif":
        size = struct.unpack("<HH", content[6:10])
    else:
        size = tuple(round(pixels * _SCREEN_SCALE) for pixels in struct.unpack(">II", content[16:24]))
    return {
        "anchor": f"{prefix}{stem}",
        "title": f"{_TITLES[kind]} ({model})" if model else _TITLES[kind],
        "caption": " ".join(captions[kind].split()),
        "image": f"data:image/{form};base64,{base64.b64encode(content).decode('ascii')}",
        "width": size[0],
        "height": size[1],
    }


def _runtimes(runs: Sequence[str], part: pd.DataFrame) -> dict[str, Any]:
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


def _plain(value: float, decimals: int) -> str:
    return MISSING if value != value else f"{value:.{decimals}f}"


def _settings_table(named: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Nested settings of several things as rows of dotted keys, with a mark where they differ."""
    flat = {name: dict(_flatten(settings)) for name, settings in named.items()}
    keys = dict.fromkeys(key for settings in flat.values() for key in settings)
    rows = [(key, [settings.get(key, MISSING) for settings in flat.values()]) for key in keys]
    return {"columns": list(flat), "rows": [(key, values, len(set(values)) > 1) for key, values in rows]}


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

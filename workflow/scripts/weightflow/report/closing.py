"""The last lines of a run that succeeded: its main numbers, and where its reports are."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from weightflow.baselines.registry import BASELINES, is_model
from weightflow.evaluation.leave_one_out import TIMES as LEFT_OUT
from weightflow.evaluation.registry import METRICS, panels
from weightflow.evaluation.score_tables import EXTRAPOLATED, at_unseen_times
from weightflow.evaluation.trust import LEFT_OUT as FOLDS
from weightflow.evaluation.trust import PAST, SEEN, UNSEEN, find_verdict
from weightflow.report.story import tell_verdict
from weightflow.report.tables import rounded

_TIMES = {
    "unseen": "unseen times",
    EXTRAPOLATED: "times past the last snapshot",
    "all": "all times, on which it was trained",
    LEFT_OUT: "left-out snapshots",
}
_EVIDENCE = {
    FOLDS: "left-out snapshots",
    UNSEEN: "times between the snapshots",
    PAST: "times past the last snapshot",
    SEEN: "held-out states of the snapshots",
}


def main_numbers(summary: pd.DataFrame, runs: Mapping[str, Sequence[str]]) -> list[str]:
    """The main metrics of the first model on each data set, each beside the best baseline's.

    Main metrics are the first one of the figure of metrics and those of whole densities.

    Args:
        summary: the table `summary.csv`.
        runs: models, baselines and floors of each data set, in the order of the tables.
    """
    found = []
    for dataset, names in runs.items():
        model = next(filter(is_model, names), None)
        table = summary[summary["dataset"] == dataset]
        left_out, own = table[table["times"] == LEFT_OUT], at_unseen_times(table)
        for part, figure in ((left_out, "leave_one_out"), (own, "metrics")):
            if model and (lines := _lines(part, names, model, figure)):
                found += [f"{dataset}, {model} at {_TIMES[part['times'].iloc[0]]}:", *lines]
    return found


def _lines(own: pd.DataFrame, names: Sequence[str], model: str, figure: str) -> list[str]:
    """The model's main metrics among those of a figure, each beside the best baseline's."""
    means = {(row.metric, row.model): row.mean for row in own.itertuples() if row.mean == row.mean}
    shown, lines = panels(figure, {metric for metric, name in means if name == model}), []
    for metric in shown:
        if metric == shown[0] or METRICS[metric].compares == "density":
            others = {
                name: means[metric, name]
                for name in names
                if name in BASELINES and math.isfinite(means.get((metric, name), math.inf))
            }
            best = min(others, key=lambda name: others[name]) if others else None
            beside = f" ({rounded(others[best], 0)[0]} {best})" if best else ""
            lines.append(f"  {METRICS[metric].words} {rounded(means[metric, model], 0)[0]}{beside}")
    return lines


def verdicts(
    metrics: pd.DataFrame | None, left_out: pd.DataFrame | None, runs: Mapping[str, Sequence[str]]
) -> list[str]:
    """A line for each data set on the first model beside the best alternative with a likelihood.

    Args:
        metrics: the table `metrics.csv`, or None.
        left_out: the table `leave_one_out.csv`, or None.
        runs: as for `main_numbers`.
    """
    lines: list[str] = []
    if metrics is None:
        return lines
    for dataset, names in runs.items():
        model = next(filter(is_model, names), None)
        found = find_verdict(metrics, left_out, dataset, model, names) if model else None
        if model and found:
            lines.append(f"{dataset}, by {_EVIDENCE[found[0]]}: {tell_verdict(found[1], model)}")
    return lines


def closing_lines(
    summary: Path, runs: Mapping[str, Sequence[str]], pages: Iterable[Path], since: float, model: Path | None = None
) -> list[str]:
    """What the run says last, of the files that it made.

    Args:
        summary: the file of the summary table, which need not exist.
        runs: as for `main_numbers`.
        pages: files of reports, which need not exist.
        since: start of the run, in seconds since the epoch.
        model: folder of a model's run, if there is one, for Python.
    """

    def is_made(path: Path) -> bool:
        return path.is_file() and path.stat().st_mtime >= since

    numbers = main_numbers(pd.read_csv(summary), runs) if is_made(summary) else []
    title = ["Main numbers of the first model, lower is better (in brackets the best baseline):"] if numbers else []
    loads = [f'From Python: weightflow.load("{model}")'] if numbers and model is not None and model.is_dir() else []
    told = [] if not numbers else verdicts(_table(summary, "metrics"), _table(summary, "leave_one_out"), runs)
    return [*title, *numbers, *told, *loads, *(f"Report: {page.resolve()}" for page in pages if is_made(page))]


def _table(summary: Path, name: str) -> pd.DataFrame | None:
    """A table beside the summary, if it is there."""
    path = summary.with_name(f"{name}.csv")
    return pd.read_csv(path) if path.is_file() else None

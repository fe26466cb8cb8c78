"""Errors of the prediction of each left-out snapshot from the others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.baselines.registry import SPLIT_HALF, is_model
from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.registry import METRICS, panels
from weightflow.plots import style

_ROW = 0.46 * style.CM  # height of a run


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, scores. Parameters: dataset, runs."""
    scores = pd.read_csv(inputs.scores)
    own = scores[scores["dataset"] == params.dataset]
    return plot_leave_one_out(own, style.lines([*params.runs, SPLIT_HALF]), read_snapshots(inputs.snapshots).time_label)


def plot_leave_one_out(scores: pd.DataFrame, lines: Mapping[str, style.Line], time_label: str) -> Figure:
    """A panel per metric; rows are runs, points the left-out snapshots, and marks the means over them.

    A row with an infinite value says at which snapshots, and has no mean.

    Args:
        scores: model, seed, time, metric, value of one data set, from `leave_one_out.left_out_scores`, with floors.
        lines: of the runs, in the order of the rows.
        time_label: of the snapshots' times.
    """
    known = scores[scores["value"].notna() & scores["model"].isin(lines)]
    shown = panels("leave_one_out", known["metric"])
    with style.look():
        if not shown:
            return style.empty("No snapshot was left out.")
        runs = {metric: [run for run in lines if _is_drawn(known, run, metric)] for metric in shown}
        width = style.PAGE if len(shown) > 1 else style.COLUMN
        height = max(map(len, runs.values())) * _ROW + 3.2 * style.CM
        figure, axes = style.grid(1, len(shown), width, height)
        norm = Normalize(known["time"].min(), known["time"].max())
        for metric, panel in zip(shown, axes[0], strict=True):
            _panel(panel, known[known["metric"] == metric], runs[metric], lines, norm)
            panel.set_xlabel(METRICS[metric].label)
        handles = [
            Line2D([], [], color=style.BLACK, marker="|", markersize=9, mew=1.6, ls="", label="mean over snapshots")
        ]
        if SPLIT_HALF in set(known["model"]):
            handles.append(
                Line2D([], [], color=style.GREY, ls="--", lw=0.9, label="floor: random halves of a snapshot")
            )
        colours = colormaps[style.TIME_COLOURS]
        times = sorted(known["time"].unique())
        if len(times) <= 6:
            dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4}
            for time in times:
                label = f"left out: {style.at_time(time_label, time)}"
                handles.append(Line2D([], [], color=colours(norm(time)), **dot, label=label))
        else:
            shade = ScalarMappable(norm, colours)
            style.time_bar(figure, shade, f"left out, {style.short_label(time_label)}", ax=axes[:, -1], pad=0.02)
        style.legend_above(figure, handles, 3 if len(shown) > 1 else 1)
    return figure


def _is_drawn(scores: pd.DataFrame, run: str, metric: str) -> bool:
    return run != SPLIT_HALF and bool(((scores["model"] == run) & (scores["metric"] == metric)).any())


def _spread(values: pd.Series) -> float:
    return float(values.std()) if np.isfinite(values).all() else float("nan")


def _panel(panel: Axes, own: pd.DataFrame, runs: list[str], lines: Mapping[str, style.Line], norm: Normalize) -> None:
    colours = colormaps[style.TIME_COLOURS]
    floor = own.loc[own["model"] == SPLIT_HALF, "value"]
    if len(floor):
        panel.axvline(floor.mean(), color=style.GREY, linestyle="--", linewidth=0.9, zorder=0)
    for place, run in enumerate(runs):
        at = own[own["model"] == run].groupby("time")["value"].agg(["mean", _spread]).reset_index()
        at.columns = ["time", "mean", "std"]
        infinite = at.loc[np.isinf(at["mean"]), "time"]
        if len(infinite):  # no mean either
            text = "infinite" if len(infinite) == len(at) else f"infinite at {style.spans(infinite, at['time'])}"
            panel.text(0.99, place, text, ha="right", va="center", fontsize=6, transform=panel.get_yaxis_transform())
        for row in at[np.isfinite(at["mean"])].itertuples():
            colour = colours(norm(row.time))
            spread = None if np.isnan(row.std) else row.std
            panel.errorbar(row.mean, place, xerr=spread, fmt="o", color=colour, markersize=3.6, elinewidth=0.8)
        if not len(infinite):
            panel.plot(at["mean"].mean(), place, "|", color=style.BLACK, markersize=11, mew=1.6, zorder=5)
    panel.set_yticks(range(len(runs)), [lines[run].label for run in runs])
    for tick, run in zip(panel.get_yticklabels(), runs, strict=True):
        tick.set_color(lines[run].color if is_model(run) else style.BLACK)
    panel.set_ylim(len(runs) - 0.4, -0.6)
    if np.isinf(own["value"]).any():  # room for the words at the right
        low, high = panel.get_xlim()
        panel.set_xlim(right=high + 0.45 * (high - low))
    panel.grid(axis="x", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)

"""Metrics against time, of every model, baseline and floor."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.evaluation.registry import METRICS, panels
from weightflow.plots import style

COLUMNS = 2
MOST_MARKS = 30  # observed times with marks over the whole height of a panel
MARKS = "#dcdcdc"
PAST = "#f1ede4"


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, metrics. Parameters: dataset, its runs."""
    table = pd.read_csv(inputs.metrics)
    own = table[table["dataset"] == params.dataset]
    return plot_metrics(read_snapshots(inputs.snapshots), own, style.lines(params.runs))


def plot_metrics(data: Snapshots, table: pd.DataFrame, lines: Mapping[str, style.Line]) -> Figure:
    """One panel per metric: mean over seeds, a band of one standard deviation, marks at observed times.

    A curve breaks where a value is infinite or missing, and a note in the panel says so.
    Times past the last snapshot are shaded. Distances from the exact law replace those from samples where the law is
    known. The first time is left out, as in the tables: the initial snapshot is given.

    Args:
        data: the data set, for its observed times.
        table: model, seed, time, metric, value, of this data set.
        lines: of the models, in the order of the legend.
    """
    later = table[table["time"] > table["time"].min()]
    shown, is_past = panels("metrics", later["metric"]), data.times[-1] > data.observed_times[-1]
    with style.look():
        if not shown:
            return style.empty("No metric is defined for these data.")
        rows = -(-len(shown) // COLUMNS)
        figure, axes = style.grid(rows, COLUMNS, style.PAGE, (2 + 5 * rows) * style.CM, sharex=True)
        used, spare = axes.flat[: len(shown)], axes.flat[len(shown) :]
        for metric, panel in zip(shown, used, strict=True):
            _curves(panel, later[later["metric"] == metric], lines, not METRICS[metric].linear)
            reach = 1 if len(data.observed_times) <= MOST_MARKS else 0.03
            for time in data.observed_times:
                panel.axvline(time, ymax=reach, color=MARKS, linewidth=0.8, zorder=0)
            if is_past:
                panel.axvspan(data.observed_times[-1], data.times[-1], color=PAST, linewidth=0, zorder=-1)
            panel.set_ylabel(METRICS[metric].label)
            panel.margins(x=0.01)
        for panel in used[-COLUMNS:]:
            panel.set_xlabel(data.time_label)
            panel.tick_params(labelbottom=True)
        finite = set(later.loc[np.isfinite(later["value"]) & later["metric"].isin(shown), "model"])
        drawn = [name for name in lines if name in finite]
        handles = [Line2D([], [], **lines[name].plot(), marker=lines[name].marker, markersize=3) for name in drawn]
        handles.append(Line2D([], [], color=MARKS, linewidth=1, label="observed times"))
        past = [Patch(color=PAST, label="past the last snapshot")] if is_past else []
        for panel in spare:
            panel.set_axis_off()
            panel.legend(handles=[*handles, *past], loc="center", ncols=2)
        if not len(spare):
            style.legend_above(figure, [*handles, *past], 4)
    return figure


def _curves(panel: Axes, values: pd.DataFrame, lines: Mapping[str, style.Line], log: bool) -> None:
    """Curves; zeros, from baselines that repeat the truth, lie below a logarithmic axis."""
    if log:
        panel.set_yscale("log", nonpositive="clip")
        panel.set_ylim(*_range(values["value"].to_numpy()))
    times, told = np.unique(values["time"]), {}
    for order, (name, line) in enumerate(lines.items()):
        own = values[values["model"] == name].groupby("time")["value"]
        if not len(own):
            continue
        # A time that a seed lacks is missing, rather than a mean over the others.
        mean = own.mean().where(own.size() == own.size().max()).reindex(times).to_numpy()
        told[line.label] = style.gap(times, mean)
        finite = np.isfinite(mean)
        if not finite.any():
            continue
        mean = np.where(finite, mean, np.nan)
        spread = np.where(finite, own.agg(_spread).reindex(times).fillna(0).to_numpy(), np.nan)
        every = max(1, len(times) // 8)
        panel.plot(times, mean, **line.plot(), marker=line.marker, markersize=3, markevery=(order % every, every))
        # A value between two gaps has no line.
        alone = finite & ~np.append(finite[1:], False) & ~np.append(False, finite[:-1])
        panel.plot(times[alone], mean[alone], ".", color=line.color, markersize=3, zorder=line.zorder)
        if np.nanmax(spread) > 0:
            band = np.maximum(mean - spread, 0), mean + spread
            panel.fill_between(times, *band, color=line.color, alpha=0.15, linewidth=0, zorder=line.zorder - 1)
    style.tell_gaps(panel, told, {line.label: line.color for line in lines.values()})


def _spread(values: pd.Series) -> float:
    """Standard deviation over seeds; 0 beside an infinite value, where no curve is drawn."""
    return float(values.std()) if np.isfinite(values).all() else 0.0


def _range(values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    positive = values[values > style.ROUNDING * np.max(values, initial=0.0)]
    if not len(positive):
        return 1e-3, 1.0
    return 0.8 * float(np.quantile(positive, 0.002)), 1.15 * float(positive.max())

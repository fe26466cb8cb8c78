"""Errors against the number of training states, the first interval and the times after it apart."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FormatStrFormatter, FuncFormatter, LogLocator, NullFormatter, NullLocator

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.registry import METRICS, compared
from weightflow.evaluation.sample_size import INTERVALS, LATER
from weightflow.evaluation.score_tables import FIRST
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style

_PANELS = 3
_NARROW = 4  # ratio of the largest to the smallest mean below which all ticks have numbers
_LOOKS = {
    FIRST: style.Line("before the second snapshot", style.VERMILLION, (0, (5, 2)), "s"),
    LATER: style.Line("from the second snapshot on", style.BLUE, "-", "o"),
}


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, law, table. Parameters: dataset, factor."""
    table = pd.read_csv(inputs.table)
    own = table[(table["dataset"] == params.dataset) & (table["factor"] == params.factor)]
    law_of_all = of_all(known_law(inputs.law), len(read_snapshots(inputs.snapshots).variables)) is not None
    return plot_sample_size(own, law_of_all)


def plot_sample_size(table: pd.DataFrame, law_of_all: bool) -> Figure:
    """A panel per metric: mean ± standard deviation over seeds against the states of a snapshot, a curve per interval.

    A note says at which numbers of states a curve does not fall, or is infinite or missing.

    Args:
        table: with `sample_size.COLUMNS`, of one data set and factor.
        law_of_all: whether the exact law covers all variables, so that joint distributions are compared with it.
    """
    shown = compared("ablation", set(table["metric"]), law_of_all)[:_PANELS]
    with style.look():
        if not shown:
            return style.empty("No metric is defined for these data.")
        width = style.PAGE if len(shown) > 1 else style.COLUMN
        figure, axes = style.grid(1, len(shown), width, 6.4 * style.CM)
        for metric, panel in zip(shown, axes[0], strict=True):
            _curves(panel, table[table["metric"] == metric], not METRICS[metric].linear)
            panel.set_ylabel(METRICS[metric].label)
        figure.supxlabel("training states N of each snapshot", fontsize=8)
        handles = [Line2D([], [], **line.plot(), marker=line.marker, markersize=4) for line in _LOOKS.values()]
        style.legend_above(figure, handles, 2)
    return figure


def _curves(panel: Axes, own: pd.DataFrame, log: bool) -> None:
    told = {}
    panel.set_xscale("log")
    positive = own.loc[np.isfinite(own["mean"]) & (own["mean"] > 0), "mean"]
    if log and len(positive):
        panel.set_yscale("log", nonpositive="clip")
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        narrow = positive.max() < _NARROW * positive.min()
        panel.yaxis.set_minor_formatter(FormatStrFormatter("%g") if narrow else NullFormatter())
    sizes = np.unique(own["states"])
    for interval in INTERVALS:
        part, line = own[own["interval"] == interval].set_index("states").reindex(sizes), _LOOKS[interval]
        mean = part["mean"].to_numpy(dtype=float)
        spread = part["std"].where(np.isfinite(part["mean"]) & np.isfinite(part["std"]), 0).to_numpy(dtype=float)
        drawn = np.where(np.isfinite(mean), mean, np.nan)
        look = line.plot() | {"marker": line.marker, "markersize": 4, "capsize": 2}
        if np.isfinite(mean).any():
            panel.errorbar(sizes, drawn, yerr=spread, **look)
        stuck = sizes[(part["falls"].astype(str) == "False").to_numpy()]
        steps = f"does not fall at N = {style.spans(stuck, sizes)}" if len(stuck) else ""
        told[line.label] = "; ".join(filter(None, (style.gap(sizes, mean, "N"), steps)))
    panel.xaxis.set_major_locator(FixedLocator(list(sizes)))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}".replace(",", " ")))
    panel.tick_params(axis="x", rotation=45, labelsize=6)
    panel.grid(axis="y", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    style.tell_gaps(panel, told, {line.label: line.color for line in _LOOKS.values()}, length=38)

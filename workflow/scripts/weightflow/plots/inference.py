"""Error of predictions against their cost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from weightflow.baselines.registry import is_floor
from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.registry import METRICS, compared
from weightflow.evaluation.score_tables import at_unseen_times
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style

_PANELS = 2


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, law, summary, runtime. Parameters: dataset, its runs."""
    tables = [pd.read_csv(path) for path in (inputs.summary, inputs.runtime)]
    summary, runtime = (table[table["dataset"] == params.dataset] for table in tables)
    law_of_all = of_all(known_law(inputs.law), len(read_snapshots(inputs.snapshots).variables)) is not None
    return plot_inference(summary, runtime, style.lines(params.runs), law_of_all)


def plot_inference(
    summary: pd.DataFrame, runtime: pd.DataFrame, lines: Mapping[str, style.Line], law_of_all: bool
) -> Figure:
    """A panel for each of two metrics, a mark for each run with the standard deviations over seeds.

    Floors are left out, since they are not predictions. A note names the runs whose error is infinite, or zero on a
    logarithmic axis.

    Args:
        summary: model, metric, times, mean, std of one data set.
        runtime: model, seed, stage, seconds of this data set.
        lines: of the runs, in the order of the legend.
        law_of_all: whether the exact law covers all variables, so that joint distributions are compared with it.
    """
    seconds = runtime[runtime["stage"] == "predict"].groupby("model")["seconds"].agg(["mean", "std"])
    part = at_unseen_times(summary)
    runs = [run for run in lines if run in seconds.index and not is_floor(run)]
    part = part[part["model"].isin(runs) & part["mean"].notna()]
    infinite, part = part[np.isinf(part["mean"])], part[np.isfinite(part["mean"])]
    linear = (
        part["metric"].map(lambda metric: METRICS[metric].linear).astype(bool)
    )  # metrics on linear axes may be negative
    positive = linear | (part["mean"] > style.ROUNDING * part.groupby("metric")["mean"].transform("max"))
    zero, part = part[~positive], part[positive]
    shown = compared("ablation", part["metric"], law_of_all)[:_PANELS]
    with style.look():
        if not shown:
            return style.empty("No metric is defined for these data.")
        figure, axes = style.grid(1, len(shown), style.PAGE, 7.5 * style.CM)
        for metric, panel in zip(shown, axes[0], strict=True):
            values = part[part["metric"] == metric].set_index("model")
            for run in runs:
                if run in values.index:
                    row, spent, look = values.loc[run], seconds.loc[run], lines[run]
                    spreads = {
                        axis: None if np.isnan(found["std"]) else found["std"]
                        for axis, found in (("xerr", spent), ("yerr", row))
                    }
                    mark = {"marker": look.marker or "o", "color": look.color, "markersize": 4, "capsize": 2}
                    panel.errorbar(spent["mean"], row["mean"], **spreads, **mark, linestyle="", zorder=look.zorder)
            panel.set_xscale("log")
            if not METRICS[metric].linear:
                panel.set_yscale("log", nonpositive="clip")
            for axis in [panel.xaxis] if METRICS[metric].linear else [panel.xaxis, panel.yaxis]:
                axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axis.set_major_formatter(FormatStrFormatter("%g"))
                axis.set_minor_formatter(NullFormatter())
            panel.set_ylabel(METRICS[metric].label)
            panel.set_xlabel("seconds of the prediction")
            panel.grid(color="#ececec", linewidth=0.6)
            panel.set_axisbelow(True)
            left = {lines[run].label: "infinite" for run in infinite.loc[infinite["metric"] == metric, "model"]}
            left |= {lines[run].label: "zero" for run in zero.loc[zero["metric"] == metric, "model"]}
            style.tell_gaps(panel, left)
        handles = [
            Line2D([], [], color=lines[run].color, marker=lines[run].marker or "o", ls="", ms=4, label=lines[run].label)
            for run in runs
            if run in set(part.loc[part["metric"].isin(shown), "model"])
        ]
        style.legend_above(figure, handles, 4)
    return figure

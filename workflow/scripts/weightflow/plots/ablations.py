"""The ablation study: the base model's metrics, and those of every change of its settings."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.plots import style

SHOWN = {
    "kl_exact": "KL divergence of the joint\nfrom the exact law (nats)",
    "nll": "−log likelihood of held-out\nstates (nats per variable)",
    "jsd_marginal_exact": "JSD of the marginals\nfrom the exact law (nats)",
    "jsd_marginal": "JSD of the marginals from\nsamples of the truth (nats)",
}
INSTEAD_OF = {"nll": "kl_exact", "jsd_marginal": "jsd_marginal_exact"}
_ROW = 0.42 * style.CM  # height of a level
_LOG_FROM = 8  # ratio of the largest to the smallest mean from which an axis is logarithmic


def plot_ablations(table: pd.DataFrame) -> Figure:
    """A row of panels per factor, a column per metric: mean ± standard deviation over seeds of each level.

    The base model is a band through all panels of a column; the level that equals it is a ring. Unseen times are
    shown where there are any.

    Args:
        table: factor, level, model, metric, times, mean, std of one data set, from `ablations.tabulate_ablations`.
    """
    part = table[table["times"] == ("unseen" if "unseen" in set(table["times"]) else "all")]
    there = set(part["metric"])
    shown = [metric for metric in SHOWN if metric in there and INSTEAD_OF.get(metric) not in there]
    levels = {f: list(dict.fromkeys(own["level"])) for f, own in part.groupby("factor", sort=False) if f != "base"}
    with style.look():
        if not shown or not levels:
            figure, axes = style.grid(1, 1, style.COLUMN, 2 * style.CM)
            style.note(axes[0, 0], "No metric is defined for these data.")
            return figure
        heights = [len(names) + 1.6 for names in levels.values()]
        figure, axes = style.grid(
            len(levels),
            len(shown),
            style.PAGE if len(shown) > 1 else style.COLUMN,
            sum(heights) * _ROW + 2.4 * style.CM,
            sharex="col",
            sharey="row",
            height_ratios=heights,
        )
        for metric, column in zip(shown, axes.T, strict=True):
            values = part[part["metric"] == metric]
            base = values[values["factor"] == "base"].iloc[0]
            for (factor, names), panel in zip(levels.items(), column, strict=True):
                own = values[values["factor"] == factor].set_index("level").reindex(names)
                _levels(panel, own, base)
            _scale(column[0], values)
            column[-1].set_xlabel(SHOWN[metric])
        for (factor, names), panel in zip(levels.items(), axes[:, 0], strict=True):
            panel.set_yticks(range(len(names)), names)
            panel.set_ylim(len(names) - 0.3, -0.7)
            panel.set_title(factor.replace("--", " and "), loc="left", fontweight="bold")
        handles = [
            Line2D([], [], color=style.BLUE, marker="o", markersize=4, label="change, mean ± std over seeds"),
            Line2D([], [], color=style.BLACK, linewidth=0.9, label=f"base model ({base['level']})"),
            Line2D([], [], color=style.BLACK, marker="o", markersize=4, markerfacecolor="white", label="same as base"),
        ]
        style.legend_above(figure, handles, 3)
    return figure


def _levels(panel: Axes, own: pd.DataFrame, base: pd.Series) -> None:
    spread = 0 if np.isnan(base["std"]) else base["std"]
    if np.isfinite(base["mean"]):
        low = max(base["mean"] - spread, 0) if base["mean"] >= 0 else base["mean"] - spread
        panel.axvspan(low, base["mean"] + spread, color=style.TRUTH, alpha=0.6, linewidth=0)
        panel.axvline(base["mean"], color=style.BLACK, linewidth=0.9, zorder=1)
    for place, row in enumerate(own.itertuples()):
        same = row.model == base["model"]
        colour = style.BLACK if same else style.BLUE
        if np.isfinite(row.mean):
            width = None if np.isnan(row.std) else row.std
            face = "white" if same else colour
            panel.errorbar(row.mean, place, xerr=width, fmt="o", color=colour, mfc=face, markersize=4, capsize=2)
        else:
            says = "∞" if row.mean == np.inf else "none"
            panel.text(0.99, place, says, color=colour, ha="right", va="center", transform=panel.get_yaxis_transform())
    panel.grid(axis="x", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)


def _scale(panel: Axes, values: pd.DataFrame) -> None:
    means = values["mean"][np.isfinite(values["mean"])]
    if len(means) and means.min() > 0 and means.max() > _LOG_FROM * means.min():
        panel.set_xscale("log", nonpositive="clip")
        panel.set_xlim(left=0.8 * means.min())

"""Predicted against true moments of the variables."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.evaluation.moments import MOMENTS, determination
from weightflow.plots import style

MOST_POINTS = 100  # of a model in a panel, for observed and for held-out times
_TITLES = {"mean": "mean", "variance": "variance", "skewness": "skewness", "kurtosis": "excess kurtosis"}
_MARKERS = {True: "o", False: "^"}
_RARE = 0.01  # share of many true moments beyond either end of the axes
_FEW = 300
_LINEAR_DECADES = 1.5  # positive values that span more decades have a logarithmic axis


def draw(inputs: Any, params: Any) -> Figure:
    """From files: table. Parameters: models."""
    return plot_moments(pd.read_csv(inputs.table), style.lines(params.models))


def plot_moments(table: pd.DataFrame, lines: Mapping[str, style.Line]) -> Figure:
    """One panel per moment, with the coefficient of determination of each model.

    The coefficient is over the unobserved times, if there are any, else over all. The first time is left out: the
    initial snapshot is given.

    Args:
        table: with `moments.COLUMNS`, of one data set and its folds; moments are the mean over seeds.
        lines: of the models to draw.
    """
    later = table[(table["time"] > table["time"].min()) & table["model"].isin(lines)]
    keys = ["model", "dataset", "time", "seen", "variable", "moment"]
    mean = later.groupby(keys, sort=False)[["predicted", "true"]].mean().reset_index()
    kinds = [seen for seen in (True, False) if (mean["seen"] == seen).any()]
    drawn = [model for model in lines if model in set(mean["model"])]
    with style.look():
        if not drawn:
            return style.empty("Nothing was predicted.")
        figure, axes = style.grid(1, len(MOMENTS), style.PAGE, 5.4 * style.CM)
        for moment, panel in zip(MOMENTS, axes[0], strict=True):
            _panel(panel, mean[mean["moment"] == moment], drawn, lines)
            panel.set_title(_TITLES[moment])
            panel.set_xlabel("true")
        axes[0, 0].set_ylabel("predicted")
        dot: dict[str, Any] = {"linestyle": "", "markersize": 4}
        handles = [Line2D([], [], color=lines[m].color, marker="s", **dot, label=lines[m].label) for m in drawn]
        names = {True: "observed times", False: "held-out times"}
        handles += [
            Line2D(
                [], [], color=style.GREY, marker=_MARKERS[seen], mfc="none" if seen else None, **dot, label=names[seen]
            )
            for seen in kinds
        ]
        style.legend_above(figure, handles, 4, handlelength=1)
    return figure


def _panel(panel: Axes, own: pd.DataFrame, models: list[str], lines: Mapping[str, style.Line]) -> None:
    known = own[np.isfinite(own["true"]) & np.isfinite(own["predicted"])]
    if known.empty:
        style.note(panel, "no variable\nhas one")
        return
    rare = _RARE if len(known) > _FEW else 0
    low, high = np.quantile(known["true"], [rare, 1 - rare])
    positive = bool((known[["true", "predicted"]] > 0).all(axis=None))
    if positive and high > low * 10**_LINEAR_DECADES:
        panel.set(xscale="log", yscale="log")
        reach = low * (low / high) ** 0.08, high * (high / low) ** 0.08
    else:
        margin = 0.08 * (high - low) or 0.5 * max(abs(high), 1)
        reach = low - margin, high + margin
    panel.set(xlim=reach, ylim=reach)
    panel.axline((reach[0], reach[0]), (reach[1], reach[1]), color=style.GREY, linewidth=0.8, zorder=0)
    if panel.get_xscale() == "linear":
        panel.locator_params(nbins=4)
    for place, model in enumerate(models):
        part = known[known["model"] == model]
        for seen, found in part.groupby("seen"):
            few = found.iloc[np.linspace(0, len(found) - 1, min(len(found), MOST_POINTS)).round().astype(int)]
            look: dict[str, Any] = {"markerfacecolor": "none" if seen else lines[model].color, "markeredgewidth": 0.6}
            values = few[["true", "predicted"]].to_numpy().clip(*reach)  # points beyond the axes stand at the frame
            (points,) = panel.plot(
                *values.T,
                _MARKERS[bool(seen)],
                color=lines[model].color,
                markersize=2.4,
                alpha=0.75,
                clip_on=False,
                **look,
            )
            points.set_rasterized(True)
        judged = part if part["seen"].all() else part[~part["seen"]]
        share = determination(judged["predicted"].to_numpy(), judged["true"].to_numpy())
        text = "R² –" if np.isnan(share) else "R² < 0: fails" if share < 0 else f"R² {share:.2f}"
        panel.annotate(
            text,
            (0.05, 0.97 - 0.09 * place),
            xycoords="axes fraction",
            color=lines[model].color,
            va="top",
            zorder=6,
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.6},
            fontsize=6.5,
        )

"""Predicted against true moments of the variables."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.evaluation.moments import MOMENTS, determinations, over_seeds
from weightflow.plots import style

MOST_POINTS = 100  # of a model in a panel, for observed and for held-out times
_TITLES = {"mean": "mean", "variance": "variance", "skewness": "skewness", "kurtosis": "excess kurtosis"}
_MARKERS = {True: "o", False: "^"}
_NAMED, _TOLD = 8, 3  # variables with a name below the panel, and in a note
_FAILS = -0.15  # place of an R² below zero
_RARE = 0.01  # share of many true moments beyond either end of the axes
_FEW = 300
_LINEAR_DECADES = 1.5  # positive values that span more decades have a logarithmic axis


def draw(inputs: Any, params: Any) -> Figure:
    """From files: table. Parameters: models."""
    return plot_moments(pd.read_csv(inputs.table), style.lines(params.models))


def plot_moments(table: pd.DataFrame, lines: Mapping[str, style.Line]) -> Figure:
    """One panel per moment, and below it the coefficient of determination of each variable.

    The coefficient is over the unobserved times, if there are any, else over all. The first time is left out: the
    initial snapshot is given.

    Args:
        table: with `moments.COLUMNS`, of one data set and its folds; moments are the mean over seeds.
        lines: of the models to draw.
    """
    own = table[table["model"].isin(lines)]
    mean, shares = over_seeds(own), determinations(own)
    kinds = [seen for seen in (True, False) if (mean["seen"] == seen).any()]
    drawn = [model for model in lines if model in set(mean["model"])]
    with style.look():
        if not drawn:
            return style.empty("Nothing was predicted.")
        figure, axes = style.grid(2, len(MOMENTS), style.PAGE, 9.6 * style.CM, height_ratios=(5, 3.2))
        variables = list(dict.fromkeys(shares["variable"]))
        for moment, above, below in zip(MOMENTS, *axes, strict=True):
            _panel(above, mean[mean["moment"] == moment], drawn, lines)
            above.set_title(_TITLES[moment])
            above.set_xlabel("true")
            _shares(below, shares[shares["moment"] == moment], variables, drawn, lines)
        axes[0, 0].set_ylabel("predicted")
        axes[1, 0].set_ylabel("R² of each\nvariable")
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


def _shares(
    panel: Axes, own: pd.DataFrame, variables: list[str], models: list[str], lines: Mapping[str, style.Line]
) -> None:
    """R² of each variable; below zero it stands at the bottom as a cross, and the panel names the lowest."""
    places = {variable: place for place, variable in enumerate(variables)}
    told = {}
    for order, model in enumerate(models):
        part = own[own["model"] == model]
        known = part[part["r2"].notna()]
        aside = 0.12 * (order - (len(models) - 1) / 2) if len(variables) <= _NAMED else 0
        x, y = known["variable"].map(places).to_numpy() + aside, known["r2"].to_numpy()
        for marker, there, values in (("o", y >= 0, y), ("x", y < 0, np.full(len(y), _FAILS))):
            look: dict[str, Any] = {"color": lines[model].color, "markersize": 3, "linestyle": "", "clip_on": False}
            if there.any():
                panel.plot(x[there], values[there], marker=marker, **look)
        failing = int((y < 0).sum())
        undefined = part.loc[part["undefined"] > 0, "variable"].tolist()
        parts = [f"{failing} of {len(part)} fail"] if failing and len(variables) > _NAMED and not order else []
        parts += [f"undefined at some times: {_some(undefined)}"] if undefined else []
        told[lines[model].label] = "; ".join(parts)
    constant = own.groupby("variable", sort=False)["r2"].apply(lambda values: values.isna().all())
    for variable in constant.index[constant]:
        panel.text(places[variable], 0.5, "–", ha="center", va="center")
    panel.set(ylim=(_FAILS, 1.04), xlim=(-0.6, len(variables) - 0.4))
    panel.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
    panel.axhline(1, color=style.GREY, linewidth=0.6, zorder=0)
    panel.set_yticks([0, 0.5, 1])
    if len(variables) <= _NAMED:
        panel.set_xticks(range(len(variables)), [style.in_lines(name, 8) for name in variables])
    else:
        panel.set_xticks([])
        panel.set_xlabel(f"{len(variables)} variables in order")
    style.tell_gaps(panel, told, {line.label: line.color for line in lines.values()}, length=26)


def _some(names: list[str]) -> str:
    """The first names, and how many more."""
    more = [f"{len(names) - _TOLD} more"] if len(names) > _TOLD else []
    return ", ".join([*names[:_TOLD], *more])


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
    for model in models:
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

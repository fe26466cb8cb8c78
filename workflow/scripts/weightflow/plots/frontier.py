"""Errors of new networks against their distance from the training networks, over the knob of each generator."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from weightflow.plots import style
from weightflow.plots.sources import look_of
from weightflow.populations.metrics import TRAINED

_PANELS = {"nearest": "distance from the nearest original", "overlap": "largest overlap of errors with an original"}
_LEAST = 0.05  # % of errors that the axis shows at least


def draw(inputs: Any, params: Any) -> Figure:
    """From files: tables of frontiers, one for each seed."""
    return plot_frontier(pd.concat(map(pd.read_csv, inputs.tables), ignore_index=True))


def plot_frontier(table: pd.DataFrame) -> Figure:
    """A curve of errors for each generator, against distance and against overlap of errors.

    Args:
        table: source, value (of the knob), usual, accuracy, nearest, overlap; rows of seeds are averaged.
    """
    means = table.groupby(["source", "value"], sort=False, dropna=False)[["accuracy", *_PANELS]].mean().reset_index()
    usual = set(map(tuple, table.loc[table["usual"], ["source", "value"]].to_numpy()))
    with style.look():
        figure, axes = style.grid(1, 2, style.PAGE, 7.5 * style.CM, sharey=True)
        for panel, (column, label) in zip(axes.flat, _PANELS.items(), strict=True):
            _curves(panel, means, usual, column)
            panel.set_xlabel(label)
        axes[0, 0].set_ylabel("errors on the test part (%)")
        style.legend_above(figure, axes[0, 0].get_legend_handles_labels()[0], 5)
    return figure


def _curves(panel: Axes, means: pd.DataFrame, usual: set[tuple[Any, ...]], column: str) -> None:
    for source, own in means.groupby("source", sort=False):
        errors = (100 * (1 - own["accuracy"])).clip(lower=_LEAST)
        colour, marker = look_of(str(source))
        if source == TRAINED:
            panel.axhline(errors.iloc[0], color=style.GREY, linewidth=0.8, zorder=0)
            panel.plot(own[column], errors, marker, color=colour, label="originals", markersize=5, zorder=4)
            continue
        panel.plot(own[column], errors, "-", color=colour, linewidth=0.9, alpha=0.8)
        at = [(source, value) in usual for value in own["value"]]
        panel.plot(own[column], errors, marker, color=colour, markersize=3.5, label=str(source))
        panel.plot(own[column][at], errors[at], marker, color=colour, markersize=7)
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.yaxis.set_minor_formatter(NullFormatter())

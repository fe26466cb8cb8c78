"""Loss curves of every fit: anchors, latent path, learned spline, dynamics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.registry import LOSS_TERMS
from weightflow.plots import style

_WINDOWS = 15  # of the running median of a curve


@dataclass(frozen=True)
class Fits:
    """The loss tables of a data set's fits.

    Attributes:
        anchors: by title, table snapshot, step, nll.
        paths: by model, table step, structural; empty for a path without an auto-encoder.
        splines: by model, table step, loss, nll, curvature, roughness.
        dynamics: by model, table step, loss, structural, behavioural, divergence, energy, roughness; each term with its
            weight.
        validation: by model, table step, nll of the validation split that chose the number of steps of the dynamics.
    """

    anchors: Mapping[str, pd.DataFrame]
    paths: Mapping[str, pd.DataFrame]
    splines: Mapping[str, pd.DataFrame]
    dynamics: Mapping[str, pd.DataFrame]
    validation: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class _Panel:
    """A panel of curves.

    Attributes:
        tables: by model.
        column: of the tables.
        scale: of the vertical axis.
        title: of the panel.
        says: label of the vertical axis.
    """

    tables: Mapping[str, pd.DataFrame]
    column: str
    scale: str
    title: str
    says: str


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, and tables of anchors, paths, splines, dynamics and steps, each with its models.

    Parameters: models; anchors and splines, lists of models for each table; driven, fields and stepped models.
    """
    shared = [pd.read_csv(path) for path in inputs.splines]
    fits = Fits(
        anchors=_tables([", ".join(users) for users in params.anchors], inputs.anchors),
        paths=_tables(params.driven, inputs.paths),
        splines={model: table for users, table in zip(params.splines, shared, strict=True) for model in users},
        dynamics=_tables(params.fields, inputs.dynamics),
        validation=_tables(params.stepped, inputs.steps),
    )
    data = read_snapshots(inputs.snapshots)
    return plot_losses(fits, style.lines(params.models), data.observed_times, data.time_label)


def _tables(names: Sequence[str], paths: Sequence[str]) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(path) for name, path in zip(names, paths, strict=True)}


def plot_losses(fits: Fits, lines: Mapping[str, style.Line], times: np.ndarray, time_label: str) -> Figure:
    """A panel for each set of anchors and for each loss of any fit.

    Args:
        fits: the tables.
        lines: of the models.
        times: (K,) of the anchors.
        time_label: of these times.
    """
    nats = "negative log-likelihood\nper state (nats)"
    penalties = {m: table.assign(penalty=table["curvature"] + table["roughness"]) for m, table in fits.splines.items()}
    panels = [
        _Panel(fits.paths, "structural", "log", "latent path: auto-encoder", "mean squared error"),
        _Panel(fits.splines, "nll", "linear", "learned spline: likelihood", nats),
        _Panel(penalties, "penalty", "log", "learned spline: smoothness", "curvature + roughness\npenalties"),
        *(_Panel(fits.dynamics, t, own.scale, f"dynamics: {t} term", own.label) for t, own in LOSS_TERMS.items()),
        _Panel(fits.validation, "nll", "linear", "dynamics: choice of the steps", "validation NLL\nper state (nats)"),
    ]
    drawn = [replace(one, tables=_with_values(one.tables, one.column)) for one in panels]
    drawn = [one for one in drawn if one.tables]
    anchors = {title: table for title, table in fits.anchors.items() if len(table)}
    count = len(anchors) + len(drawn)
    with style.look():
        if not count:
            return style.empty("Nothing was trained.")
        rows = -(-count // 2)
        figure, axes = style.grid(rows, 2, style.PAGE, 5.6 * style.CM * rows)
        for panel in axes.flat[count:]:
            panel.set_axis_off()
        places = iter(axes.flat)
        for (title, table), panel in zip(anchors.items(), places, strict=False):
            _anchor_curves(panel, table, times, time_label)
            panel.set(title=f"anchors of {title}", ylabel=nats)
        for one, panel in zip(drawn, places, strict=False):
            _curves(panel, one, lines)
            panel.set(title=one.title, ylabel=one.says)
    return figure


def _with_values(tables: Mapping[str, pd.DataFrame], column: str) -> dict[str, pd.DataFrame]:
    """The tables with a nonzero loss; a term of weight 0 is zero throughout."""
    return {model: table for model, table in tables.items() if (table[column] != 0).any()}


def _anchor_curves(panel: Axes, table: pd.DataFrame, times: np.ndarray, time_label: str) -> None:
    norm, colours = Normalize(times[0], times[-1]), colormaps[style.TIME_COLOURS]
    for snapshot, own in table.groupby("snapshot"):
        panel.plot(own["step"] + 1, own["nll"], color=colours(norm(times[snapshot])), linewidth=1)
    panel.set(xscale="log", xlabel="optimisation step")
    shade = ScalarMappable(norm, colours)
    style.time_bar(panel.figure, shade, style.short_label(time_label), ax=panel, pad=0.01)


def _curves(panel: Axes, shown: _Panel, lines: Mapping[str, style.Line]) -> None:
    """Losses of single steps, faint, and their running medians; a note says where they are infinite or missing."""
    told: dict[str, str] = {}
    for i, (model, table) in enumerate(shown.tables.items()):
        steps, values = table["step"], table[shown.column]
        told[lines[model].label] = style.gap(steps.to_numpy(), values.to_numpy(), "step")
        finite = np.isfinite(values)
        values = values.where(finite & ((values > 0) | (shown.scale != "log")))
        # Later curves are thinner: curves of models that share a fit coincide.
        look = lines[model].plot() | {"linewidth": 2.2 - 1.2 * i / max(1, len(shown.tables) - 1)}
        panel.plot(steps, values, color=look["color"], linewidth=0.5, alpha=0.3)
        smooth = values.rolling(max(1, len(table) // _WINDOWS), min_periods=1, center=True).median()
        panel.plot(steps, smooth.where(finite), **look)
    panel.set(xlabel="optimisation step", yscale=shown.scale)
    panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    panel.legend()
    style.tell_gaps(panel, told)

"""Cumulative energy of the states and of the weights against time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.path_energy import DATA, RUN
from weightflow.plots import style

_LINEAR_DECADES = 1.5  # last energies that span more decades have a logarithmic axis
_DATA = style.Line("data", style.BLACK, "-", "o", 1.0, 5)
_AT_REST: dict[str, Any] = {"linestyle": (0, (1, 1.2)), "linewidth": 0.8}


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, table. Parameters: runs."""
    time_label = read_snapshots(inputs.snapshots).time_label
    return plot_path_energy(pd.read_csv(inputs.table), style.lines(params.runs), time_label)


def plot_path_energy(table: pd.DataFrame, lines: Mapping[str, style.Line], time_label: str) -> Figure:
    """Energy of the states of data and runs, above that at rest; and of the weights of the runs.

    Curves are means over seeds, with a band of one standard deviation.

    Args:
        table: with `path_energy.COLUMNS`, of one data set.
        lines: of the runs, in the order of the legend.
        time_label: of the time axis.
    """
    runs = table[(table["source"] == RUN) & table["model"].isin(lines)]
    with style.look():
        if runs["time"].nunique() < 2:
            return style.empty("No run has a path through two times or more.")
        figure, axes = style.grid(1, 2, style.PAGE, 7.8 * style.CM, sharex=True, gridspec_kw={"wspace": 0.06})
        drawn = {name: line for name, line in lines.items() if name in set(runs["model"])}
        of = {name: runs[runs["model"] == name] for name in drawn}
        states, weights = axes[0]
        known = table[table["source"] == DATA]
        _scale(states, [known, *of.values()], "energy_states")
        _scale(weights, list(of.values()), "energy_weights")
        for own, line in [*((of[name], line) for name, line in drawn.items()), (known, _DATA)]:
            _curve(states, own.groupby("time")["energy_states"], line)
            _rest(states, own.groupby("time")["energy_rest"], line)
            _curve(weights, own.groupby("time")["energy_weights"], line)
        states.set_ylabel("energy of the states, Σ W₂² / Δt")
        weights.set_ylabel("energy of the weights, ½ ∫ ‖dθ/dt‖² dt")
        for panel in axes[0]:
            panel.set_xlabel(time_label)
            panel.margins(x=0.02)
            if panel.get_yscale() == "linear":
                panel.set_ylim(bottom=0)
        handles = [
            Line2D([], [], **line.plot(), marker=line.marker, markersize=3, mfc=_face(line))
            for line in [_DATA, *drawn.values()]
        ]
        handles.append(Line2D([], [], color=style.GREY, **_AT_REST, label="at rest: sampling error"))
        style.legend_above(figure, handles, 4)
    return figure


def _curve(panel: Axes, seeds: Any, line: style.Line) -> None:
    """The mean over seeds, with a band of one standard deviation."""
    mean = _shown(panel, seeds.mean())
    if mean.empty:
        return
    spread = seeds.std().reindex(mean.index).fillna(0)
    every = max(1, len(mean) // 5)
    panel.plot(mean.index, mean, **line.plot(), marker=line.marker, markersize=3, markevery=every, mfc=_face(line))
    if spread.max() > 0:
        band = (mean - spread).clip(lower=0), mean + spread
        panel.fill_between(mean.index, *band, color=line.color, alpha=0.15, linewidth=0, zorder=line.zorder - 1)


def _shown(panel: Axes, values: pd.Series) -> pd.Series:
    """Known values that have a place on the axis of a panel."""
    return values[values > 0] if panel.get_yscale() == "log" else values.dropna()


def _rest(panel: Axes, seeds: Any, line: style.Line) -> None:
    mean = _shown(panel, seeds.mean())
    panel.plot(mean.index, mean, color=line.color, zorder=line.zorder - 1, **_AT_REST)


def _scale(panel: Axes, curves: list[pd.DataFrame], column: str) -> None:
    """A logarithmic axis if curves end decades apart."""
    ends = np.array([own[column].max() for own in curves if own[column].max() > 0])
    if len(ends) and ends.max() > ends.min() * 10**_LINEAR_DECADES:
        panel.set_yscale("log", nonpositive="clip")


def _face(line: style.Line) -> str:
    """Fill of a marker: that of the data is open, since a model may be black, too."""
    return "white" if line is _DATA else line.color

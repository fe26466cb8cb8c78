"""Bands about predicted marginals, over the truth, at a few times."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from weightflow.bands.coverage import LEAST, Bands, read_bands
from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.laws.law import ExactLaw, known_law
from weightflow.plots import style
from weightflow.plots.distributions import marginal, shown_times

MOST_VARIABLES = 6
_OPACITY = 0.35
_TRUE: dict[str, Any] = {"color": style.BLACK, "linestyle": "", "marker": ".", "markersize": 2.6, "markeredgewidth": 0}


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, law, bands. Parameters: times."""
    data, law = read_snapshots(inputs.snapshots), known_law(inputs.law)
    return plot_bands(data, law, read_bands(inputs.bands), params.times)


def plot_bands(data: Snapshots, law: ExactLaw | None, bands: Bands, times: Sequence[float] | None) -> Figure:
    """Rows are variables (at most the first six), columns are times.

    Args:
        data: states of the truth, drawn for variables without an exact law.
        law: the exact law; None if it is unknown.
        bands: at times of the data.
        times: to show, among those with bands; None chooses them.
    """
    variables = data.variables[:MOST_VARIABLES]
    shown = [t for t in shown_times(data, times) if data.times[t] in bands.times]
    if not shown:
        return style.empty("no band at these times")
    known = [] if law is None else law.variables.tolist()
    with style.look():
        figure, axes = style.grid(len(variables), len(shown), style.PAGE, 1.1 + 1.2 * len(variables), sharex="row")
        for v, row in enumerate(axes):
            reach = _reach(bands, v)
            for t, panel in zip(shown, row, strict=True):
                truth = marginal(data if law is None or v not in known else law, t, v, np.arange(reach + 1) - 0.5)
                _draw(panel, bands, int(np.flatnonzero(bands.times == data.times[t])[0]), v, truth)
        for t, panel in zip(shown, axes[0], strict=True):
            panel.set_title(style.at_time(data.time_label, data.times[t]))
        for name, row in zip(variables, axes, strict=True):
            row[0].set_ylabel(style.below(f"probability of {name}"))
            for panel in row:
                panel.set_xlabel(style.below(name), labelpad=1)
        if len(variables) < len(data.variables):
            figure.supxlabel(f"the first {len(variables)} of {len(data.variables)} variables", fontsize=7)
        source = "exact law" if known else "frequencies of states"
        handles = [
            Patch(
                facecolor=style.BLUE, alpha=_OPACITY, linewidth=0, label=f"{bands.level:.0%} band".replace("%", " %")
            ),
            Line2D([], [], color=style.BLUE, label="mean network"),
            Line2D([], [], **_TRUE | {"markersize": 4}, label=f"truth, {source}"),
        ]
        style.legend_above(figure, handles, 3)
    return figure


def _reach(bands: Bands, variable: int) -> int:
    """Number of counts of a variable up to the largest with visible probability in a band."""
    return 1 + int(np.flatnonzero((bands.upper[:, variable] >= LEAST).any(0))[-1])


def _draw(panel: Axes, bands: Bands, place: int, variable: int, truth: np.ndarray) -> None:
    counts = np.arange(len(truth))
    lower, middle, upper = (part[place, variable, counts] for part in (bands.lower, bands.middle, bands.upper))
    panel.fill_between(counts, lower, upper, color=style.BLUE, alpha=_OPACITY, linewidth=0)
    panel.plot(counts, middle, color=style.BLUE, linewidth=0.9)
    panel.plot(counts, truth, **_TRUE)
    panel.set_ylim(bottom=0)
    panel.margins(x=0.01)

"""Mean and bands of each variable against time, with the snapshots."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from weightflow.bands.bands import Bands, read_bands
from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.data.subsets import evenly
from weightflow.plots import style
from weightflow.prediction.motion import LEVELS, Motion, read_motion

MOST_VARIABLES = 6
BANDS = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.38))  # lower and upper quantile, opacity
_SURE = 0.6  # opacity of the band of the mean
_COLUMNS = 3
_PANEL = 4.4 * style.CM  # height
_MOST_BARS = 26  # snapshots with a bar; more would hide the bands


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, motion, bands. Parameters: model, models."""
    data, motion = read_snapshots(inputs.snapshots), read_motion(inputs.motion)
    return plot_course(data, motion, style.line_of(params.model, params.models), read_bands(inputs.bands))


def plot_course(data: Snapshots, motion: Motion, line: style.Line, bands: Bands | None = None) -> Figure:
    """A panel for each variable, at most the first six.

    Args:
        data: the data set, for the snapshots.
        motion: of one model.
        line: of that model.
        bands: of its means; None draws none.
    """
    names = data.variables[:MOST_VARIABLES]
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    with style.look():
        width = style.PAGE if columns > 1 else style.COLUMN
        figure, axes = style.grid(rows, columns, width, _PANEL * rows + 1.3 * style.CM)
        for panel in axes.ravel()[len(names) :]:
            panel.set_axis_off()
        for v, (name, panel) in enumerate(zip(names, axes.ravel(), strict=False)):
            draw_bands(panel, motion.times, motion.means[:, v], motion.quantiles[:, :, v], line.color)
            if bands is not None:
                panel.fill_between(
                    bands.times, *bands.means[[0, 2], :, v], color=line.color, alpha=_SURE, lw=0, zorder=3
                )
            draw_snapshots(panel, data, v)
            panel.set_title(style.below(name))
            panel.set_xlabel(style.short_label(data.time_label), labelpad=1)
        told = handles(line, data)
        if bands is not None:
            told.insert(1, Patch(color=line.color, alpha=_SURE, lw=0, label=style.band_label(bands.level, "mean")))
        style.legend_above(figure, told, 3, columnspacing=1.2)
    return figure


def draw_bands(panel: Axes, times: np.ndarray, means: np.ndarray, quantiles: np.ndarray, colour: str) -> None:
    """The mean and the central bands of one variable.

    Args:
        panel: to draw into.
        times: (M,).
        means: (M,).
        quantiles: (M, 5) at `motion.LEVELS`.
        colour: of both.
    """
    for low, high, opacity in BANDS:
        below, above = (quantiles[:, LEVELS.index(q)] for q in (low, high))
        panel.fill_between(times, below, above, color=colour, alpha=opacity, lw=0)
    panel.plot(times, np.where(np.isfinite(means), means, np.nan), color=colour, lw=1.4, label="mean")
    panel.margins(x=0.01)
    style.tell_gaps(panel, {"mean": style.gap(times, means), "bands": style.gap(times, quantiles.sum(1))}, length=34)


def draw_snapshots(panel: Axes, data: Snapshots, variable: int) -> None:
    """Mean and central 90 % of the observed snapshots; means alone at times that were not observed."""
    for k in evenly(len(data.observed), _MOST_BARS):
        values = data.values(data.observed[k])[:, variable]
        panel.plot([data.observed_times[k]] * 2, np.quantile(values, BANDS[0][:2]), color=style.BLACK, lw=0.8, zorder=4)
        panel.plot(data.observed_times[k], values.mean(), ".", color=style.BLACK, ms=4, zorder=5)
    unseen = [t for t in np.flatnonzero(~data.is_observed) if len(data.truth[t])]
    means = [data.values(data.truth[t])[:, variable].mean() for t in unseen]
    panel.plot(data.times[unseen], means, ".", color=style.VERMILLION, ms=1.6, zorder=1.5)


def handles(line: style.Line, data: Snapshots) -> list[Artist]:
    """For the legend."""
    found: list[Artist] = [Line2D([], [], color=line.color, lw=1.4, label=f"mean of {line.label}")]
    for low, high, opacity in reversed(BANDS):
        found.append(Patch(color=line.color, alpha=opacity, lw=0, label=f"central {100 * (high - low):.0f} %"))
    found.append(Line2D([], [], color=style.BLACK, marker=".", lw=0.8, ms=4, label="snapshots: mean, central 90 %"))
    if not data.is_observed.all() and any(len(data.truth[t]) for t in np.flatnonzero(~data.is_observed)):
        found.append(Line2D([], [], color=style.VERMILLION, marker=".", lw=0, ms=3, label="mean at times held out"))
    return found

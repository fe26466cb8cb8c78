"""A fitness landscape, and the density of the loci over it at a few times."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from scipy.ndimage import maximum_filter, minimum_filter

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.laws.law import ExactLaw, known_law, of_all
from weightflow.plots import style
from weightflow.plots.distributions import Part, joint, shown_times
from weightflow.prediction.predictions import Prediction, read_prediction
from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.reading import read_system

LEVELS = 8  # contours of the fitness
BINS = 50  # of a density along each locus
DECADES = 2.5  # of densities with a colour, below the largest
SHOWN_TIMES = 4
_AROUND = 9  # width in alleles of the window around a peak
_COLOURS = "YlOrBr"
_CONTOURS: dict[str, Any] = {"colors": "#a98a5b", "linewidths": 0.4, "alpha": 0.7}


def draw(inputs: Any, params: Any) -> Figure:
    """From files: system, snapshots, law, prediction. Parameters: model, models, times."""
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    law = of_all(known_law(inputs.law), len(data.variables))
    walk, line = read_system(inputs.system), style.line_of(params.model, params.models)
    if not isinstance(walk, AdaptiveWalk):
        raise TypeError(f"{walk.path}: no adaptive walk, so there is no landscape")
    return plot_landscape(walk, data, law, prediction, line, params.times)


def plot_landscape(
    walk: AdaptiveWalk,
    data: Snapshots,
    law: ExactLaw | None,
    prediction: Prediction,
    line: style.Line,
    times: Sequence[float] | None,
) -> Figure:
    """The landscape with its peaks, and beside it the truth above the prediction; columns are times.

    Args:
        walk: the system; its two loci are the data's two variables.
        data: the data set, with states of the truth.
        law: the exact law, drawn instead of the states; None if it is unknown.
        prediction: of one model, at the times of the data.
        line: of that model.
        times: to show; None takes the second, the last, and two between at growing distances, since the climb slows
            down.
    """
    if times is None:
        times = data.times[np.geomspace(1, len(data.times) - 1, SHOWN_TIMES).round().astype(int)].tolist()
    shown, landscape = shown_times(data, times), walk.landscape()
    edges = _edges(landscape.shape[0]), _edges(landscape.shape[1])
    rows: list[tuple[str, str, Part]] = [("truth" if law is None else "exact law", style.BLACK, law or data)]
    rows.append((line.label, line.color, prediction))
    with style.look():
        figure = style.plt.figure(figsize=(style.PAGE, 8.2 * style.CM))
        figure.suptitle(walk.title, fontsize="medium")
        left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=[1, 1.95])[0]
        _relief(left, landscape, data.variables)
        panels = right.subplots(2, len(shown), sharex=True, sharey=True, squeeze=False)
        densities = [[joint(part, t, (0, 1), edges) for t in shown] for _, _, part in rows]
        largest = max(density.max() for density in densities[0])
        norm = LogNorm(largest / 10 ** (DECADES + 0.5), largest)  # skips the palest colours, invisible on paper
        for row, (who, colour, _), own in zip(panels, rows, densities, strict=True):
            for panel, density in zip(row, own, strict=True):
                _contours(panel, landscape)
                shades = np.ma.masked_less(density.T, largest / 10**DECADES)
                image = panel.pcolormesh(*edges, shades, cmap=style.DENSITY_COLOURS, norm=norm, zorder=2)
                image.set_rasterized(True)
                panel.set_aspect("equal")
                panel.locator_params(nbins=3)
            row[0].set_ylabel(data.variables[1])
            row[0].annotate(
                who, (-0.7, 0.5), xycoords="axes fraction", rotation=90, va="center", ha="center", color=colour
            )
        for t, top, bottom in zip(shown, *panels, strict=True):
            top.set_title(style.at_time(data.time_label, data.times[t]))
            bottom.set_xlabel(data.variables[0], labelpad=1)
        bar = right.colorbar(image, ax=panels, orientation="horizontal", shrink=0.6, aspect=30, pad=0.03, extend="max")
        bar.ax.set_xlim(largest / 10**DECADES, largest)
        bar.set_label("probability of a pair of alleles")
    return figure


def peaks(landscape: np.ndarray) -> np.ndarray:
    """(n, 2) alleles of the peaks of (A, B), the fittest first; a peak is the maximum within four alleles."""
    highest, lowest = maximum_filter(landscape, _AROUND), minimum_filter(landscape, _AROUND)
    found = np.argwhere((landscape == highest) & (highest > lowest))
    return found[np.argsort(-landscape[tuple(found.T)], kind="stable")]


def _relief(figure: Figure, landscape: np.ndarray, variables: Sequence[str]) -> None:
    panel = figure.subplots()
    image = panel.contourf(landscape.T, LEVELS, cmap=_COLOURS)
    _contours(panel, landscape)
    for first, second in peaks(landscape):
        panel.plot(first, second, "k^", markersize=3)
        panel.annotate(
            f"{landscape[first, second]:.2f}",
            (first, second),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            path_effects=[withStroke(linewidth=1.6, foreground="white")],
        )
    panel.set(xlabel=variables[0], ylabel=variables[1], aspect="equal", title="fitness landscape and its peaks")
    bar = figure.colorbar(image, ax=panel, orientation="horizontal", shrink=0.85, aspect=25, pad=0.03)
    bar.set_label("fitness")
    bar.ax.locator_params(nbins=5)


def _contours(panel: Axes, landscape: np.ndarray) -> None:
    panel.contour(landscape.T, LEVELS, **_CONTOURS, zorder=1)


def _edges(alleles: int) -> np.ndarray:
    """(B + 1,) edges of bins with equal numbers of alleles."""
    counts = -(-alleles // BINS)
    return counts * np.arange(-(-alleles // counts) + 1) - 0.5

"""The path of the weights through time, in the plane of the anchors' first two principal components."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import ConnectionPatch

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.plots import style
from weightflow.plots.distributions import (
    cell_limits,
    joint,
    marginal,
    mass_contours,
    own_grid,
    pair_edges,
    shade,
    shown_times,
)
from weightflow.prediction.predictions import Prediction, read_prediction

_INSET = 3.3 * style.CM  # height of an inset
_PLANE = 7.2 * style.CM  # height of the plane


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, graph (of weights), prediction. Parameters: model, models, times."""
    data, anchors = read_snapshots(inputs.snapshots), read_weight_graph(inputs.graph).weights
    line = style.line_of(params.model, params.models)
    return plot_weights_path(data, anchors, read_prediction(inputs.prediction), line, params.times)


def plot_weights_path(
    data: Snapshots,
    anchors: np.ndarray,
    prediction: Prediction,
    line: style.Line,
    times: Sequence[float] | None,
) -> Figure:
    """Anchors, straight lines between them, the predicted curve, and the predicted distribution at a few times.

    Args:
        data: the data set.
        anchors: (K, P) weights of the anchors, at the observed times.
        prediction: of one model, with its path.
        line: of that model.
        times: of the insets; None chooses them.
    """
    plane, shares = principal_plane(anchors)
    points, curve = plane(anchors), plane(prediction.figures.path_weights)
    shown = shown_times(data, times)
    marks = plane(prediction.weights[shown])
    norm = Normalize(data.times[0], data.times[-1])
    with style.look():
        figure = style.plt.figure(figsize=(style.PAGE, _INSET + _PLANE))
        layout = figure.add_gridspec(2, len(shown), height_ratios=[_INSET, _PLANE])
        panel = figure.add_subplot(layout[1, :])
        panel.patch.set_visible(False)  # the links lie beneath it
        panel.plot(*points.T, color=style.GREY, linestyle="--", linewidth=0.8, zorder=1)
        panel.add_collection(_coloured(curve, prediction.figures.path_times, norm))
        x, y = points.T
        panel.scatter(
            x, y, c=data.observed_times, cmap=style.TIME_COLOURS, norm=norm, s=34, ec="black", lw=0.6, zorder=5
        )
        panel.autoscale_view()
        panel.margins(0.05)
        panel.set_xlabel(f"first principal component of the weights ({_percent(shares[0])} of the anchors' variance)")
        panel.set_ylabel(f"second component ({_percent(shares[1])})")
        style.time_bar(figure, ScalarMappable(norm, style.TIME_COLOURS), data.time_label, ax=panel, pad=0.01)
        edges = [pair_edges(data, prediction, shown, v) for v in data.pair]
        if len(edges) == 2 and not data.discrete:
            edges = list(cell_limits([data.truth[t] for t in shown], (data.pair[0], data.pair[1])))
        for column, (t, mark) in enumerate(zip(shown, marks, strict=True)):
            colour = colormaps[style.TIME_COLOURS](norm(data.times[t]))
            inset = figure.add_subplot(layout[0, column])
            _distribution(inset, data, prediction, t, edges)
            inset.set_title(style.at_time(data.time_label, data.times[t]), fontweight="bold")
            inset.spines[:].set(visible=True, color=colour, linewidth=1.6)
            if column:
                inset.set_ylabel("")
                if len(edges) == 2:
                    inset.tick_params(labelleft=False)
            panel.scatter(mark[0], mark[1], s=42, marker="D", color="white", ec=colour, lw=1.8, zorder=6)
            _link(figure, inset, panel, (mark[0], mark[1]), colour)
        handles = [
            Line2D([], [], color=style.GREY, marker="o", mfc="white", mec="black", ms=5, ls="--", lw=0.8),
            Line2D([], [], color=colormaps[style.TIME_COLOURS](0.4), lw=2.2),
            Line2D([], [], color="white", marker="D", mec=colormaps[style.TIME_COLOURS](0.4), mew=1.6, ms=5, ls=""),
        ]
        names = ["anchors, joined by straight lines", f"path of {line.label}", "distribution shown above"]
        figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


def principal_plane(anchors: np.ndarray) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]:
    """The plane of the first two principal components of anchors (K, P).

    Returns:
        The projection of weights (T, P) to (T, 2), and the components' shares of the variance (2,).
    """
    mean = anchors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(anchors - mean, full_matrices=False)
    variance = sizes**2
    signs = np.sign(directions[:2] @ (anchors[-1] - anchors[0]))
    axes = directions[:2] * np.where(signs == 0, 1, signs)[:, None]
    return lambda weights: (weights - mean) @ axes.T, variance[:2] / max(variance.sum(), 1e-300)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _coloured(curve: np.ndarray, times: np.ndarray, norm: Normalize) -> LineCollection:
    """A curve (F, 2) coloured by the time (F,)."""
    pieces = np.stack([curve[:-1], curve[1:]], axis=1)
    middle = (times[:-1] + times[1:]) / 2
    return LineCollection(
        list(pieces), cmap=style.TIME_COLOURS, norm=norm, array=middle, linewidth=2.2, capstyle="round", zorder=3
    )


def _link(figure: Figure, inset: Axes, panel: Axes, mark: tuple[float, float], colour: tuple[float, ...]) -> None:
    link = ConnectionPatch(
        (0.5, 0), mark, inset.transAxes, panel.transData, color=colour, linewidth=0.9, shrinkB=3.5, zorder=-1
    )
    link.set_in_layout(False)
    figure.add_artist(link)


def _distribution(inset: Axes, data: Snapshots, prediction: Prediction, t: int, edges: Sequence[np.ndarray]) -> None:
    """Joint density of two variables, or the density of a single variable over the truth.

    Args:
        inset: to draw in.
        data: the data set.
        prediction: of one model.
        t: index of the time.
        edges: (B + 1,) of the bins of each variable shown; of two real variables, the (2,) ends of their axes.
    """
    names = [data.variables[v] for v in data.pair]
    if len(edges) == 2 and not data.discrete:
        pair, limits = (data.pair[0], data.pair[1]), np.array(edges)
        mass_contours(inset, *own_grid(prediction, t, pair, limits))
        inset.set(xlim=limits[0], ylim=limits[1])
        inset.set_ylabel(**style.beside(names[1]))
    elif len(edges) == 2:
        density = joint(prediction, t, (data.pair[0], data.pair[1]), (edges[0], edges[1]))
        shade(inset, edges, density, density.max())
        inset.set_ylabel(**style.beside(names[1]))
    else:
        inset.stairs(marginal(data, t, 0, edges[0]), edges[0], fill=True, color=style.TRUTH)
        inset.stairs(marginal(prediction, t, 0, edges[0]), edges[0], color=style.BLUE, linewidth=1.2)
        inset.set_ylabel("probability" if data.discrete else "density")
    inset.set_xlabel(style.below(names[0]), labelpad=1, loc="right")
    inset.locator_params(nbins=4)
    for text in inset.get_xticklabels():
        text.set_bbox({"facecolor": "white", "linewidth": 0, "pad": 0.8})

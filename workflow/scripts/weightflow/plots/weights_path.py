"""The weights' path through time, in the plane of the anchors' two principal components."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch

from weightflow.plots import style
from weightflow.plots.densities import joint, marginal, pair_edges, shown_times
from weightflow.prediction import Prediction
from weightflow.snapshots import Snapshots


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
    points, curve = plane(anchors), plane(prediction.path_weights)
    shown = shown_times(data, times)
    marks = plane(prediction.weights[shown])
    with style.look():
        figure = style.plt.figure(figsize=(style.PAGE, 11.5 * style.CM))
        layout = figure.add_gridspec(2, len(shown), height_ratios=[1, 2.6])
        panel = figure.add_subplot(layout[1, :])
        panel.plot(*points.T, color=style.GREY, linestyle="--", linewidth=0.9, zorder=1, label="anchors, linear")
        panel.plot(*curve.T, **line.plot())
        dots = panel.scatter(
            *points.T, c=data.observed_times, cmap=style.TIME_COLOURS, s=34, edgecolor="black", linewidth=0.5, zorder=5
        )
        panel.scatter(*marks.T, color="white", edgecolor=line.color, s=22, linewidth=1.3, zorder=6)
        panel.set_xlabel(f"first principal component of the weights ({shares[0]:.0%} of the anchors' variance)")
        panel.set_ylabel(f"second ({shares[1]:.0%})")
        figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        figure.colorbar(dots, ax=panel, pad=0.01, aspect=30).set_label(f"{data.time_label} of the anchor")
        for column, i in enumerate(np.argsort(marks[:, 0], kind="stable")):
            inset = figure.add_subplot(layout[0, column])
            _distribution(inset, data, prediction, shown[i], line)
            inset.set_title(f"{data.time_label} {data.times[shown[i]]:g}")
            figure.add_artist(
                ConnectionPatch(
                    (0.5, -0.26), marks[i], inset.transAxes, panel.transData, color=line.color, linewidth=0.6, alpha=0.7
                )
            )
    return figure


def principal_plane(anchors: np.ndarray):
    """The plane of the two directions in which anchors (K, P) vary most.

    Returns:
        The projection of weights (T, P) to (T, 2), and the two directions' shares of the variance (2,).
    """
    mean = anchors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(anchors - mean, full_matrices=False)
    variance = sizes**2
    signs = np.sign(directions[:2] @ (anchors[-1] - anchors[0]))
    axes = directions[:2] * np.where(signs == 0, 1, signs)[:, None]
    return lambda weights: (weights - mean) @ axes.T, variance[:2] / max(variance.sum(), 1e-300)


def _distribution(inset: Axes, data: Snapshots, prediction: Prediction, t: int, line: style.Line) -> None:
    """Joint density of the first two variables, or the density of the only one over the truth."""
    variables = data.variables
    edges = [pair_edges(data, prediction, t, v) for v in range(min(2, len(variables)))]
    if len(edges) == 2:
        density = joint(prediction, t, (0, 1), edges)
        image = inset.pcolormesh(*edges, np.ma.masked_equal(density.T, 0), cmap=style.DENSITY_COLOURS, vmin=0)
        image.set_rasterized(True)
        inset.set_ylabel(variables[1], labelpad=3, loc="top", rotation=0)
    else:
        inset.stairs(marginal(data, t, 0, edges[0]), edges[0], fill=True, color=style.TRUTH)
        inset.stairs(marginal(prediction, t, 0, edges[0]), edges[0], color=line.color)
    inset.set_xlabel(variables[0], labelpad=0, loc="right")
    inset.locator_params(nbins=4)

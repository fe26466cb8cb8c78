"""Joint densities of pairs of variables, true and predicted, at a few times."""

from collections.abc import Sequence
from itertools import combinations, islice
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.laws.law import ExactLaw, known_law, of_all
from weightflow.plots import style
from weightflow.plots.distributions import SMOOTHING, joint, pair_edges, shade, shown_times
from weightflow.prediction.predictions import Prediction, read_prediction

MOST_PAIRS = 3


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, law, prediction. Parameters: model, models, times."""
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    law = of_all(known_law(inputs.law), len(data.variables))
    return plot_joints(data, law, prediction, style.line_of(params.model, params.models), params.times)


def plot_joints(
    data: Snapshots,
    law: ExactLaw | None,
    prediction: Prediction,
    line: style.Line,
    times: Sequence[float] | None,
) -> Figure:
    """Two rows for each pair of variables (at most the first three pairs), truth above prediction; columns are times.

    Args:
        data: the data set, with states of the truth.
        law: the exact law, drawn instead of the states; None if it is unknown.
        prediction: of one model, at the times of the data.
        line: of that model.
        times: to show; None chooses them.
    """
    shown = shown_times(data, times)
    truth = "truth" if law is None else "exact law"
    pairs = list(islice(combinations(range(len(data.variables)), 2), MOST_PAIRS))
    with style.look():
        if not pairs:
            return style.empty("One variable has no joint density.")
        figure, axes = style.grid(2 * len(pairs), len(shown), style.PAGE, 0.7 + 1.85 * len(pairs))
        for p, pair in enumerate(pairs):
            for t, panels in zip(shown, axes[2 * p : 2 * p + 2].T, strict=True):
                image = _compare(panels, data, law, prediction, t, pair)
        for t, panel in zip(shown, axes[0], strict=True):
            panel.set_title(style.at_time(data.time_label, data.times[t]))
        for r, row in enumerate(axes):
            first, second = pairs[r // 2]
            label = row[0].set_ylabel(labelpad=6, **style.beside(data.variables[second])).get_text()
            who, colour = (line.label, line.color) if r % 2 else (truth, style.BLACK)
            beside = {"xycoords": "axes fraction", "textcoords": "offset points", "rotation": 90, "va": "center"}
            row[0].annotate(
                who, (0, 0.5), (-56 if "\n" in label else -44, 0), color=colour, fontsize=7, ha="right", **beside
            )
            for panel in row:
                if r % 2:
                    panel.set_xlabel(style.below(data.variables[first]), labelpad=1)
                else:
                    panel.tick_params(labelbottom=False)
        bar = figure.colorbar(image, ax=axes, shrink=0.4, aspect=30, extend="max", pad=0.02)
        bar.set_label("density relative to the largest of the truth")
    return figure


def _compare(
    panels: Sequence[Axes],
    data: Snapshots,
    law: ExactLaw | None,
    prediction: Prediction,
    t: int,
    pair: tuple[int, int],
) -> QuadMesh:
    edges = pair_edges(data, prediction, [t], pair[0]), pair_edges(data, prediction, [t], pair[1])
    found = [joint(part, t, pair, edges) for part in (law or data, prediction)]
    if not data.discrete:  # histograms of a few hundred cells are mostly noise
        found = [gaussian_filter(density, SMOOTHING) for density in found]
    largest = found[0].max()
    for panel, density in zip(panels, found, strict=True):
        image = shade(panel, edges, density, largest)
        panel.locator_params(nbins=4, integer=data.discrete)
    return image

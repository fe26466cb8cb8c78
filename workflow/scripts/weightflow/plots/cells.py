"""Cells over the predicted density of two components, at observed and unobserved times."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.data.subsets import evenly
from weightflow.plots import style
from weightflow.plots.distributions import cell_limits, mass_contours, mass_patches, own_grid
from weightflow.prediction.predictions import Prediction, read_prediction

MOST_TIMES = 6
MOST_CELLS = 400  # in a panel; more would hide the density
_PANEL = 2.9 * style.CM  # height
_LEFT_OUT = "each predicted\nfrom the other\nsnapshots"


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, prediction, fold_snapshots, fold_predictions. Parameters: model, models, times."""
    folds: dict[int, tuple[Snapshots, Prediction]] = {}
    for states, predicted in zip(inputs.fold_snapshots, inputs.fold_predictions, strict=True):
        fold = read_snapshots(states)
        if fold.left_out is not None:
            folds[fold.left_out] = fold, read_prediction(predicted)
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    return plot_cells(data, prediction, folds, style.line_of(params.model, params.models), params.times)


def plot_cells(
    data: Snapshots,
    prediction: Prediction,
    folds: Mapping[int, tuple[Snapshots, Prediction]],
    line: style.Line,
    times: Sequence[float] | None,
) -> Figure:
    """Columns are times; the first row shows the model of the whole data set, a second row those of the folds.

    Args:
        data: the data set, of real values.
        prediction: of one model, at the times of the data.
        folds: data and prediction of the same model without a snapshot, by the index of its time.
        line: of that model.
        times: to show; None takes all, or six of more than six.
    """
    shown = _shown(data, times)
    with style.look():
        if len(data.pair) < 2:
            return style.empty("One variable has no joint density.")
        pair = data.pair[0], data.pair[1]
        rows: list[Mapping[int, tuple[Snapshots, Prediction]]] = [dict.fromkeys(shown, (data, prediction))]
        rows += [folds] if any(t in folds for t in shown) else []
        limits = cell_limits([_cells(data, t) for t in shown], pair)
        width = min(style.PAGE, (2.6 + 3.1 * len(shown)) * style.CM)
        figure, axes = style.grid(len(rows), len(shown), width, _PANEL * len(rows) + 2.1 * style.CM)
        for r, row in enumerate(rows):
            for t, panel in zip(shown, axes[r], strict=True):
                if t not in row:
                    panel.set_axis_off()
                    continue
                own, predicted = row[t]
                # Components computed for a fold have other axes.
                seen = limits if _same(own, data) else cell_limits([_cells(own, t)], pair)
                _panel(panel, own, predicted, t, pair, seen)
                panel.set_title(style.at_time(data.time_label, data.times[t]) if r == 0 else "")
                panel.tick_params(labelleft=(r, t) == (0, shown[0]) or seen is not limits)
        axes[0, 0].set_ylabel(**style.beside(data.variables[pair[1]]))
        if len(rows) > 1:
            style.note(axes[1, 0], _LEFT_OUT)
            axes[1, 0].texts[0].set_color(style.VERMILLION)
        for c in range(len(shown)):
            lowest = max(r for r, row in enumerate(rows) if shown[c] in row)
            axes[lowest, c].set_xlabel(style.below(data.variables[pair[0]]), labelpad=1)
            for r in range(lowest):
                axes[r, c].tick_params(labelbottom=False)
        _legend(figure, line, any(not row[t][0].is_observed[t] for row in rows for t in shown if t in row))
    return figure


def _shown(data: Snapshots, times: Sequence[float] | None) -> list[int]:
    if times is not None:
        return sorted({int(np.abs(data.times - time).argmin()) for time in times})
    return np.unique(np.linspace(0, len(data.times) - 1, MOST_TIMES).round().astype(int)).tolist()


def _cells(data: Snapshots, t: int) -> np.ndarray:
    """(n, d) cells of the fit at an observed time; the true ones at others."""
    return data.training[t] if data.is_observed[t] else data.truth[t]


def _same(one: Snapshots, other: Snapshots) -> bool:
    """Whether states of both have the same coordinates."""
    if one.representation is None or other.representation is None:
        return one.representation is other.representation
    parts = [(part.mean, part.axes) for part in (one.representation, other.representation)]
    return all(np.allclose(a, b) for a, b in zip(*parts, strict=True))


def _panel(
    panel: Axes, data: Snapshots, prediction: Prediction, t: int, pair: tuple[int, int], limits: np.ndarray
) -> None:
    mass_contours(panel, *own_grid(prediction, t, pair, limits))
    colour = style.BLACK if data.is_observed[t] else style.VERMILLION
    draw_cells(panel, _cells(data, t), pair, colour)
    panel.set(xlim=limits[0], ylim=limits[1])
    panel.locator_params(nbins=4)
    panel.spines[:].set(visible=True, color=colour, linewidth=0.6 if data.is_observed[t] else 1.4)


def draw_cells(panel: Axes, states: np.ndarray, pair: tuple[int, int], colour: str, size: float = 1.8) -> None:
    """Some of the cells (n, d), evenly chosen, as small points."""
    few = states[evenly(len(states), MOST_CELLS)]
    (points,) = panel.plot(*few[:, pair].T, ".", color=colour, markersize=size, mew=0, alpha=0.6, zorder=3)
    points.set_rasterized(True)


def _legend(figure: Figure, line: style.Line, unseen: bool) -> None:
    dot: dict[str, Any] = {"linestyle": "", "marker": ".", "markersize": 5, "mew": 0}
    handles: list[Artist] = [Line2D([], [], color=style.BLACK, **dot, label="cells of the fit")]
    handles += [Line2D([], [], color=style.VERMILLION, **dot, label="other cells")] if unseen else []
    handles += [Patch(visible=False, label=f"mass of {line.label} within:"), *mass_patches()]
    style.legend_above(figure, handles, len(handles), handlelength=1.2, columnspacing=1.1)

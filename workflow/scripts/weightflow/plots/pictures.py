"""Joint densities of every pair of variables at six times, at snapshots and between them."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.plots import style
from weightflow.plots.cells import draw_cells
from weightflow.plots.distributions import mass_contours, mass_patches
from weightflow.prediction.figure_grids import bin_counts
from weightflow.prediction.motion import Motion, read_motion

_PANEL = 2.9 * style.CM  # height
_LETTERS = 11  # of a label in a line
_KEPT = 0.999  # of the mass within the limits of a row


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, motion. Parameters: model, models."""
    data, motion = read_snapshots(inputs.snapshots), read_motion(inputs.motion)
    return plot_pictures(data, motion, style.line_of(params.model, params.models))


def plot_pictures(data: Snapshots, motion: Motion, line: style.Line) -> Figure:
    """Rows are pairs of variables, columns are times.

    Args:
        data: the data set, for the states at snapshots.
        motion: of one model.
        line: of that model.
    """
    pairs, times = [tuple(pair) for pair in motion.pairs.tolist()], motion.picture_times
    with style.look():
        if not pairs:
            return style.empty("One variable has no joint density.")
        if not motion.joints.size:
            return style.empty("The variables have too many states for a picture of their joint density.")
        figure, axes = style.grid(len(pairs), len(times), style.PAGE, _PANEL * len(pairs) + 1.9 * style.CM)
        for pair, row, joints in zip(pairs, axes, motion.joints.swapaxes(0, 1), strict=True):
            edges = [_edges(data, v, joints.shape[-1]) for v in pair]
            area = np.outer(*map(np.diff, edges))
            limits = [_limits(joints.sum((0, 2 - axis)), own) for axis, own in enumerate(edges)]
            for time, panel, masses in zip(times, row, joints, strict=True):
                mass_contours(panel, edges, masses / area)
                if len(here := np.flatnonzero(data.observed_times == time)):
                    states = data.values(data.observed[int(here[0])])
                    draw_cells(panel, states, (pair[0], pair[1]), style.BLACK, size=1.4)
                panel.set(xlim=limits[0], ylim=limits[1])
                panel.locator_params(nbins=4, integer=data.discrete)
                panel.set_xlabel(style.in_lines(data.variables[pair[0]], _LETTERS), labelpad=1)
                panel.tick_params(labelleft=panel is row[0])
            row[0].set_ylabel(**style.beside(data.variables[pair[1]]))
        for time, panel in zip(times, axes[0], strict=True):
            at_snapshot = bool((data.observed_times == time).any())
            title = f"{style.at_time(data.time_label, time)}\n{'snapshot' if at_snapshot else 'between'}"
            panel.set_title(title, color=style.BLACK if at_snapshot else line.color)
        style.legend_above(figure, mass_patches(), 5, title=f"share of the probability by {line.label} within")
    return figure


def _edges(data: Snapshots, variable: int, bins: int) -> np.ndarray:
    """(B + 1,) edges of the bins of a joint density, in the units of the file."""
    if data.space.has_unit_bins:
        return np.arange(bins + 1) * bin_counts(data.space.bins, bins) - 0.5
    ends = np.tile(data.space.edges(variable)[:, None], (1, len(data.variables)))
    return data.values(ends)[:, variable]


def _limits(masses: np.ndarray, edges: np.ndarray) -> tuple[float, float]:
    """Ends of the bins that hold nearly all of the mass."""
    reached = masses.cumsum() / masses.sum()
    first, last = np.searchsorted(reached, ((1 - _KEPT) / 2, (1 + _KEPT) / 2))
    return float(edges[max(first - 1, 0)]), float(edges[min(last + 2, len(edges) - 1)])

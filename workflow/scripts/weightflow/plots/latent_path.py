"""The latent path Z(t) that drives the neural CDE."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.interpolate import CubicSpline

from weightflow.data.snapshots import read_snapshots
from weightflow.plots import style
from weightflow.storage import read_tensors

MOST_COLUMNS = 3
_DIMENSIONS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.BLACK)


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, paths of the models. Parameters: models."""
    paths = {}
    for model, path in zip(params.models, inputs.paths, strict=True):
        tensors = read_tensors(path, "latent path").tensors
        paths[model] = tensors["times"], tensors["coordinates"]
    return plot_latent_path(paths, read_snapshots(inputs.snapshots).time_label)


def plot_latent_path(paths: Mapping[str, tuple[np.ndarray, np.ndarray]], time_label: str) -> Figure:
    """One panel per model: a natural cubic spline through the anchors' coordinates, the knots as points.

    Args:
        paths: by model, times (K,) and coordinates (K, z_dim).
        time_label: of the time axis.
    """
    columns = min(MOST_COLUMNS, len(paths))
    rows = -(-len(paths) // columns)
    with style.look():
        width = style.COLUMN if columns == 1 else style.PAGE
        figure, axes = style.grid(rows, columns, width, 6 * style.CM * rows)
        for panel in axes.flat[len(paths) :]:
            panel.set_axis_off()
        for (model, (times, coordinates)), panel in zip(paths.items(), axes.flat, strict=False):
            fine = np.linspace(times[0], times[-1], 401)
            curves = CubicSpline(times, coordinates, bc_type="natural")(fine)
            for z in range(coordinates.shape[1]):
                colour = _DIMENSIONS[z % len(_DIMENSIONS)]
                panel.plot(fine, curves[:, z], color=colour, label=f"$Z_{{{z + 1}}}$")
                panel.plot(times, coordinates[:, z], "o", color=colour, markersize=3.5)
            panel.set(title=model, xlabel=time_label, ylabel="latent path $Z(t)$ (standardised)")
            if coordinates.shape[1] > 1:
                panel.legend()
    return figure

"""Loss curves of the three fits: anchors, latent path, dynamics."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from weightflow.plots import style


def plot_losses(
    anchors: Mapping[str, pd.DataFrame],
    paths: Mapping[str, pd.DataFrame],
    dynamics: Mapping[str, pd.DataFrame],
    lines: Mapping[str, style.Line],
    times: np.ndarray,
    time_label: str,
) -> Figure:
    """A panel for each set of anchors, and one each for the auto-encoders, the structural loss and the energy.

    Args:
        anchors: by title, table snapshot, step, nll.
        paths: by model, table step, structural; empty where the path has no auto-encoder.
        dynamics: by model, table step, loss, structural, energy.
        lines: how each model is drawn.
        times: (K,) of the anchors.
        time_label: of these times.
    """
    panels = len(anchors) + 3
    rows = -(-panels // 2)
    with style.look():
        figure, axes = style.grid(rows, 2, style.PAGE, 5.6 * style.CM * rows)
        for panel in axes.flat[panels:]:
            panel.set_axis_off()
        places = iter(axes.flat)
        for (title, table), panel in zip(anchors.items(), places, strict=False):
            _anchor_curves(panel, table, times, time_label)
            panel.set(title=f"anchors of {title}", ylabel="negative log-likelihood\nper state (nats)")
        _curves(next(places), paths, "structural", lines, "latent path: auto-encoder", "mean squared error")
        _curves(
            next(places), dynamics, "structural", lines, "dynamics: structural loss", "mean squared error of weights"
        )
        _curves(next(places), dynamics, "energy", lines, "dynamics: path energy", "energy $E$ of the path")
    return figure


def _anchor_curves(panel: Axes, table: pd.DataFrame, times: np.ndarray, time_label: str) -> None:
    norm, colours = Normalize(times[0], times[-1]), colormaps[style.TIME_COLOURS]
    for snapshot, own in table.groupby("snapshot"):
        panel.plot(own["step"] + 1, own["nll"], color=colours(norm(times[snapshot])), linewidth=1)
    panel.set(xscale="log", xlabel="optimisation step")
    panel.figure.colorbar(ScalarMappable(norm, colours), ax=panel, pad=0.01, aspect=25).set_label(time_label)


def _curves(
    panel: Axes,
    tables: Mapping[str, pd.DataFrame],
    column: str,
    lines: Mapping[str, style.Line],
    title: str,
    ylabel: str,
) -> None:
    """The curves as they are, faint, and their running medians."""
    filled = {model: table for model, table in tables.items() if len(table)}
    if not filled:
        style.note(panel, f"{title}: none trained")
        return
    for i, (model, table) in enumerate(filled.items()):
        steps, values = table["step"] + 1, table[column].where(table[column] > 0)
        # Later curves are thinner, so that those of models that share a fit stay visible.
        look = lines[model].plot() | {"linewidth": 2.2 - 1.2 * i / max(1, len(filled) - 1)}
        panel.plot(steps, values, color=look["color"], linewidth=0.5, alpha=0.3)
        panel.plot(steps, values.rolling(max(1, len(table) // 40), min_periods=1, center=True).median(), **look)
    panel.set(title=title, ylabel=ylabel, xlabel="optimisation step", yscale="log")
    panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    panel.legend()

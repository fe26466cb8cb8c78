"""Accuracies of original, reconstructed and drawn networks, by the loss of the auto-encoder."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.plots import style
from weightflow.plots.sources import colour_of_autoencoder
from weightflow.populations.autoencoders.source_names import DRAWN, ORIGINAL, RECONSTRUCTED

_TITLES = {
    ORIGINAL: "originals",
    RECONSTRUCTED: "reconstructions of the originals",
    DRAWN: "networks drawn about the codes of good ones",
}
_ROW, _FRAME, _TITLE = 0.62 * style.CM, 1.9 * style.CM, 0.75 * style.CM  # heights
_LEAST = 6  # networks of a violin
_HALF = 0.4  # of the height of a violin, in rows
_MOST_POINTS = 400  # of a row


def draw(inputs: Any, params: Any) -> Figure:
    """From files: tables of decoded networks, one for each seed."""
    return plot_decoded(pd.concat(map(pd.read_csv, inputs.tables), ignore_index=True))


def plot_decoded(decoded: pd.DataFrame) -> Figure:
    """A panel for each kind of network, with a row for each source: distribution, points, median and quartiles.

    Args:
        decoded: source, kind (original, reconstructed, drawn), accuracy; a row for each network of every seed.
    """
    shown = {kind: own for kind in _TITLES if len(own := decoded[decoded["kind"] == kind])}
    if not shown:
        return style.empty("No network was decoded.")
    rows = [own["source"].nunique() for own in shown.values()]
    height = _FRAME + _ROW * sum(rows) + _TITLE * len(rows)
    with style.look():
        figure, axes = style.grid(len(rows), 1, 0.8 * style.PAGE, height, sharex=True, height_ratios=rows)
        middle = 100 * shown[ORIGINAL]["accuracy"].median() if ORIGINAL in shown else None
        for panel, (kind, own) in zip(axes[:, 0], shown.items(), strict=True):
            _rows(panel, own)
            panel.set_title(_TITLES[kind], loc="left")
            panel.tick_params(axis="x", length=0)
            if middle is not None:
                panel.axvline(middle, color=style.GREY, linestyle="--", linewidth=0.8, zorder=1)
        axes[-1, 0].tick_params(axis="x", length=3.5)
        axes[-1, 0].set_xlabel("accuracy on the test part (%)")
        style.legend_above(figure, _handles(middle is not None), 3)
    return figure


def _rows(panel: Axes, table: pd.DataFrame) -> None:
    groups = [(str(source), 100 * own["accuracy"].to_numpy()) for source, own in table.groupby("source", sort=False)]
    for place, (source, accuracies) in enumerate(groups):
        colour = colour_of_autoencoder(source)
        _violin(panel, place, accuracies, colour)
        points = accuracies[:: -(-len(accuracies) // _MOST_POINTS)]
        apart = np.random.default_rng(0).uniform(-0.22, 0.22, len(points))  # separates equal accuracies
        panel.plot(points, place + apart, ".", color=colour, markersize=3, alpha=0.4, markeredgewidth=0, zorder=2)
        low, middle, high = np.quantile(accuracies, [0.25, 0.5, 0.75])
        panel.plot([low, high], [place, place], color=style.BLACK, linewidth=1, solid_capstyle="butt", zorder=3)
        panel.plot(middle, place, "o", color="white", markeredgecolor=style.BLACK, markersize=4, zorder=4)
    panel.set_yticks(range(len(groups)), [source.replace(" (", "\n(") for source, _ in groups])
    panel.set_ylim(len(groups) - 0.45, -0.55)
    panel.tick_params(axis="y", length=0)


def _violin(panel: Axes, place: int, accuracies: np.ndarray, colour: str) -> None:
    """The distribution, as wide as a row at its mode; none for few networks or equal accuracies."""
    if len(accuracies) < _LEAST or np.ptp(accuracies) == 0:
        return
    look: dict[str, Any] = {"orientation": "horizontal", "widths": 2 * _HALF, "showextrema": False, "points": 200}
    drawn: Any = panel.violinplot(accuracies, [place], **look)
    drawn["bodies"][0].set(facecolor=colour, edgecolor=colour, alpha=0.22, linewidth=0.6, zorder=1)


def _handles(has_originals: bool) -> list[Line2D]:
    median = Line2D([], [], color=style.BLACK, marker="o", markerfacecolor="white", markersize=4, linewidth=1)
    median.set_label("median and quartiles")
    point = Line2D([], [], color=style.GREY, marker=".", markersize=4, linestyle="none", label="a network")
    line = Line2D([], [], color=style.GREY, linestyle="--", linewidth=0.8, label="median of the originals")
    return [median, point, *([line] if has_originals else [])]

"""Agreement of reconstructed networks with their originals, against the distance from them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from weightflow.plots import style
from weightflow.plots.sources import colour_of_autoencoder
from weightflow.populations.autoencoders.source_names import RECONSTRUCTED, parts_of

_MARKERS = "o^sDvP"  # aligned networks, then those before alignment and other batch norms
_LEAST = 1e-4  # squared distance that the axis shows at least
_NARROW = 100  # ratio of the largest to the smallest distance below which ticks are at 1, 2, 5, 10 …


def draw(inputs: Any, params: Any) -> Figure:
    """From files: tables of decoded networks, one for each seed."""
    return plot_agreement(pd.concat(map(pd.read_csv, inputs.tables), ignore_index=True))


def plot_agreement(decoded: pd.DataFrame) -> Figure:
    """A point for each reconstructed network: colours by auto-encoder, markers by alignment; large ones are medians.

    Args:
        decoded: source, kind, agreement (share), distance (squared, in units of the population's variance); a row for
            each network of every seed. Only reconstructed networks are drawn.
    """
    own = decoded[decoded["kind"] == RECONSTRUCTED].dropna(subset=["agreement", "distance"])
    if not len(own):
        return style.empty("No network was reconstructed.")
    sources = list(dict.fromkeys(own["source"]))
    markers = _markers(sources)
    with style.look():
        figure, axes = style.grid(1, 1, 0.7 * style.PAGE, 8 * style.CM)
        panel = axes[0, 0]
        for source in sources:
            _points(panel, own[own["source"] == source], source, markers[source])
        _axis_of_distances(panel, own["distance"])
        panel.set_ylim(top=102)
        panel.set_xlabel("squared distance from the original\n(units of the population's variance)")
        panel.set_ylabel("agreement with the original (% of labels)")
        style.legend_above(figure, _handles(markers), 3)
    return figure


def _markers(sources: list[str]) -> dict[str, str]:
    """The marker of each source: the same for both auto-encoders."""
    kinds = list(dict.fromkeys([("", ""), *(parts_of(source)[1:] for source in sources)]))
    return {source: _MARKERS[kinds.index(parts_of(source)[1:]) % len(_MARKERS)] for source in sources}


def _points(panel: Axes, part: pd.DataFrame, source: str, marker: str) -> None:
    colour = colour_of_autoencoder(source)
    x, y = part["distance"].clip(lower=_LEAST), 100 * part["agreement"]
    edge, face = (colour, "none") if parts_of(source).rest else ("none", colour)
    panel.scatter(x, y, s=11, marker=marker, facecolors=face, edgecolors=edge, linewidths=0.6, alpha=0.5)
    look: dict[str, Any] = {"color": colour, "markersize": 8, "markeredgecolor": style.BLACK, "zorder": 4}
    panel.plot(np.median(x), np.median(y), marker, **look)


def _handles(markers: dict[str, str]) -> list[Line2D]:
    """Entries of the legend: the auto-encoders; what else distinguishes the sources, if anything does; the median."""
    found = dict[str, Line2D]()
    for source in markers:
        name = parts_of(source).autoencoder
        found.setdefault(name, Line2D([], [], color=colour_of_autoencoder(source), linewidth=4, label=name))
    for source, marker in markers.items() if len(set(markers.values())) > 1 else ():
        _, rest, norms = parts_of(source)
        label = ", ".join(filter(None, (rest or "aligned", norms)))
        face = "none" if rest else style.GREY
        look: dict[str, Any] = {"color": style.GREY, "markerfacecolor": face, "markersize": 5, "linestyle": "none"}
        found.setdefault(label, Line2D([], [], marker=marker, label=label, **look))
    edge: dict[str, Any] = {"color": style.TRUTH, "markeredgecolor": style.BLACK, "linestyle": "none", "markersize": 7}
    return [*found.values(), Line2D([], [], marker="o", label="median", **edge)]


def _axis_of_distances(panel: Axes, distances: pd.Series) -> None:
    panel.set_xscale("log")
    shown = distances.clip(lower=_LEAST)
    narrow = shown.max() < _NARROW * shown.min()
    form = FuncFormatter(lambda value, _: f"{value:g}")
    panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    panel.xaxis.set_major_formatter(form)
    panel.xaxis.set_minor_formatter(NullFormatter())

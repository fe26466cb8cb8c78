"""Published results beside this run's."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from weightflow.baselines.registry import is_floor
from weightflow.evaluation.published import OWN, PUBLISHED
from weightflow.plots import style

METRICS = {"w": "W of the marginals", "jsd": "JSD of the marginals"}
_NARROW = {"w": "W", "jsd": "JSD"}
_ROW = 0.42 * style.CM  # height of a method
_DECADES = 40  # ratio of the largest to the smallest value above which only powers of ten are labelled
_BESIDE = 2  # more data sets than this are columns, with the metrics as rows


def draw(inputs: Any, params: Any) -> Figure:
    """From files: table. Parameters: runs."""
    return plot_published(pd.read_csv(inputs.table), style.lines(params.runs))


def plot_published(table: pd.DataFrame, lines: Mapping[str, style.Line]) -> Figure:
    """A panel for each data set and metric: published methods above, this run's models and baselines below them.

    Floors are vertical lines; error bars are standard deviations over seeds. A value that a logarithmic axis cannot
    show is a sign at the right: –, ∞ or 0.

    Args:
        table: with `published.COLUMNS`.
        lines: of this run's rows.
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    floors = (table["origin"] == OWN) & table["method"].map(is_floor)
    methods = {
        origin: list(dict.fromkeys(table.loc[(table["origin"] == origin) & ~floors, "method"]))
        for origin in (PUBLISHED, OWN)
    }
    places = {key: place for place, key in enumerate((o, m) for o, names in methods.items() for m in names)}
    labels = [f"{m} ({o})" if o == PUBLISHED else lines[m].label for o, m in places]
    with style.look():
        if not datasets:
            return style.empty("Nothing is published on these data.")
        beside = len(datasets) > _BESIDE
        rows, columns = (len(METRICS), len(datasets)) if beside else (len(datasets), len(METRICS))
        height = rows * ((len(places) + 1) * _ROW + 1.4 * style.CM) + 0.8 * style.CM
        figure, axes = style.grid(rows, columns, style.PAGE, height, sharey=True)
        for i, dataset in enumerate(datasets):
            for j, (metric, label) in enumerate(METRICS.items()):
                panel = axes[j, i] if beside else axes[i, j]
                own = table[table["dataset"] == dataset]
                _dots(
                    panel,
                    own[["method", "origin"]].assign(mean=own[f"{metric}_mean"], std=own[f"{metric}_std"]),
                    places,
                    lines,
                )
                panel.axhline(len(methods[PUBLISHED]) - 0.5, color=style.BLACK, linewidth=0.6)
                title = dataset.replace("_", " ")
                panel.set_title(textwrap.fill(title, 14) if beside else title, loc="left", fontsize=7)
                panel.set_xlabel(_NARROW[metric] if beside else label)
        for panel in axes[:, 0]:
            panel.set_yticks(range(len(places)), labels)
            panel.set_ylim(len(places) - 0.4, -0.6)
        handles = [
            Line2D([], [], color=lines[name].color, linestyle=lines[name].linestyle, label=lines[name].label)
            for name in dict.fromkeys(table.loc[floors, "method"])
        ]
        if handles:
            style.legend_above(figure, handles, 2)
    return figure


def _dots(panel: Axes, own: pd.DataFrame, places: dict[tuple[str, str], int], lines: Mapping[str, style.Line]) -> None:
    values = []
    for row in own.itertuples():
        if not np.isfinite(row.mean) or row.mean <= 0:
            if (row.origin, row.method) in places:
                text = "–" if np.isnan(row.mean) else "∞" if row.mean > 0 else "0"
                place = places[row.origin, row.method]
                panel.text(0.99, place, text, ha="right", va="center", transform=panel.get_yaxis_transform())
            continue
        values.append(row.mean)
        if (row.origin, row.method) not in places:
            look = lines[row.method]
            panel.axvline(row.mean, color=look.color, linestyle=look.linestyle, linewidth=0.9, zorder=1)
            continue
        look = style.Line(row.method, style.BLACK, marker="o") if row.origin == PUBLISHED else lines[row.method]
        face = "white" if row.origin == PUBLISHED else look.color
        spread = None if np.isnan(row.std) else row.std
        place = places[row.origin, row.method]
        mark: dict[str, Any] = {"fmt": look.marker or "o", "color": look.color, "mfc": face, "markersize": 4}
        panel.errorbar(row.mean, place, xerr=spread, **mark, capsize=2, zorder=4)
    panel.set_xscale("log", nonpositive="clip")
    if values:
        panel.set_xlim(0.7 * min(values), 1.4 * max(values))
    wide = bool(values) and max(values) > _DECADES * min(values)
    panel.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 3)))
    panel.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.grid(axis="both", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelsize=6)

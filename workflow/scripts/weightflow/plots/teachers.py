"""Likelihood of left-out snapshots under each candidate for teacher."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.choices import INTERVALS, MARKED, TEACHER, Choice, rank_teachers
from weightflow.plots import style
from weightflow.storage import read_json
from weightflow.teaching.scoring import EVERY

_ROW = 0.42 * style.CM  # height of a candidate


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots; teachers and scores of each choice. Parameters: models of each choice, most candidates."""
    ranked = {}
    for models, made, scores in zip(params.models, inputs.teachers, inputs.scores, strict=True):
        choice = Choice(TEACHER, models, None, read_json(made), pd.read_csv(scores))
        ranked[choice.title] = rank_teachers(choice, params.most)
    return plot_teachers(ranked, read_snapshots(inputs.snapshots).time_label)


def plot_teachers(ranked: Mapping[str, pd.DataFrame], time_label: str) -> Figure:
    """Log-likelihoods relative to the likeliest candidate: a row of panels for each choice, a panel for each interval.

    Args:
        ranked: by title, table from `choices.rank_teachers`.
        time_label: of the left-out snapshots' times.
    """
    ranked = {title: table for title, table in ranked.items() if len(table)}
    if not ranked:
        return style.empty("one candidate, or two snapshots: none is left out")
    heights = [1.6 + max(table.groupby("interval").size()) for table in ranked.values()]
    columns = max(table["interval"].nunique() for table in ranked.values())
    times = np.concatenate([found for table in ranked.values() for found in table["times"]])
    norm = Normalize(times.min(), times.max())
    with style.look():
        height = sum(heights) * _ROW + 2.6 * style.CM
        figure, axes = style.grid(len(ranked), columns, style.PAGE, height, height_ratios=heights)
        for (title, table), row in zip(ranked.items(), axes, strict=True):
            for panel in row[table["interval"].nunique() :]:
                panel.set_axis_off()
            for (interval, own), panel in zip(table.groupby("interval", sort=False), row, strict=False):
                _candidates(panel, own, norm)
                shown = "" if len(own) == own["candidates"].iloc[0] else f", {len(own)} of {own['candidates'].iloc[0]}"
                panel.set_title(f"{INTERVALS[str(interval)]}{shown}", loc="left")
            if len(ranked) > 1:
                row[0].set_ylabel(title)
        for panel in axes[-1]:
            panel.set_xlabel("nats per state behind the likeliest")
        dot: dict[str, Any] = {"linestyle": "", "marker": "o"}
        handles = [
            Line2D([], [], color=style.BLACK, markersize=4, **dot, label="mean, ± 2 standard errors"),
            Line2D([], [], color=style.VERMILLION, markersize=4, **dot, label=_marked(ranked)),
        ]
        if any(len(found) > 1 for table in ranked.values() for found in table["times"]):
            shade = ScalarMappable(norm, style.TIME_COLOURS)
            style.time_bar(figure, shade, f"left out, {style.short_label(time_label)}", ax=axes[:, -1], pad=0.02)
        style.legend_above(figure, handles, 2)
    return figure


def _marked(ranked: Mapping[str, pd.DataFrame]) -> str:
    """What the coloured candidates are: of real values all candidates give parts of the states."""
    averaged = any((table["interval"] == EVERY).any() for table in ranked.values())
    return f"chosen, with at least {MARKED:.0%} of the states" if averaged else "chosen"


def _candidates(panel: Axes, own: pd.DataFrame, norm: Normalize) -> None:
    colours = colormaps[style.TIME_COLOURS]
    panel.axvline(0, color=style.GREY, linewidth=0.8, zorder=0)
    for place, row in enumerate(own.itertuples()):
        colour = style.VERMILLION if row.chosen else style.BLACK
        if not np.isfinite(row.behind):
            text = "infinite" if np.isinf(row.behind) else "missing"
            panel.text(0.99, place, text, ha="right", va="center", fontsize=6, transform=panel.get_yaxis_transform())
            continue
        if len(row.times) > 1:
            panel.scatter(
                row.behind_at, [place] * len(row.times), s=9, c=[colours(norm(t)) for t in row.times], linewidth=0
            )
        panel.errorbar(row.behind, place, xerr=2 * row.error, fmt="o", color=colour, markersize=4, capsize=2)
    several = own["chosen"].sum() > 1
    labels = [f"{row.teacher}, {row.part:.1%}" if several and row.chosen else row.teacher for row in own.itertuples()]
    panel.set_yticks(range(len(own)), labels)
    for tick, chosen in zip(panel.get_yticklabels(), own["chosen"], strict=True):
        tick.set_color(style.VERMILLION if chosen else style.BLACK)
    panel.set_ylim(len(own) - 0.4, -0.6)
    panel.grid(axis="x", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)

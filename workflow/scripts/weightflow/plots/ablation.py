"""The ablation study: the levels of one factor beside the base model."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.ablation_level import BASE
from weightflow.evaluation.registry import METRICS, compared
from weightflow.evaluation.score_tables import at_unseen_times
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style

_ROW = 0.5 * style.CM  # height of a level
_LINE_HEIGHT = 5.6 * style.CM
_LOG_FROM = 8  # ratio of the largest to the smallest mean from which an axis is logarithmic
_LOG_LEVELS = 10  # ratio of the largest to the smallest level from which an axis is logarithmic
_NUMBERED = re.compile(r"(.*?)(\d+(?:\.\d+)?)%?")


def level_numbers(levels: Sequence[str]) -> list[float] | None:
    """The number at the end of each level's name; None if the names differ otherwise or have no number.

    share-10, H4, 0.1 and 10% end in a number; relu and 2-layers do not.
    """
    found = [match for level in levels if (match := _NUMBERED.fullmatch(level))]
    if len(found) < max(2, len(levels)) or len({match[1] for match in found}) > 1:
        return None
    numbers = [float(match[2]) for match in found]
    return numbers if len(set(numbers)) == len(numbers) else None


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, law, table. Parameters: dataset, factor, its label."""
    table = pd.read_csv(inputs.table, keep_default_na=False, na_values=[""])
    own = table[table["dataset"] == params.dataset]
    law_of_all = of_all(known_law(inputs.law), len(read_snapshots(inputs.snapshots).variables)) is not None
    return plot_ablation(own, params.factor, law_of_all, params.label)


def plot_ablation(table: pd.DataFrame, factor: str, law_of_all: bool, label: str | None = None) -> Figure:
    """A panel per metric: mean ± standard deviation over seeds of each level of a factor.

    Numbered levels are points of a curve, others points in rows. The base model is a band; a level with its settings
    is a ring. Metrics are means over the unseen times, if there are any.

    Args:
        table: factor, level, base, model, metric, times, mean, std of one data set, from
            `ablation_table.tabulate_ablations`.
        factor: the factor to draw.
        law_of_all: whether the exact law covers all variables, so that joint distributions are compared with it.
        label: of the factor; None for its name.
    """
    part = at_unseen_times(table)
    own = part[part["factor"] == factor]
    base = part[(part["factor"] == BASE) & part["model"].isin(own["base"])]
    label = label or factor.replace("--", " and ").replace("_", " ")
    levels = list(dict.fromkeys(own["level"]))
    everywhere = set.intersection(*(set(rows["metric"]) for _, rows in pd.concat([own, base]).groupby("model")))
    numbers, shown = level_numbers(levels), compared("ablation", everywhere & set(own["metric"]), law_of_all)
    with style.look():
        if not shown:
            return style.empty("No metric is defined for these data.")
        height = _LINE_HEIGHT if numbers else (len(levels) + 1) * _ROW + 2.4 * style.CM
        width = style.PAGE if len(shown) > 1 else style.COLUMN
        figure, axes = style.grid(1, len(shown), width, height, sharey=numbers is None)
        for metric, panel in zip(shown, axes[0], strict=True):
            values = own[own["metric"] == metric].set_index("level").reindex(levels)
            reference = base[base["metric"] == metric].iloc[0]
            if numbers:
                _along(panel, values, numbers, reference)
                panel.set_ylabel(METRICS[metric].label)
            else:
                _in_rows(panel, values, reference)
                panel.set_xlabel(METRICS[metric].label)
        if numbers:
            figure.supxlabel(label, fontsize=8)
        else:
            axes[0, 0].set_yticks(range(len(levels)), levels)
            axes[0, 0].set_ylim(len(levels) - 0.4, -0.6)
            axes[0, 0].set_title(label, loc="left", fontweight="bold")
        handles = [
            Line2D([], [], color=style.BLUE, marker="o", markersize=4, label="change, mean ± std over seeds"),
            Line2D([], [], color=style.BLACK, linewidth=0.9, label=f"base model ({base['level'].iloc[0]})"),
            Line2D([], [], color=style.BLACK, marker="o", markersize=4, markerfacecolor="white", label="same as base"),
        ]
        style.legend_above(figure, handles, 3)
    return figure


def _along(panel: Axes, values: pd.DataFrame, numbers: Sequence[float], base: pd.Series) -> None:
    """Levels as numbers along the horizontal axis."""
    _band(panel, base, vertical=False)
    order = np.argsort(numbers)
    x, mean, spread = (np.asarray(v, dtype=float)[order] for v in (numbers, values["mean"], values["std"]))
    finite = np.isfinite(mean)
    panel.plot(x, np.where(finite, mean, np.nan), color=style.BLUE, linewidth=1.0, zorder=2)
    for place, number in enumerate(x):
        same = values["model"].iloc[order[place]] == base["model"]
        if finite[place]:
            width = None if np.isnan(spread[place]) else spread[place]
            panel.errorbar(number, mean[place], yerr=width, **_mark(same))
        else:
            panel.text(number, 0.86, _sign(mean[place]), ha="center", va="top", transform=panel.get_xaxis_transform())
    if x[0] > 0 and x[-1] > _LOG_LEVELS * x[0]:
        panel.set_xscale("log")
    panel.xaxis.set_major_locator(FixedLocator(list(x)))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    panel.grid(axis="y", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    _scale(panel.yaxis, [*mean[finite], base["mean"]])
    _tell_base(panel, base)


def _in_rows(panel: Axes, values: pd.DataFrame, base: pd.Series) -> None:
    """Levels as names, one under another."""
    _band(panel, base, vertical=True)
    for place, row in enumerate(values.itertuples()):
        same = row.model == base["model"]
        if np.isfinite(row.mean):
            panel.errorbar(row.mean, place, xerr=None if np.isnan(row.std) else row.std, **_mark(same))
        else:
            panel.text(0.99, place, _sign(row.mean), ha="right", va="center", transform=panel.get_yaxis_transform())
    panel.grid(axis="x", color="#ececec", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)
    _scale(panel.xaxis, [*values["mean"], base["mean"]])
    if not np.isfinite(base["mean"]):
        panel.set_title(f"base model: {_sign(base['mean'])}", loc="right", fontsize=6)


def _sign(mean: float) -> str:
    """In place of a value that cannot be drawn."""
    return "∞" if np.isinf(mean) else "–"


def _tell_base(panel: Axes, base: pd.Series) -> None:
    """A note in place of the band, if the base model has no finite value."""
    if not np.isfinite(base["mean"]):
        style.tell_gaps(panel, {"base model": "infinite" if np.isinf(base["mean"]) else "missing"})


def _mark(same: bool) -> dict[str, Any]:
    colour = style.BLACK if same else style.BLUE
    face = "white" if same else colour
    return {"fmt": "o", "color": colour, "mfc": face, "markersize": 4, "capsize": 2, "zorder": 4}


def _band(panel: Axes, base: pd.Series, vertical: bool) -> None:
    if not np.isfinite(base["mean"]):
        return
    spread = 0 if np.isnan(base["std"]) else base["std"]
    low = max(base["mean"] - spread, 0) if base["mean"] >= 0 else base["mean"] - spread
    span, line = (panel.axvspan, panel.axvline) if vertical else (panel.axhspan, panel.axhline)
    span(low, base["mean"] + spread, color=style.TRUTH, alpha=0.6, linewidth=0)
    line(base["mean"], color=style.BLACK, linewidth=0.9, zorder=1)


def _scale(axis: XAxis | YAxis, means: Sequence[float]) -> None:
    """Make the axis logarithmic if the means span a large ratio; set few ticks."""
    finite = np.asarray([mean for mean in means if np.isfinite(mean)])
    if len(finite) and finite.min() > 0 and finite.max() > _LOG_FROM * finite.min():
        panel = axis.axes
        limits: Callable[..., Any] = panel.set_xlim if axis.axis_name == "x" else panel.set_ylim
        {"x": panel.set_xscale, "y": panel.set_yscale}[axis.axis_name]("log", nonpositive="clip")
        limits(0.8 * finite.min(), None)
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())
    elif isinstance(locator := axis.get_major_locator(), MaxNLocator):
        locator.set_params(nbins={"x": 4, "y": 5}[axis.axis_name])

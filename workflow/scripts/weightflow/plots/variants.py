"""Variants of the auto-encoder: agreement of reconstructions with their originals, and seconds of the fit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from weightflow.plots import style
from weightflow.populations.autoencoders.settings import BASE

_STRUCTURAL = (style.BLUE, "o")  # without the behavioural loss, β = 1
_LOOKS = (
    *((style.VERMILLION, "s"), (style.GREEN, "D"), (style.PURPLE, "^"), (style.ORANGE, "v"), (style.BLACK, "P")),
    *((style.SKY, "h"), (style.BROWN, "X")),
)
_LINE, _ROW, _POINT, _FRAME = 0.32 * style.CM, 0.62 * style.CM, 0.3 * style.CM, 2.4 * style.CM  # heights
_HIGHEST = 23 * style.CM  # of a figure, if its labels fit
_MOST_LINES = 4  # values of β up to which lines mark the variant without changes
_LABEL = 30  # characters in a line of a row's label
_FILLED = 0.62  # share of a row's height over which its values of β are spread
_LOG_FROM = 8  # ratio of the largest to the smallest time from which the axis is logarithmic


def draw(inputs: Any, params: Any) -> Figure:
    """From files: tables of variants, one for each seed."""
    return plot_variants(pd.concat(map(pd.read_csv, inputs.tables), ignore_index=True))


def plot_variants(variants: pd.DataFrame) -> Figure:
    """A row for each variant: agreement (left) and seconds (right), colours by β; small points are seeds.

    The label of a row has, in its second line, the settings that differ from those of `base`.

    Args:
        variants: variant, changes (as text), structural (β), seconds, agreement (share); rows of seeds are averaged.
    """
    names = list(dict.fromkeys(variants["variant"]))
    if not names:
        return style.empty("There are no variants.")
    looks = _looks(sorted(set(variants["structural"]), reverse=True))
    labels = [_label(name, variants) for name in names]
    least = max(_ROW, _LINE * max(1.5 + label.count("\n") for label in labels)) * len(names)
    height = _FRAME + max(least, min(_POINT * len(looks) * len(names), _HIGHEST - _FRAME))
    with style.look():
        figure, axes = style.grid(1, 2, style.PAGE, height, sharey=True, width_ratios=[3, 2])
        for panel, column, factor in ((axes[0, 0], "agreement", 100), (axes[0, 1], "seconds", 1)):
            table = variants.assign(value=factor * variants[column])
            for place, (weight, look) in zip(_places(len(looks)), looks.items(), strict=True):
                own = table[table["structural"] == weight]
                _dots(panel, own, names, place, look)
                if len(looks) <= _MOST_LINES:
                    _line_of_base(panel, own, look)
            _stripes(panel, len(names))
        axes[0, 0].set_yticks(range(len(names)), labels)
        axes[0, 0].set_ylim(len(names) - 0.5, -0.5)
        axes[0, 0].set_xlabel("agreement with the original (% of labels)")
        _axis_of_seconds(axes[0, 1], variants["seconds"])
        style.legend_above(figure, [_handle(*own) for own in looks.items()], 8)
    return figure


def _looks(weights: Sequence[float]) -> dict[float, tuple[str, str]]:
    """Colour and marker of each β."""
    others = [weight for weight in weights if weight != 1]
    found = {weight: _LOOKS[place % len(_LOOKS)] for place, weight in enumerate(others)}
    return {weight: found.get(weight, _STRUCTURAL) for weight in weights}


def _places(count: int) -> np.ndarray:
    """(count,) places of the values of β within a row."""
    return _FILLED * ((np.arange(count) + 0.5) / count - 0.5)


def _dots(panel: Axes, part: pd.DataFrame, names: Sequence[str], apart: float, look: tuple[str, str]) -> None:
    """Mean over seeds with standard deviation, and the seeds, of one β."""
    colour, marker = look
    for name, own in part.groupby("variant", sort=False):
        place = names.index(str(name)) + apart
        panel.plot(own["value"], np.full(len(own), place), ".", color=colour, markersize=3, alpha=0.45, zorder=2)
        mean, deviation = own["value"].mean(), own["value"].std()
        spread = deviation if np.isfinite(deviation) else 0
        panel.errorbar(mean, place, xerr=spread, color=colour, capsize=2, linewidth=0.9, zorder=3)
        panel.plot(mean, place, marker, color=colour, markersize=4.5, zorder=4)


def _line_of_base(panel: Axes, part: pd.DataFrame, look: tuple[str, str]) -> None:
    base = part.loc[part["variant"] == BASE, "value"]
    if len(base):
        panel.axvline(base.mean(), color=look[0], linewidth=0.7, linestyle=":", alpha=0.8, zorder=1)


def _stripes(panel: Axes, rows: int) -> None:
    """Every second row is grey, so that its dots are found beside its name."""
    for place in range(0, rows, 2):
        panel.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
    panel.tick_params(axis="y", length=0)


def _label(name: str, variants: pd.DataFrame) -> str:
    """The name of a variant, and what it changes."""
    changes = variants.loc[variants["variant"] == name, "changes"].fillna("").iloc[0]
    return "\n".join(style.in_lines(text, _LABEL) for text in (name, changes) if text)


def _handle(weight: float, look: tuple[str, str]) -> Line2D:
    colour, marker = look
    return Line2D([], [], color=colour, marker=marker, markersize=4.5, linestyle="none", label=f"β = {weight:g}")


def _axis_of_seconds(panel: Axes, seconds: pd.Series) -> None:
    panel.set_xlabel("fit (seconds)")
    if not 0 < _LOG_FROM * seconds.min() < seconds.max():
        panel.set_xlim(left=0)
        return
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.xaxis.set_minor_formatter(NullFormatter())

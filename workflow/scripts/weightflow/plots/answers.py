"""Probabilities of the events of a data set's questions against time."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from weightflow.bands.bands import Bands, read_bands
from weightflow.data.snapshots import read_snapshots
from weightflow.data.subsets import evenly
from weightflow.plots import style
from weightflow.prediction.answers import DATA, LAW, MODEL

_COLUMNS = 3
_PANEL = 4.4 * style.CM  # height
_MOST_BARS = 26  # times with an error bar
_MIDDLE = 0.6  # largest probability from which the axis ends at 1
_BAND = 0.3  # opacity
_HELD_OUT = style.GREY


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, answers, bands. Parameters: model, models."""
    label, answers = read_snapshots(inputs.snapshots).time_label, pd.read_csv(inputs.answers)
    return plot_answers(answers, style.lines(params.models), label, params.model, read_bands(inputs.bands))


def plot_answers(
    answers: pd.DataFrame,
    lines: Mapping[str, style.Line],
    time_label: str,
    banded: str = "",
    bands: Bands | None = None,
) -> Figure:
    """A panel for each question.

    Args:
        answers: table with `answers.COLUMNS`.
        lines: of the models.
        time_label: of the time axis.
        banded: the model with bands; others have the range of their seeds.
        bands: of its answers; None draws none.
    """
    questions = list(dict.fromkeys(answers["question"]))
    columns = min(_COLUMNS, len(questions))
    rows = -(-len(questions) // columns)
    with style.look():
        width = style.PAGE if columns > 1 else 1.3 * style.COLUMN
        figure, axes = style.grid(rows, columns, width, _PANEL * rows + 1.3 * style.CM)
        for panel in axes.ravel()[len(questions) :]:
            panel.set_axis_off()
        for question, panel in zip(questions, axes.ravel(), strict=False):
            own = answers[answers["question"] == question]
            _draw(panel, own, lines, [name for name in lines if name != banded or bands is None])
            if bands is not None:
                ends = bands.events[[0, 2], :, bands.questions.index(question)]
                panel.fill_between(bands.times, *ends, color=lines[banded].color, alpha=_BAND, lw=0)
            panel.set_title(f"{style.below(question)}\n{style.below(own['event'].iloc[0])}")
            panel.set_xlabel(style.short_label(time_label), labelpad=1)
            highest = own.loc[own["source"] != DATA, "probability"].max()
            panel.set_ylim(*((-0.03, 1.03) if highest > _MIDDLE else (-0.03 * highest, 1.25 * highest + 1e-3)))
        for row in axes:
            row[0].set_ylabel("probability")
        told = _handles(answers, lines)
        if bands is not None:
            label = style.band_label(bands.level, lines[banded].label)
            told.append(Patch(color=lines[banded].color, alpha=_BAND, lw=0, label=label))
        style.legend_above(figure, told, 4, columnspacing=1.2)
    return figure


def _draw(panel: Axes, own: pd.DataFrame, lines: Mapping[str, style.Line], shaded: Sequence[str]) -> None:
    law = own[own["source"] == LAW]
    panel.plot(law["time"], law["probability"], color=style.BLACK, lw=0.7, zorder=5)
    told = {"exact law": style.gap(law["time"].to_numpy(), law["probability"].to_numpy()) if len(law) else ""}
    for name, line in lines.items():
        by_time = own[(own["source"] == MODEL) & (own["model"] == name)].groupby("time")["probability"]
        means = by_time.agg(lambda seeds: seeds.mean(skipna=False))
        told[line.label] = style.gap(means.index.to_numpy(), means.to_numpy()) if len(means) else ""
        panel.plot(means.index, means, **{**line.plot(), "label": None})
        if name in shaded:
            panel.fill_between(means.index, by_time.min(), by_time.max(), color=line.color, alpha=0.2, lw=0)
    for observed, colour in ((True, style.BLACK), (False, _HELD_OUT)):
        data = own[(own["source"] == DATA) & (own["observed"] == observed)]
        few = data.iloc[evenly(len(data), _MOST_BARS)]
        errors = [few["probability"] - few["low"], few["high"] - few["probability"]]
        panel.errorbar(
            few["time"], few["probability"], errors, fmt=".", ms=3, lw=0.6, color=colour, zorder=6 if observed else 2
        )
    style.tell_gaps(panel, told, length=34)


def _handles(answers: pd.DataFrame, lines: Mapping[str, style.Line]) -> list[Artist]:
    found: list[Artist] = [Line2D([], [], **line.plot()) for line in lines.values()]
    data = answers[answers["source"] == DATA]
    dot: dict[str, Any] = {"marker": ".", "ms": 4, "lw": 0.6}
    if data["observed"].any():
        found.append(Line2D([], [], color=style.BLACK, **dot, label="share of states, snapshots"))
    if not data["observed"].all():
        found.append(Line2D([], [], color=_HELD_OUT, **dot, label="share of states, times held out"))
    if (answers["source"] == LAW).any():
        found.append(Line2D([], [], color=style.BLACK, lw=0.7, label="exact law"))
    return found

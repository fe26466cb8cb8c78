"""Accuracy of networks after fine-tuning, by their source."""

from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightflow.plots import style
from weightflow.plots.sources import look_of

_MOST_COLUMNS = 3
_APART = 0.06  # between the sources at one number of epochs, so that their bars are seen
_SPREAD = 0.7  # of all sources at one number of epochs, at most
_DASHES: dict[bool, Literal["-", "--"]] = {False: "-", True: "--"}  # of lines by whether only the last layer is trained


def draw(inputs: Any, params: Any) -> Figure:
    """From files: tables, one for each seed."""
    return plot_transfer(pd.concat(map(pd.read_csv, inputs.tables), ignore_index=True))


def plot_transfer(tuned: pd.DataFrame) -> Figure:
    """A panel for each task, with a line for each source; dashed if only the last layer is trained.

    Args:
        tuned: task, frozen, source, epochs, accuracy_mean, accuracy_deviation; rows of several seeds are averaged.
    """
    tasks = list(dict.fromkeys(tuned["task"]))
    if not tasks:
        return style.empty("Nothing was fine-tuned.")
    columns = min(_MOST_COLUMNS, len(tasks))
    rows, handles = -(-len(tasks) // columns), _handles(tuned)
    with style.look():
        width, height = max(style.COLUMN, style.PAGE * columns / 3), 6 * rows + 0.5 * (len(handles) // (columns + 1))
        figure, axes = style.grid(rows, columns, width, height * style.CM)
        for panel in axes.flat[len(tasks) :]:
            panel.set_axis_off()
        for task, panel in zip(tasks, axes.flat, strict=False):
            _panel(panel, tuned[tuned["task"] == task])
            panel.set_title(style.in_lines(task, 36))
        style.legend_above(figure, handles, columns + 1)
    return figure


def _panel(panel: Axes, part: pd.DataFrame) -> None:
    epochs = sorted(set(part["epochs"]))
    groups = part.groupby(["source", "frozen"], sort=False)
    apart = min(_APART, _SPREAD / len(groups))
    for number, ((source, frozen), own) in enumerate(groups):
        means = own.groupby("epochs")[["accuracy_mean", "accuracy_deviation"]].mean()
        places = [epochs.index(epoch) + apart * (number - (len(groups) - 1) / 2) for epoch in means.index]
        colour, marker = look_of(source)
        accuracies, bars = 100 * means["accuracy_mean"], 100 * means["accuracy_deviation"]
        panel.errorbar(places, accuracies, yerr=bars, fmt="none", color=colour, capsize=2, linewidth=0.8)
        panel.plot(places, accuracies, color=colour, linestyle=_DASHES[frozen], marker=marker, markersize=4)
    panel.set_xticks(range(len(epochs)), [str(epoch) for epoch in epochs])
    panel.set(xlabel="epochs of fine-tuning", ylabel="accuracy on the test part (%)")


def _handles(tuned: pd.DataFrame) -> list[Line2D]:
    """The sources; then the kinds of lines, if there are two."""
    found = []
    for source in dict.fromkeys(tuned["source"]):
        colour, marker = look_of(source)
        found.append(Line2D([], [], color=colour, marker=marker, markersize=4, label=source))
    if tuned["frozen"].nunique() > 1:
        kinds = {False: "all layers", True: "last layer alone"}
        found += [Line2D([], [], color=style.BLACK, linestyle=_DASHES[own], label=text) for own, text in kinds.items()]
    return found

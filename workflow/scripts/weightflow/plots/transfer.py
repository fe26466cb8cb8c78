"""Accuracy of networks after fine-tuning, by their source."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightflow.plots import style
from weightflow.plots.sources import look_of

_MOST_COLUMNS = 3
_APART = 0.06  # between the sources at one number of epochs, so that their bars are seen


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
    rows = -(-len(tasks) // columns)
    with style.look():
        figure, axes = style.grid(rows, columns, max(style.COLUMN, style.PAGE * columns / 3), 6 * style.CM * rows)
        for panel in axes.flat[len(tasks) :]:
            panel.set_axis_off()
        for task, panel in zip(tasks, axes.flat, strict=False):
            _panel(panel, tuned[tuned["task"] == task])
            panel.set_title(style.in_lines(task, 36))
        handles = [line for line in axes[0, 0].lines if not line.get_label().startswith("_")]
        style.legend_above(figure, handles, 2 * columns)
    return figure


def _panel(panel: Axes, part: pd.DataFrame) -> None:
    epochs = sorted(set(part["epochs"]))
    groups = part.groupby(["source", "frozen"], sort=False)
    for number, ((source, frozen), own) in enumerate(groups):
        means = own.groupby("epochs")[["accuracy_mean", "accuracy_deviation"]].mean()
        places = [epochs.index(epoch) + _APART * (number - (len(groups) - 1) / 2) for epoch in means.index]
        colour, marker = look_of(source)
        accuracies, bars = 100 * means["accuracy_mean"], 100 * means["accuracy_deviation"]
        panel.errorbar(places, accuracies, yerr=bars, fmt="none", color=colour, capsize=2, linewidth=0.8)
        label = f"{source}, last layer" if frozen else source
        line = "--" if frozen else "-"
        panel.plot(places, accuracies, color=colour, linestyle=line, marker=marker, markersize=4, label=label)
    panel.set_xticks(range(len(epochs)), [str(epoch) for epoch in epochs])
    panel.set(xlabel="epochs of fine-tuning", ylabel="accuracy on the test part (%)")

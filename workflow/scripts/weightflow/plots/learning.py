"""Learning curves of a population's networks, and of the generators and auto-encoders fitted to their weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from weightflow.plots import style

_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE)
_STYLES = ("-", "--", ":", "-.")
_TITLES = {  # of the panels of generators, and their axes
    "flow": ("flow over weights", "mean squared error\nof the velocity"),
    "corrected": ("correction of mixed networks", "cross-entropy of new networks\n(nats per label)"),
}
_WINDOWS = 20  # of the running median of a curve


def draw(inputs: Any, params: Any) -> Figure:
    """From files: curves, generators, autoencoders. Parameters: generators (name, layout), structural (weights)."""
    losses: dict[str, dict[str, pd.DataFrame]] = {}
    for (name, layout), table in zip(params.generators, map(pd.read_csv, inputs.generators), strict=True):
        losses.setdefault(name, {})[layout] = table
    autoencoders = dict(zip(params.structural, map(pd.read_csv, inputs.autoencoders), strict=True))
    return plot_learning(pd.read_csv(inputs.curves), losses, autoencoders)


def plot_learning(
    curves: pd.DataFrame,
    generators: Mapping[str, Mapping[str, pd.DataFrame]],
    autoencoders: Mapping[str, pd.DataFrame],
) -> Figure:
    """A panel of the networks' accuracies, and panels of the losses of generators and auto-encoders.

    Args:
        curves: network, epoch, training, validation (accuracies).
        generators: by name and layout, table step, loss.
        autoencoders: by weight of the structural loss, table step, structural, behavioural.
    """
    trained = curves["epoch"].nunique() > 1  # networks from files have no epochs
    panels = trained + len(generators) + 2 * bool(autoencoders)
    with style.look():
        if not panels:
            return style.empty("Nothing was trained.")
        rows = -(-panels // 2)
        figure, axes = style.grid(rows, 2, style.PAGE, 5.4 * style.CM * rows)
        for panel in axes.flat[panels:]:
            panel.set_axis_off()
        places = iter(axes.flat)
        if trained:
            _accuracies(next(places), curves)
        for name, own in generators.items():
            _losses(next(places), own, "loss", *_TITLES[name])
        if autoencoders:
            named = {f"β = {weight}": table for weight, table in autoencoders.items()}
            for column, what in (("structural", "weights"), ("behavioural", "outputs")):
                _losses(next(places), named, column, f"auto-encoder: {what}", f"loss of the {what}")
    return figure


def _accuracies(panel: Axes, curves: pd.DataFrame) -> None:
    """Median over networks and the middle 90 % of them."""
    for colour, line, part in zip(_COLOURS, _STYLES, ("training", "validation"), strict=False):
        found = 100 * curves.groupby("epoch")[part].quantile([0.05, 0.5, 0.95]).unstack()
        panel.fill_between(found.index, found[0.05], found[0.95], color=colour, alpha=0.2, linewidth=0)
        panel.plot(found.index, found[0.5], color=colour, linestyle=line, label=part)
    panel.set(title="networks", xlabel="epoch", ylabel="accuracy (%)")
    panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    panel.legend()


def _losses(panel: Axes, tables: Mapping[str, pd.DataFrame], column: str, title: str, ylabel: str) -> None:
    """Losses of single steps, faint, and their running medians."""
    looks, told = zip(_COLOURS * 8, _STYLES * 10, strict=True), dict[str, str]()
    for (name, table), (colour, line) in zip(tables.items(), looks, strict=False):
        if not (table[column] > 0).any():  # a loss without this term
            continue
        told[name] = style.gap(table["step"].to_numpy(), table[column].to_numpy(), "step")
        values = table[column].where(np.isfinite(table[column]) & (table[column] > 0))
        smooth = values.rolling(max(1, len(table) // _WINDOWS), min_periods=1, center=True).median()
        panel.plot(table["step"], values, color=colour, linewidth=0.4, alpha=0.3)
        panel.plot(table["step"], smooth, color=colour, linestyle=line, label=name)
    panel.set(title=title, xlabel="optimisation step", ylabel=ylabel, yscale="log")
    panel.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if panel.lines:
        panel.legend()
    style.tell_gaps(panel, told)

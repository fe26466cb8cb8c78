"""Trained and generated networks: their accuracies, and their positions in weight space."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightflow.plots import style
from weightflow.plots.sources import look_of
from weightflow.populations.metrics import TRAINED
from weightflow.populations.population import read_networks, read_population
from weightflow.populations.reduction import fit_reduction


def draw(inputs: Any, params: Any) -> Figure:
    """From files: accuracies, population, generated (of learned generators). Parameters: layouts, generated (names)."""
    tables = [
        pd.read_csv(path).assign(layout=layout) for layout, path in zip(params.layouts, inputs.accuracies, strict=True)
    ]
    weights = {TRAINED: read_population(inputs.population).weights}
    weights |= {name: read_networks(path) for name, path in zip(params.generated, inputs.generated, strict=True)}
    return plot_networks(pd.concat(tables, ignore_index=True), weights)


def plot_networks(accuracies: pd.DataFrame, weights: Mapping[str, np.ndarray]) -> Figure:
    """A row of points for each source, with mean and deviation; and the aligned networks in two dimensions.

    Args:
        accuracies: layout (aligned, raw), source, accuracy, a row for each network of every seed.
        weights: (N, P) of aligned networks, by source, `trained` first.
    """
    groups = _groups(accuracies)
    with style.look():
        figure, axes = style.grid(1, 2, style.PAGE, (3.5 + 0.55 * len(groups)) * style.CM, width_ratios=[3, 2])
        _accuracies(axes[0, 0], groups)
        _scatter(axes[0, 1], weights)
    return figure


class _Group(NamedTuple):
    """A row of points.

    Attributes:
        label: of the row.
        source: of the networks; determines the colour.
        accuracies: (n,) of the networks.
    """

    label: str
    source: str
    accuracies: np.ndarray


def _groups(accuracies: pd.DataFrame) -> list[_Group]:
    """Rows from top to bottom; trained networks have one row, since alignment does not change their accuracies."""
    found = []
    for (layout, source), part in accuracies.groupby(["layout", "source"], sort=False):
        if source != TRAINED:
            found.append(_Group(f"{source}, {layout}", source, part["accuracy"].to_numpy()))
        elif layout == accuracies["layout"].iloc[0]:
            found.insert(0, _Group(TRAINED, TRAINED, part["accuracy"].to_numpy()))
    return found


def _accuracies(panel: Axes, groups: Sequence[_Group]) -> None:
    for place, group in enumerate(groups):
        shares = group.accuracies
        spread = np.random.default_rng(0).uniform(-0.28, 0.28, len(shares))  # separates equal accuracies
        colour = look_of(group.source).colour
        panel.plot(100 * shares, place + spread, ".", color=colour, markersize=3, alpha=0.45, markeredgewidth=0)
        panel.errorbar(
            100 * shares.mean(), place, xerr=100 * shares.std(), fmt="|", color=style.BLACK, capsize=2, zorder=3
        )
    panel.set_yticks(range(len(groups)), [group.label for group in groups])
    panel.invert_yaxis()
    panel.set_xlabel("accuracy on the test part (%)")


def _scatter(panel: Axes, weights: Mapping[str, np.ndarray]) -> None:
    """All networks in the plane of the trained ones' first two principal components."""
    plane = fit_reduction(weights[TRAINED], 2)
    for source, own in weights.items():
        x, y = plane.coordinates(own).T
        colour, marker = look_of(source)
        panel.scatter(x, y, s=7, linewidths=0.6, alpha=0.7, label=source, marker=marker, color=colour)
    panel.set_xlabel("first component of the weights")
    panel.set_ylabel("second component")
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=len(weights), handletextpad=0.1)

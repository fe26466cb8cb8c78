"""How far to trust a model: its calibration, and its likelihood beside the best alternative's."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.calibration import COVERAGES, PARTS, inside
from weightflow.evaluation.trust import Trust, judge_trust
from weightflow.plots import style

MOST_VARIABLES = 6
_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, calibration, metrics and, with folds, left_out. Parameters: dataset, model, runs."""
    data = read_snapshots(inputs.snapshots)
    left_out = pd.read_csv(inputs.left_out) if inputs.left_out else None
    trust = judge_trust(
        pd.read_csv(inputs.calibration),
        pd.read_csv(inputs.metrics),
        left_out,
        params.dataset,
        params.model,
        params.runs,
    )
    return plot_trust(trust, data.variables[:MOST_VARIABLES], data.time_label)


def plot_trust(trust: Trust, variables: list[str], time_label: str) -> Figure:
    """Three panels: probability integral transforms, coverage against time, and the likelihood against time.

    Args:
        trust: of a model.
        variables: names of those to draw.
        time_label: of the time axis.
    """
    with style.look():
        if trust.calibration.empty:
            return style.empty("No states were held out, so nothing can be said about calibration.")
        figure, axes = style.grid(1, 3, style.PAGE, 5.6 * style.CM)
        transforms, coverage, likelihood = axes[0]
        _transforms(transforms, trust.calibration, variables)
        _coverage(coverage, trust.calibration, variables)
        _likelihood(likelihood, trust.likelihood)
        for panel in (coverage, likelihood):
            panel.set_xlabel(style.short_label(time_label), labelpad=1)
        style.legend_above(figure, transforms.get_lines()[: len(variables)], 6, columnspacing=1.2)
    return figure


def _transforms(panel: Axes, table: pd.DataFrame, variables: list[str]) -> None:
    edges = np.linspace(0, 1, PARTS + 1)
    for name, colour in zip(variables, _COLOURS, strict=False):
        own = table[table["variable"] == name]
        shares = np.average(own.filter(like="pit_"), axis=0, weights=own["states"]) * PARTS
        panel.plot(np.repeat(edges, 2)[1:-1], np.repeat(shares, 2), color=colour, lw=1.1, label=name)
    panel.axhline(1, color=style.GREY, lw=0.7, zorder=0)
    panel.set(ylim=(0, max(2.0, panel.get_ylim()[1])), xlim=(0, 1))
    panel.set(xlabel="distribution function\nat states held out", ylabel="share of states,\nrelative to uniform")


def _coverage(panel: Axes, table: pd.DataFrame, variables: list[str]) -> None:
    for share in COVERAGES:
        panel.axhline(share, color=style.GREY, lw=0.7, zorder=0)
        for name, colour in zip(variables, _COLOURS, strict=False):
            own = table[table["variable"] == name].groupby("time")[inside(share)].mean()
            panel.plot(own.index, own, color=colour, lw=0.9, marker="." if len(own) < 12 else "", ms=4)
    panel.set(ylim=(0, 1.02), ylabel="share of states in the\ncentral 50 and 90 %")


def _likelihood(panel: Axes, table: pd.DataFrame) -> None:
    if table.empty:
        style.note(panel, "No alternative\nhas a likelihood.")
        return
    few = len(table) < 12
    finite = np.isfinite(table["gain"]) & np.isfinite(table["model_nll"])
    panel.plot(
        table["time"],
        table["gain"].where(finite),
        color=style.BLUE,
        lw=1.1,
        marker="." if few or not finite.all() else "",
        ms=4,
    )
    panel.axhline(0, color=style.GREY, lw=0.7, zorder=0)
    panel.set_xlim(*_reach(table["time"].to_numpy()))
    # Both can be infinite at one time.
    excluded = {who: table.loc[~np.isfinite(table[f"{who}_nll"]), "time"] for who in ("model", "other")}
    told = {
        name: f"likelihood zero at t = {style.spans(excluded[who], table['time'])}" if len(excluded[who]) else ""
        for who, name in (("model", "the model"), ("other", "the alternatives"))
    }
    style.tell_gaps(panel, told, length=34)
    panel.set_ylabel("log-likelihood above the best\nalternative, nats per variable")


def _reach(times: np.ndarray) -> tuple[float, float]:
    """Limits of the axis of times, also where the curve has gaps at its ends."""
    margin = 0.04 * float(np.ptp(times)) or 0.5
    return float(times.min()) - margin, float(times.max()) + margin

"""Properties of unseen networks that linear probes read from weights, weight statistics and codes."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from weightflow.plots import style
from weightflow.plots.sources import colour_of_autoencoder
from weightflow.populations.autoencoders.source_names import parts_of

_PROPERTIES = {
    "probe_accuracy": "accuracy",
    "probe_gap": "generalisation\ngap",
    "probe_final_accuracy": "accuracy,\nlast epoch",
    "probe_final_gap": "gap,\nlast epoch",
    "probe_epoch": "epoch",
    "probe_learning_rate": "learning\nrate",
    "probe_weight_decay": "weight\ndecay",
    "probe_initialisation": "initialisation\n(share correct)",
}
_OTHERS = {"weights": style.GREY, "weight statistics": style.TRUTH}
_FILLED, _WIDEST = 0.84, 0.2  # of a group's width: its bars together, and one bar
_HATCH = "//////"


def draw(inputs: Any, params: Any) -> Figure:
    """From files: tables of metrics of reconstructed networks, one for each seed."""
    tables = [pd.read_csv(path).assign(seed=place) for place, path in enumerate(inputs.tables)]
    return plot_probes(pd.concat(tables, ignore_index=True))


def plot_probes(metrics: pd.DataFrame) -> Figure:
    """A group of bars for each property, a bar for each source: mean and standard deviation over seeds.

    Args:
        metrics: source, metric, value (R², or a share for the initialisation); metrics that are no probes and missing
            values are left out. Negative means are crosses at 0.
    """
    own = metrics[metrics["metric"].isin(_PROPERTIES)].dropna(subset=["value"])
    properties = [name for name in _PROPERTIES if name in set(own["metric"])]
    if not properties:
        return style.empty("No property was probed.")
    sources = list(dict.fromkeys(own["source"]))
    found = own.groupby(["metric", "source"], sort=False)["value"].agg(["mean", "std"])
    with style.look():
        figure, axes = style.grid(1, 1, style.PAGE, 7 * style.CM)
        panel = axes[0, 0]
        for number, source in enumerate(sources):
            _bars(panel, found, properties, source, number, len(sources))
        panel.set_xticks(range(len(properties)), [_PROPERTIES[name] for name in properties])
        panel.set(xlim=(-0.5, len(properties) - 0.5), ylim=(0, 1.02), ylabel="R² on unseen networks")
        panel.tick_params(axis="x", length=0)
        panel.grid(axis="y", color="#ececec", linewidth=0.6)
        panel.set_axisbelow(True)
        style.legend_above(figure, [Patch(**_look(source), label=source) for source in sources], 3)
    return figure


def _bars(panel: Axes, found: pd.DataFrame, properties: list[str], source: str, number: int, sources: int) -> None:
    width = min(_FILLED / sources, _WIDEST)
    places = np.arange(len(properties)) + width * (number - (sources - 1) / 2)
    own = found.reindex([(name, source) for name in properties])
    means, deviations = own["mean"].to_numpy(), own["std"].fillna(0).to_numpy()
    shown = np.clip(means, 0, None)  # NaN stays
    panel.bar(places, shown, 0.9 * width, **_look(source))
    low, high = shown - np.clip(means - deviations, 0, None), np.clip(means + deviations, 0, 1) - shown
    several = (deviations > 0) & (means >= 0)
    bars: dict[str, Any] = {"fmt": "none", "color": style.BLACK, "elinewidth": 0.8, "capsize": 1.2, "capthick": 0.8}
    panel.errorbar(places[several], shown[several], yerr=np.stack([low, high])[:, several], **bars)
    below = means < 0
    panel.plot(
        places[below], np.full(below.sum(), 0.018), "x", color=_colour(source), markersize=3.5, markeredgewidth=0.9
    )


def _look(source: str) -> dict[str, Any]:
    """Colour of a source; bars of mean codes are hatched."""
    colour = _colour(source)
    if not parts_of(source).rest:
        return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.6}
    return {"facecolor": "white", "edgecolor": colour, "hatch": _HATCH, "linewidth": 0.6}


def _colour(source: str) -> str:
    return _OTHERS.get(source) or colour_of_autoencoder(source)

"""Number of parameters of models against the number of states per variable."""

import itertools
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from weightflow.plots import style

_LOOKS = {
    "backbone": (style.BLUE, "o", ("-", (0, (4, 1.6)), (0, (1, 1.2)), (0, (5, 1.4, 1, 1.4)))),
    "graph network": (style.VERMILLION, "s", ("-", (0, (4, 1.6)), (0, (1, 1.2)), (0, (5, 1.4, 1, 1.4)))),
    "joint table": (style.GREY, "", ("-", (0, (4, 1.6)), (0, (1, 1.2)), (0, (5, 1.4, 1, 1.4)))),
}
_HIGHEST = 1e18  # largest size of a joint table in the figure


def draw(inputs: Any, params: Any) -> Figure:
    """From files: table."""
    return plot_model_size(pd.read_csv(inputs.table))


def plot_model_size(table: pd.DataFrame) -> Figure:
    """A curve for every backbone, field and joint table, on logarithmic axes.

    Networks whose size does not depend on the number of variables are drawn once.

    Args:
        table: what, name, variables, states, size, from `model_size.model_sizes`.
    """
    with style.look():
        figure, axes = style.grid(1, 1, style.PAGE, 7.5 * style.CM)
        panel = axes[0, 0]
        for what, (colour, marker, dashes) in _LOOKS.items():
            turns, drawn = itertools.cycle(dashes), set[tuple[str, tuple[float, ...]]]()
            for (name, d), own in table[table["what"] == what].groupby(["name", "variables"], sort=False):
                sizes = tuple(own["size"])
                if (name, sizes) in drawn:
                    continue
                says = f"{what}: {name}" if not any(known == name for known, _ in drawn) else f"{what}: {name}, d = {d}"
                drawn.add((name, sizes))
                panel.plot(own["states"], sizes, color=colour, marker=marker, ms=3, linestyle=next(turns), label=says)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_ylim(top=min(_HIGHEST, 2 * table["size"].max()))
        panel.set_xlabel("states per variable L")
        panel.set_ylabel("free numbers")
        panel.grid(color="#ececec", linewidth=0.6)
        panel.set_axisbelow(True)
        figure.legend(loc="outside right center")
    return figure

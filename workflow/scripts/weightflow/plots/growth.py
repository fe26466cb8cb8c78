"""Run time of the stages against the size of the data."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from weightflow.plots import style
from weightflow.records.bench import read_measurements

_LOOKS = [(style.BLUE, "o", "-"), (style.VERMILLION, "s", "--"), (style.GREEN, "^", ":"), (style.BLACK, "D", "-.")]


def draw(inputs: Any, params: Any) -> Figure:
    """From files: measurements."""
    return plot_growth(read_measurements(inputs.measurements).growth)


def plot_growth(table: pd.DataFrame) -> Figure:
    """A panel for every size of the data, a line for every stage, on logarithmic axes.

    Args:
        table: stage, axis, size, seconds, exponent, from `measurements.read_measurements`.
    """
    with style.look():
        axes_of = list(dict.fromkeys(table["axis"]))
        if not axes_of:
            return style.empty("Nothing was measured at several sizes.")
        stages = list(dict.fromkeys(table["stage"]))
        columns = min(2, len(axes_of))
        rows = -(-len(axes_of) // columns)
        figure, axes = style.grid(rows, columns, style.PAGE, 6.2 * style.CM * rows)
        for panel in axes.flat[len(axes_of) :]:
            panel.set_axis_off()
        for panel, axis in zip(axes.flat, axes_of, strict=False):
            own = table[table["axis"] == axis]
            for stage, (colour, marker, dashes) in zip(stages, _LOOKS, strict=False):
                line = own[own["stage"] == stage]
                if len(line):
                    says = f"{stage}, {line['exponent'].iloc[0]:.2f}"
                    panel.plot(line["size"], line["seconds"], color=colour, marker=marker, ms=3, ls=dashes, label=says)
            # A line of slope one, from the least time at the smallest size.
            ends = own["size"].min(), own["size"].max()
            least = own.loc[own["size"] == ends[0], "seconds"].min()
            panel.plot(ends, (least, least * ends[1] / ends[0]), color=style.GREY, lw=0.6, label="in proportion")
            panel.set_xscale("log")
            panel.set_yscale("log")
            sizes = sorted(own["size"].unique())
            panel.set_xticks(sizes, [f"{size:,}".replace(",", " ") for size in sizes])
            panel.xaxis.set_minor_formatter(NullFormatter())
            panel.set_ylim(top=30 * own["seconds"].max())  # room for the legend
            panel.set_xlabel(axis)
            panel.set_ylabel("seconds")
            panel.legend(title="stage, exponent", title_fontsize=7, loc="upper left", ncols=2)
    return figure

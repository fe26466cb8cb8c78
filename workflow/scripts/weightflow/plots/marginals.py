"""Predicted against true marginals at a few times."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from weightflow.bands.bands import Bands, read_bands
from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.laws.law import ExactLaw, known_law
from weightflow.plots import style
from weightflow.plots.distributions import bin_edges, binned, marginal, shown_times, states_at
from weightflow.prediction.predictions import Prediction, read_prediction

MOST_VARIABLES = 6
LAW_WIDTH = 0.7
_BAND = 0.3  # opacity


def draw(inputs: Any, params: Any) -> Figure:
    """From files: snapshots, law, predictions of the models, bands. Parameters: model, models, times."""
    predictions = {model: read_prediction(path) for model, path in zip(params.models, inputs.predictions, strict=True)}
    data, law = read_snapshots(inputs.snapshots), known_law(inputs.law)
    bands = read_bands(inputs.bands) if inputs.bands else None
    return plot_marginals(data, law, predictions, style.lines(params.models), params.times, params.model, bands)


def plot_marginals(
    data: Snapshots,
    law: ExactLaw | None,
    predictions: Mapping[str, Prediction],
    lines: Mapping[str, style.Line],
    times: Sequence[float] | None,
    banded: str = "",
    bands: Bands | None = None,
) -> Figure:
    """Rows are variables (at most the first six), columns are times.

    Args:
        data: the data set; states of the truth are filled steps.
        law: the exact law, a thin black outline for the variables that it covers; None if it is unknown.
        predictions: by model, at the times of the data.
        lines: of the models.
        times: to show; None chooses them.
        banded: the model with bands.
        bands: of its marginals, from the first snapshot to the last; None draws none.
    """
    shown, variables = shown_times(data, times), data.variables[:MOST_VARIABLES]
    outlined = [] if law is None else [v for v in range(len(variables)) if v in law.variables]
    with style.look():
        size = style.PAGE, 1.2 + 1.15 * len(variables)
        figure, axes = style.grid(len(variables), len(shown), *size, sharex="row")
        for v, row in enumerate(axes):
            truth = [states_at(data, t)[0][:, v] for t in shown]
            predicted = [states_at(part, t)[0][:, v] for part in predictions.values() for t in shown]
            edges = bin_edges(truth, predicted or truth, data.discrete)
            centres = (edges[:-1] + edges[1:]) / 2
            for t, panel in zip(shown, row, strict=True):
                panel.stairs(marginal(data, t, v, edges), edges, fill=True, color=style.TRUTH, zorder=0)
                if law is not None and v in outlined:
                    panel.stairs(marginal(law, t, v, edges), edges, color=style.BLACK, linewidth=LAW_WIDTH, zorder=1)
                if bands is not None and bands.times[0] <= data.times[t] <= bands.times[-1]:
                    low, _, high = bands.marginals_at(data.times[t])[:, v]
                    own = bands.edges[v] if len(bands.edges) else None
                    ends = [binned(masses, own, edges) for masses in (low, high)]
                    panel.fill_between(centres, *ends, color=lines[banded].color, alpha=_BAND, lw=0)
                for name, prediction in predictions.items():
                    panel.plot(centres, marginal(prediction, t, v, edges), **lines[name].plot())
                panel.set_ylim(bottom=0)
                panel.margins(x=0.01)
        for t, panel in zip(shown, axes[0], strict=True):
            panel.set_title(style.at_time(data.time_label, data.times[t]))
        for name, row in zip(variables, axes, strict=True):
            what = "probability" if data.discrete else "density"
            row[0].set_ylabel(style.below(f"{what} of {name}"))
            for panel in row:
                panel.set_xlabel(style.below(name), labelpad=1)
        if len(variables) < len(data.variables):
            figure.supxlabel(f"the first {len(variables)} of {len(data.variables)} variables", fontsize=7)
        handles: list[Artist] = [Patch(facecolor=style.TRUTH, label="truth, states" if outlined else "truth")]
        if outlined:
            handles.append(Line2D([], [], color=style.BLACK, linewidth=LAW_WIDTH, label="truth, exact law"))
        handles += [Line2D([], [], **lines[name].plot()) for name in predictions]
        if bands is not None:
            told = style.band_label(bands.level, lines[banded].label)
            handles.append(Patch(color=lines[banded].color, alpha=_BAND, lw=0, label=told))
        style.legend_above(figure, handles, 4)
    return figure

"""An animation of a predicted density beside the truth."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from PIL import Image

from weightflow.data.snapshots import Snapshots, read_snapshots
from weightflow.data.subsets import evenly
from weightflow.laws.law import ExactLaw, known_law, of_all
from weightflow.plots import style
from weightflow.plots.cells import draw_cells
from weightflow.plots.distributions import (
    FAINTEST,
    cell_limits,
    joint,
    marginal,
    mass_contours,
    mass_patches,
    pair_edges,
    shade,
)
from weightflow.prediction.predictions import Prediction, read_prediction

MOST_FRAMES = 120
DPI = 130
COLOURS = 128  # of the palette shared by all frames
_HELD = 5  # frames with the same cells, if there are frames between the data's times
_EDGES_FROM = 12  # times that determine the axes
_PALETTE_FROM = 8  # frames that determine the palette


def draw(inputs: Any, params: Any) -> list[Image.Image]:
    """From files: snapshots, law, prediction. Parameters: model, models."""
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    law = of_all(known_law(inputs.law), len(data.variables))
    return animate_density(data, law, prediction, style.line_of(params.model, params.models))


def animate_density(
    data: Snapshots, law: ExactLaw | None, prediction: Prediction, line: style.Line
) -> list[Image.Image]:
    """Frames of the same size, one for each time (120 evenly chosen ones of more).

    There are three layouts. Real values with predictions between the data's times: the density of two variables, with
    the cells at their times. A single variable: its density over the truth. Else: the joint density of two variables,
    the truth left and the prediction right, relative to the largest density of the truth at that time.

    Args:
        data: the data set, with states of the truth.
        law: the exact law, drawn instead of the states; None if it is unknown.
        prediction: of one model, at the times of the data.
        line: of that model.
    """
    shown = evenly(len(data.times), MOST_FRAMES)
    with style.look():
        if len(prediction.figures.frame_times) and not data.discrete:
            return _quantized(_through_cells(data, prediction, line))
        figure, draw = (_side_by_side if len(data.pair) == 2 else _overlaid)(data, law, prediction, line, shown)
        frames = list(_frames(figure, draw, shown))
        style.plt.close(figure)
    return _quantized(frames)


def _through_cells(data: Snapshots, prediction: Prediction, line: style.Line) -> list[Image.Image]:
    """Frames at the data's times and between them; frames with cells last longer."""
    pair = data.pair[0], data.pair[1]
    edges = [prediction.edges[v] for v in pair]
    area = np.outer(*map(np.diff, edges))
    limits = cell_limits(data.truth, pair)
    grids = prediction.figures
    joints = np.concatenate([grids.joints, grids.frame_joints])
    times = np.concatenate([prediction.times, grids.frame_times])
    times, first = np.unique(times.round(9), return_index=True)
    figure, axes = style.plt.subplot_mosaic([["model"], ["time"]], **_SIZE | {"figsize": _TALL})
    panel, tell = axes["model"], _clock(axes["time"], data)
    dot: dict[str, Any] = {"marker": ".", "ls": ""}
    seen = data.is_observed.all()
    handles: list[Artist] = [Line2D([], [], color=style.BLACK, **dot, label="cells" if seen else "observed")]
    handles += [] if seen else [Line2D([], [], color=style.VERMILLION, **dot, label="held out")]
    handles += [Patch(visible=False, label="mass:"), *mass_patches()]
    style.legend_above(figure, handles, len(handles), handlelength=1, columnspacing=0.8, handletextpad=0.4)

    def draw(place: int) -> None:
        panel.clear()
        mass_contours(panel, edges, joints[first[place]] / area)
        if len(here := np.flatnonzero(np.isclose(data.times, times[place]))):
            t = int(here[0])
            draw_cells(panel, data.truth[t], pair, style.BLACK if data.is_observed[t] else style.VERMILLION, size=3)
        panel.set(xlim=limits[0], ylim=limits[1], xlabel=data.variables[pair[0]])
        panel.set_ylabel(**style.beside(data.variables[pair[1]]))
        panel.set_title(f"density of {line.label}", color=line.color, fontweight="bold")
        tell(times[place])

    at_data = np.isclose(times[:, None], data.times).any(1)
    held = np.repeat(np.arange(len(times)), np.where(at_data, _HELD, 1))
    frames = list(_frames(figure, draw, np.arange(len(times))))
    style.plt.close(figure)
    return [frames[place] for place in held]


def _frames(figure: Figure, draw: Callable[[int], None], shown: np.ndarray) -> Iterator[Image.Image]:
    canvas = FigureCanvasAgg(figure)
    draw(shown[0])
    canvas.draw()
    figure.set_layout_engine("none")  # panels must not move
    for t in shown:
        draw(t)
        canvas.draw()
        yield Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _quantized(frames: list[Image.Image]) -> list[Image.Image]:
    """Frames with one common palette, computed from a few of them, so that colours do not flicker."""
    few = [frames[i] for i in evenly(len(frames), _PALETTE_FROM)]
    strip = Image.fromarray(np.concatenate([np.asarray(frame) for frame in few]))
    palette = strip.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)
    found = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    values = np.array(found[0].getpalette()).reshape(-1, 3)
    values[np.asarray(found[0])[0, 0]] = 255  # paper stays white
    for frame in found:
        frame.putpalette(values.ravel().tolist())
    return found


def _side_by_side(
    data: Snapshots, law: ExactLaw | None, prediction: Prediction, line: style.Line, shown: np.ndarray
) -> tuple[Figure, Callable[[int], None]]:
    pair = data.pair[0], data.pair[1]
    few = shown[evenly(len(shown), _EDGES_FROM)]
    edges = pair_edges(data, prediction, few, pair[0]), pair_edges(data, prediction, few, pair[1])
    figure, axes = style.plt.subplot_mosaic([["truth", "model"], ["time", "time"]], **_SIZE)
    titles = {
        "truth": ("truth, states" if law is None else "exact law", style.BLACK),
        "model": (line.label, line.color),
    }
    images = {}
    for (name, (title, colour)), part in zip(titles.items(), (law or data, prediction), strict=True):
        panel = axes[name]
        panel.set_title(title, color=colour, fontweight="bold")
        panel.set_xlabel(data.variables[pair[0]])
        panel.set_ylabel(**style.beside(data.variables[pair[1]]))
        panel.locator_params(nbins=5, integer=data.discrete)
        images[name] = part, shade(panel, edges, np.zeros([len(e) - 1 for e in edges]), 1)
    tell = _clock(axes["time"], data)

    def draw(t: int) -> None:
        found = {name: joint(part, t, pair, edges) for name, (part, _) in images.items()}
        largest = found["truth"].max()
        for name, (_, image) in images.items():
            image.set_array(np.ma.masked_less(found[name].T / largest, FAINTEST))
        tell(data.times[t])

    return figure, draw


def _overlaid(
    data: Snapshots, law: ExactLaw | None, prediction: Prediction, line: style.Line, shown: np.ndarray
) -> tuple[Figure, Callable[[int], None]]:
    edges = pair_edges(data, prediction, shown, 0)
    figure, axes = style.plt.subplot_mosaic([["both"], ["time"]], **_SIZE)
    truths, models = ([marginal(part, t, 0, edges) for t in shown] for part in (law or data, prediction))
    both = axes["both"]
    truth = both.stairs(truths[0], edges, fill=True, color=style.TRUTH)
    model = both.stairs(models[0], edges, color=line.color, linewidth=1.5)
    both.legend([truth, model], ["truth, states" if law is None else "exact law", line.label])
    # A point mass at the start would flatten all later densities.
    both.set_ylim(0, 1.1 * np.quantile([density.max() for density in truths], 0.9))
    both.set_xlabel(data.variables[0])
    both.set_ylabel("probability" if data.discrete else "density")
    tell = _clock(axes["time"], data)
    place = {t: i for i, t in enumerate(shown)}

    def draw(t: int) -> None:
        truth.set_data(truths[place[t]])
        model.set_data(models[place[t]])
        tell(data.times[t])

    return figure, draw


_TALL = (9.5 * style.CM, 10.6 * style.CM)
_SIZE: dict[str, Any] = {"figsize": (14 * style.CM, 7.6 * style.CM), "height_ratios": [1, 0.05], "dpi": DPI}


def _clock(panel: Axes, data: Snapshots) -> Callable[[float], None]:
    """A progress bar of time, with a mark at each observed time."""
    start, end = data.times[[0, -1]]
    bar = panel.barh(0, 0, left=start, height=1, color=style.GREY)[0]
    panel.vlines(data.observed_times, -0.5, 0.5, color=style.BLACK, linewidth=0.8)
    panel.set(xlim=(start, end), ylim=(-0.5, 0.5), yticks=[], xlabel="marks: observed")
    panel.spines[:].set_visible(True)
    label = panel.set_title(style.at_time(data.time_label, end), fontweight="bold")

    digits = 2 + max(0, -math.floor(math.log10(end - start)))

    def tell(time: float) -> None:
        bar.set_width(time - start)
        label.set_text(style.at_time(data.time_label, round(time, digits)))

    return tell

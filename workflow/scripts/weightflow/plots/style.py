"""The common style of figures: sizes, colours, a fixed line for every model, and saving to PNG and PDF.

The colours are those of Okabe and Ito, which people with any colour vision can tell apart. Models also differ in
line style or marker, for black-and-white prints.
"""

import itertools
import logging
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType
from PIL import Image

from weightflow.baselines.registry import BASELINES, FLOORS, Baseline, Floor, is_model
from weightflow.errors import number
from weightflow.storage import atomic

# It logs every step of embedding a font in a PDF.
logging.getLogger("fontTools").setLevel(logging.WARNING)

CM = 1 / 2.54
COLUMN = 8.6 * CM
PAGE = 17.8 * CM
DPI = 300
_ROUND = 8.4  # seconds of a whole animation
_SHORTEST, _LONGEST = 0.08, 0.5  # seconds of a frame; a GIF counts in hundredths
_BESIDE, _BELOW = 12, 24  # characters in a line of a label at the left of a panel, and below it
_FURTHEST = 1.3  # lengths of a line after which a word is cut
_MOST_SPANS, _MOST_NOTES, _NOTE = 4, 3, 52  # spans of a gap, notes in a panel, characters in a line of a note
_MOST_LABELS, _NOTE_LINE = 2, 7.0  # curves that a note names; points
_LONG_NUMBER = 9  # characters, as of a timestamp
_LONGEST_LABEL = 16  # characters of a time label in a panel's title

BLACK, GREY = "#000000", "#8c8c8c"
ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE, BROWN = "#0072B2", "#D55E00", "#CC79A7", "#7A5230"
YELLOW = "#CDBE00"  # darker than theirs, for lines on white
PALETTE = {
    "grey": GREY,
    "orange": ORANGE,
    "sky": SKY,
    "green": GREEN,
    "blue": BLUE,
    "purple": PURPLE,
    "vermillion": VERMILLION,
    "brown": BROWN,
}  # of registries
TRUTH = "#d4d4d4"

TIME_COLOURS = "viridis"
DENSITY_COLOURS = "Blues"

_RC: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.linewidth": 1.2,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.04,
    "figure.constrained_layout.w_pad": 0.04,
    "savefig.dpi": DPI,
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Line:
    """Line style and label of one model in every figure."""

    label: str
    color: str
    linestyle: Any = "-"
    marker: str = ""
    linewidth: float = 1.2
    zorder: float = 3

    def plot(self) -> dict[str, Any]:
        """Keywords of `Axes.plot`, without the marker."""
        names = ("label", "color", "linestyle", "linewidth", "zorder")
        return {name: getattr(self, name) for name in names}


ROUNDING = 1e-6  # share of the largest value that counts as zero: baselines repeat the truth in single precision
_MODEL_COLOURS = (BLUE, VERMILLION, GREEN, BLACK)
_MODEL_MARKERS = "osDh"
_MODEL_STYLES = ("-", (0, (7, 2)), (0, (2, 1)))


def lines(names: Iterable[str]) -> dict[str, Line]:
    """The line of each model, baseline and floor.

    Args:
        names: all of them, in the order of the tables; a model's place among the models determines its colour.
    """
    looks = itertools.cycle(itertools.product(_MODEL_STYLES, zip(_MODEL_COLOURS, _MODEL_MARKERS, strict=True)))
    found = {}
    for name in dict.fromkeys(names):
        if is_model(name):
            style, (colour, marker) = next(looks)
            found[name] = Line(name, colour, style, marker, 1.5, 4)
        else:
            found[name] = _line(BASELINES[name] if name in BASELINES else FLOORS[name])
    return found


def _line(entry: Baseline | Floor) -> Line:
    own = entry.look
    return Line(entry.label, PALETTE[own.colour], own.linestyle, own.marker, own.linewidth, own.zorder)


def line_of(name: str, models: Iterable[str]) -> Line:
    """The line of one run; its place among all models determines its colour."""
    return lines([*models, name])[name]


@contextmanager
def look() -> Iterator[None]:
    """The style of this module, within the block only; the backend stays."""
    defaults = {key: plt.rcParamsDefault[key] for key in plt.rcParamsDefault if not key.startswith("backend")}
    with plt.rc_context({**defaults, **_RC}):
        yield


def grid(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple[Figure, Any]:
    """A figure and its (rows, columns) array of axes; sizes in inches."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)


def legend_above(figure: Figure, handles: Sequence[Any], columns: int, **options: Any) -> None:
    """One legend for all axes, above them."""
    figure.legend(handles=handles, loc="outside upper center", ncols=min(columns, len(handles)), **options)


def beside(name: str) -> dict[str, Any]:
    """Keywords of `Axes.set_ylabel` for a variable: a short name is upright, since a rotated I looks like a dash."""
    return {"ylabel": in_lines(name, _BESIDE)} | (
        {"rotation": 0, "va": "center", "ha": "right"} if len(name) < 4 else {}
    )


def below(name: str) -> str:
    """A label below a panel or at the left of a row of panels: a long name on two lines."""
    return in_lines(name, _BELOW)


def in_lines(text: str, length: int) -> str:
    """A text longer than a line on two, broken after spaces and signs and cut if need be; formulas stay whole."""
    if len(text) <= length or "$" in text:
        return text
    lines, most = [""], int(_FURTHEST * length)
    for piece in re.split(r"(?<=[\s_:./|-])", text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > length:
            lines.append("")
        lines[-1] += piece
    first, second = lines[0].strip(), "".join(lines[1:]).strip()
    return "\n".join(line if len(line) <= most else f"{line[: most - 1]}…" for line in (first, second) if line)


def short_label(label: str) -> str:
    """A short form of a label: a long remark in brackets is removed."""
    return label if len(label) <= _LONGEST_LABEL else re.sub(r" *[(].*[)]$", "", label)


def band_label(level: float, of: str) -> str:
    """Entry of a legend for bands of a level."""
    return f"{100 * level:.0f} % band of {of}"


def at_time(label: str, time: float) -> str:
    """Title of a panel at a time: the short label of the axis, and the number, a long one on a line of its own."""
    found = number(time)
    return (" " if len(found) < _LONG_NUMBER else "\n").join([short_label(label), found])


def time_bar(figure: Any, colours: ScalarMappable, label: str, **options: Any) -> None:
    """A colour bar of times; numbers are written out, as an offset above the bar would cover titles."""
    bar = figure.colorbar(colours, aspect=25, **options)
    bar.set_label(label)
    bar.ax.ticklabel_format(axis="y", style="plain", useOffset=False)


def note(axes: Axes, text: str) -> None:
    """Write the reason in the middle of empty axes."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)


def spans(values: Iterable[float], among: Iterable[float]) -> str:
    """Times or steps as text, runs of neighbours among all of them as a span: 3, 5 … 8."""
    places = {value: place for place, value in enumerate(sorted(set(among)))}
    runs: list[list[float]] = []
    for value in sorted(set(values)):
        if runs and places[value] == places[runs[-1][-1]] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    shown = [
        " … ".join([number(run[0]), number(run[-1])]) if len(run) > 2 else ", ".join(map(number, run)) for run in runs
    ]
    more = [f"{len(shown) - _MOST_SPANS} more spans"] if len(shown) > _MOST_SPANS + 1 else []
    return ", ".join([*shown[: _MOST_SPANS if more else None], *more])


def gap(times: np.ndarray, values: np.ndarray, unit: str = "t") -> str:
    """Why a curve has gaps: where its values are infinite or missing; empty if all are finite.

    Args:
        times: (n,) at which a value is expected.
        values: (n,), NaN for missing ones.
        unit: sign of the times.
    """
    parts = []
    for word, found in (("infinite", np.isinf(values)), ("missing", np.isnan(values))):
        if found.all():
            return f"{word} throughout"
        if found.any():
            parts.append(f"{word} at {unit} = {spans(times[found], times)}")
    return "; ".join(parts)


def tell_gaps(
    panel: Axes, told: Mapping[str, str], colours: Mapping[str, str] | None = None, length: int = _NOTE
) -> None:
    """Notes at the top of a panel, one for each curve with a gap; curves with the same gap share one.

    Args:
        panel: with its limits set.
        told: the reason by the label of the curve, from `gap`; empty reasons are left out.
        colours: of the curves.
        length: characters in a line of a note.
    """
    shared: dict[str, list[str]] = {}
    for label, reason in told.items():
        if reason:
            shared.setdefault(reason, []).append(label)
    lines = 0
    for place, (reason, labels) in enumerate(list(shared.items())[:_MOST_NOTES]):
        left = len(shared) - _MOST_NOTES if place == _MOST_NOTES - 1 else 0
        more = [f"{len(labels) - _MOST_LABELS} more"] if len(labels) > _MOST_LABELS else []
        who = ", ".join([*labels[:_MOST_LABELS], *more])
        text = in_lines(f"{who}: {reason}" + (f"; and {left} more with gaps" if left else ""), length)
        note = panel.annotate(
            text,
            (0.02, 1),
            (0, -1.5 - _NOTE_LINE * lines),
            xycoords="axes fraction",
            textcoords="offset points",
            va="top",
            fontsize=5.5,
            color=(colours or {}).get(labels[0], BLACK) if len(labels) == 1 else BLACK,
            zorder=8,
        )
        note.set_in_layout(False)
        lines += 1 + text.count("\n")
    if lines:
        _make_room(panel, lines)


def _make_room(panel: Axes, lines: int) -> None:
    """Raise the upper limit of a panel so that so many lines of notes hide no curve."""
    height = 72 * panel.figure.get_figure(root=True).get_size_inches()[1] * panel.get_position().height
    share = min((2 + _NOTE_LINE * lines) / height, 0.5)
    forward, back = (panel.yaxis.get_transform().transform, panel.yaxis.get_transform().inverted().transform)
    low, high = forward(np.array(panel.get_ylim()))
    panel.set_ylim(top=float(back(np.array([high + share / (1 - share) * (high - low)]))[0]))


def empty(text: str) -> Figure:
    """A small figure with the reason why there is nothing to draw."""
    figure, axes = grid(1, 1, COLUMN, 2 * CM)
    note(axes[0, 0], textwrap.fill(text, 40))
    return figure


def save(drawn: Figure | list[Image.Image], paths: Iterable[str | Path]) -> None:
    """Write and close a figure, in the formats of the paths' suffixes; frames as a repeating GIF.

    The same figure gives the same bytes: files contain neither date nor version.
    """
    if isinstance(drawn, list):
        _save_frames(drawn, paths)
        return
    no_date: Mapping[str, dict[str, None]] = {
        ".png": {"Software": None},
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    for path in map(Path, paths):
        with look(), atomic(path) as temporary:
            drawn.savefig(temporary, format=path.suffix[1:], metadata=no_date[path.suffix])
    plt.close(drawn)


def _save_frames(frames: list[Image.Image], paths: Iterable[str | Path]) -> None:
    milliseconds = round(1000 * min(max(_ROUND / len(frames), _SHORTEST), _LONGEST))
    for path in paths:
        with atomic(path) as temporary:
            frames[0].save(
                temporary, format="GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
            )

"""Baselines and floors: one entry for each, with its properties for figures, checks and rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from weightflow.registry import Lazy

DASHED, DOTTED, DASH_DOT = (0, (4, 1.6)), (0, (1, 1.2)), (0, (5, 1.4, 1, 1.4))


@dataclass(frozen=True)
class Look:
    """How figures draw a run: a colour for each family, a line style and a marker for each member of it.

    Attributes:
        colour: a name of `plots.style.PALETTE`.
        linestyle: of matplotlib.
        marker: of matplotlib; empty for none.
        linewidth: in points.
        zorder: order of drawing, higher is later; models have 4.
    """

    colour: str
    linestyle: Any
    marker: str = ""
    linewidth: float = 1.0
    zorder: float = 1


@dataclass(frozen=True)
class Baseline:
    """Another method that predicts a data set.

    Attributes:
        label: in figures and tables.
        description: one sentence.
        look: in figures.
        job: which rule predicts it: predict_baseline ("cloud"), predict_interpolation ("interpolation"), or rules of
            its own ("own").
        draw: of a cloud a function (data, samples, rng) to a `Prediction`; of an interpolation a function of
            `interpolated_weights`; None where it has rules of its own.
        smoothing: what makes a density of a cloud, a function of `clouds`; None where it has no density.
        continues: whether it goes on past the last snapshot; the others end there.
        standard: whether a config that names no baselines has it.
        standard_past: the same where a data set holds its last times back.
        overlaid: whether figures of distributions lay it over the models.
    """

    label: str
    description: str
    look: Look
    job: Literal["cloud", "interpolation", "own"] = "cloud"
    draw: Lazy | None = None
    smoothing: Lazy | None = None
    continues: bool = False
    standard: bool = False
    standard_past: bool = False
    overlaid: bool = False


@dataclass(frozen=True)
class Floor:
    """A metric's value for sampling error alone, a lower bound for methods.

    Attributes:
        label: in figures and tables.
        description: one sentence.
        look: in figures.
        draw: function of (data, samples, rng) to a `Prediction`; None for a floor that is not a run but a row of
            tables.
        independent: whether it needs a second part of the data.
    """

    label: str
    description: str
    look: Look
    draw: Lazy | None = None
    independent: bool = False


_ADD_ONE = Lazy("weightflow.baselines.clouds", "with_add_one")
_KERNELS = Lazy("weightflow.baselines.clouds", "drawn_from_kernels")
_MIXTURE = Lazy("weightflow.baselines.mixture", "mixture")
_DISPLACEMENT = Lazy("weightflow.baselines.displacement", "displacement")
_TRANSPORT = Lazy("weightflow.baselines.chained_transport", "chained_transport")

# Tables list the standard baselines in this order.
BASELINES = {
    "previous": Baseline(
        "previous snapshot",
        "The last observed snapshot.",
        Look("orange", DOTTED, "v", zorder=2),
        draw=Lazy("weightflow.baselines.previous", "previous"),
        continues=True,
        standard=True,
        standard_past=True,
    ),
    "mixture": Baseline(
        "mixture of neighbours",
        "The two neighbouring snapshots, weighted by nearness in time.",
        Look("orange", DASHED, "^", zorder=2.1),
        draw=_MIXTURE,
        smoothing=_ADD_ONE,
        standard=True,
        overlaid=True,
    ),
    "mixture_kernel": Baseline(
        "mixture, kernels",
        "The kernel density of mixture, with a bandwidth chosen on left-out snapshots.",
        Look("orange", DASH_DOT, "d", zorder=2.15),
        draw=_MIXTURE,
        smoothing=_KERNELS,
        standard=True,
    ),
    "quantiles": Baseline(
        "quantiles, linear",
        "Linear interpolation of each variable's quantiles, with the ranks of the nearer snapshot.",
        Look("green", DASHED, "p", zorder=2.37),
        draw=Lazy("weightflow.baselines.quantiles", "quantiles"),
        continues=True,
        standard_past=True,
    ),
    "displacement": Baseline(
        "OT displacement",
        "Straight lines between optimally coupled states of the neighbouring snapshots.",
        Look("sky", DASHED, "<", zorder=2.2),
        draw=_DISPLACEMENT,
        continues=True,
        standard=True,
        standard_past=True,
    ),
    "displacement_kernel": Baseline(
        "OT displacement, kernels",
        "The kernel density of displacement, with a bandwidth chosen on left-out snapshots.",
        Look("sky", DOTTED, "*", 0.8, 2.25),
        draw=_DISPLACEMENT,
        smoothing=_KERNELS,
        continues=True,
    ),
    "transport_spline": Baseline(
        "transport spline",
        "Cubic splines through states that optimal transport couples from snapshot to snapshot.",
        Look("sky", DASH_DOT, ">", zorder=2.3),
        draw=_TRANSPORT,
        standard=True,
        overlaid=True,
    ),
    "transport_kernel": Baseline(
        "transport, kernels",
        "The kernel density of transport_spline, with a bandwidth chosen on left-out snapshots.",
        Look("sky", "-", "D", 0.8, 2.35),
        draw=_TRANSPORT,
        smoothing=_KERNELS,
        standard=True,
    ),
    "ot_cfm": Baseline(
        "OT-CFM",
        "A flow trained by conditional flow matching between coupled states; it has no density.",
        Look("purple", "-", "s", zorder=2.38),
        job="own",
    ),
    "weights_linear": Baseline(
        "anchors, linear",
        "Linear interpolation of the weights of the first model's anchors.",
        Look("purple", DASHED, "P", zorder=2.4),
        job="interpolation",
        draw=Lazy("weightflow.baselines.interpolated_weights", "linear"),
        standard=True,
    ),
    "weights_spline": Baseline(
        "anchors, spline",
        "The natural cubic spline through the weights of the first model's anchors.",
        Look("purple", DASH_DOT, "X", zorder=2.5),
        job="interpolation",
        draw=Lazy("weightflow.baselines.interpolated_weights", "natural_spline"),
        standard=True,
    ),
}

FLOORS = {
    "floor_bootstrap": Floor(
        "floor: bootstrap",
        "A bootstrap sample of the truth.",
        Look("grey", DASHED),
        Lazy("weightflow.baselines.floors", "bootstrap"),
    ),
    "floor_independent": Floor(
        "floor: independent",
        "Independent states of the same system at the same time.",
        Look("grey", "-", zorder=1.1),
        Lazy("weightflow.baselines.floors", "independent"),
        independent=True,
    ),
    "floor_split_half": Floor(
        "floor: split half", "Distances between random halves of a left-out snapshot.", Look("grey", DOTTED)
    ),
}
SPLIT_HALF = "floor_split_half"


def is_floor(name: str) -> bool:
    """Whether a run is a floor."""
    return name in FLOORS


def is_model(name: str) -> bool:
    """Whether a run is a model of the configuration, neither a baseline nor a floor."""
    return name not in BASELINES and name not in FLOORS


def predicted_by(job: str) -> list[str]:
    """The baselines that a kind of job predicts."""
    return [name for name, baseline in BASELINES.items() if baseline.job == job]


def floors_of(second_part: bool) -> list[str]:
    """The floors that are runs of a data set, with or without a second part."""
    return [name for name, floor in FLOORS.items() if floor.draw and (second_part or not floor.independent)]


def ending(baselines: Iterable[str]) -> list[str]:
    """The given baselines that end at the last snapshot."""
    return [name for name in baselines if not BASELINES[name].continues]


def standard_baselines(past: bool) -> list[str]:
    """The default baselines; `past` for a data set that holds back its last times."""
    return [name for name, one in BASELINES.items() if (one.standard_past if past else one.standard)]

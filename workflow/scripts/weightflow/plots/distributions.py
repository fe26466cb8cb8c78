"""Tools for figures of distributions: times, bins, histograms, densities and contours."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.patches import Patch
from scipy.interpolate import interp1d
from scipy.ndimage import gaussian_filter

from weightflow.data.snapshots import Snapshots
from weightflow.laws.law import ExactLaw, GaussianLaw
from weightflow.plots import style
from weightflow.prediction.figure_grids import bin_counts
from weightflow.prediction.predictions import Prediction

SHOWN_TIMES = 4
MOST_BINS = 60
FAINTEST = 0.004  # densities below this share of the largest are white
RARE = 0.01  # share of the states left out at either end of a histogram
MASSES = (0.95, 0.75, 0.5, 0.25)  # of a density within each contour
_MASS_COLOURS = (0.12, 0.3, 0.5, 0.72)  # of these contours, as positions in the colour map of densities
SMOOTHING = 1.5  # standard deviation in bins of the smoothing of histograms of two real values
_SMOOTHED_BINS = 60  # of samples without a density, for contours
_OUTSIDE = 0.005  # share of the cells beyond either end of an axis

Part = Snapshots | ExactLaw | Prediction


def shown_times(data: Snapshots, wanted: Sequence[float] | None) -> list[int]:
    """Indices of the times a figure shows.

    Args:
        data: the data set.
        wanted: times, rounded to the grid; None spreads four over the unseen times (without unseen times over all
            but the first).
    """
    if wanted is not None:
        return sorted({int(np.abs(data.times - time).argmin()) for time in wanted})
    unseen = np.flatnonzero(~data.is_observed)
    candidates = unseen if len(unseen) else np.arange(1, len(data.times))
    if len(candidates) <= SHOWN_TIMES:
        return candidates.tolist()
    start, end = data.times[[0, -1]]
    targets = start + (end - start) * np.linspace(0.05, 0.95, SHOWN_TIMES)
    return sorted({int(candidates[np.abs(data.times[candidates] - time).argmin()]) for time in targets})


def bin_edges(truth: Iterable[np.ndarray], predicted: Iterable[np.ndarray], discrete: bool) -> np.ndarray:
    """(B + 1,) edges of equal bins over samples (n,), without rare extremes and predictions far from the truth.

    Every bin of counts holds the same number of counts.
    """
    low, high = _range(truth)
    wide_low, wide_high = _range(predicted)
    reach = max(high - low, 1)
    low, high = max(low - reach, min(low, wide_low)), min(high + reach, max(high, wide_high))
    if not discrete:
        margin = 1e-9 + 0.02 * (high - low)
        return np.linspace(low - margin, high + margin, 41)
    low, span = math.floor(low), math.ceil(high) - math.floor(low) + 1
    counts = math.ceil(span / MOST_BINS)
    return low - 0.5 + counts * np.arange(math.ceil(span / counts) + 1)


def pair_edges(data: Snapshots, prediction: Prediction, times: Iterable[int], variable: int) -> np.ndarray:
    """(B + 1,) edges for one variable of a prediction and the truth at the times with some indices."""
    times = list(times)
    truth, predicted = ([states_at(part, t)[0][:, variable] for t in times] for part in (data, prediction))
    return bin_edges(truth, predicted, data.discrete)


def states_at(part: Part, t: int) -> tuple[np.ndarray, np.ndarray]:
    """States (n, d) and their weights (n,) at the t-th time, of a prediction, of the data's truth or of the law."""
    if isinstance(part, Snapshots):
        return part.truth[t], np.full(len(part.truth[t]), 1 / len(part.truth[t]))
    return part.weighted(t)


def marginal(part: Part, t: int, variable: int, edges: np.ndarray) -> np.ndarray:
    """(B,) density of one variable in the bins of edges (B + 1,); for counts, the probability of each count.

    Marginals of a law, or of a prediction with a density, are exact; others are histograms of samples.

    Raises:
        ValueError: a law lacks the variable.
    """
    if isinstance(part, GaussianLaw):
        return part.shares(t, variable, edges) / np.diff(edges)
    weights = _probabilities(part, t, variable)
    if weights is None:
        states, weights = states_at(part, t)
        shares = np.histogram(states[:, variable], edges, weights=weights)[0]
    else:
        own = part.edges[variable] if isinstance(part, Prediction) and len(part.edges) else None
        return binned(weights, own, edges)
    return shares / np.diff(edges)


def binned(masses: np.ndarray, own: np.ndarray | None, edges: np.ndarray) -> np.ndarray:
    """(C,) density in the bins of edges (C + 1,), from probabilities (B,).

    Args:
        masses: of own bins, or of the counts 0 … B − 1.
        own: (B + 1,) edges of own bins; None for counts.
        edges: (C + 1,).
    """
    if own is None:
        return np.histogram(np.arange(len(masses)), edges, weights=masses)[0] / np.diff(edges)
    return _spread(masses, own, edges) / np.diff(edges)


def joint(part: Part, t: int, pair: tuple[int, int], edges: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(B, C) density of two variables in the bins of edges (B + 1,) and (C + 1,).

    A prediction with a grid of this pair gives that grid; others give histograms of samples.
    """
    shown = part if isinstance(part, Prediction) and part.figures.show(pair) else None
    if shown is not None and len(shown.edges):
        own = [shown.edges[v] for v in pair]
        shares = _spread(_spread(shown.figures.joints[t], own[1], edges[1]).T, own[0], edges[0]).T
        return shares / np.outer(*map(np.diff, edges))
    if shown is not None:
        values, weights = _grid_states(shown.figures.joints[t], shown.marginals.shape[-1])
    else:
        states, weights = states_at(part, t)
        values = states[:, pair].T
    shares = np.histogram2d(values[0], values[1], edges, weights=weights)[0]
    return shares / np.outer(*map(np.diff, edges))


def shade(panel: Axes, edges: Sequence[np.ndarray], density: np.ndarray, largest: float) -> QuadMesh:
    """Draw a density (B, C) in the bins of edges (B + 1,) and (C + 1,), with the darkest colour at `largest`."""
    shown = np.ma.masked_less(density.T / largest, FAINTEST)
    image = panel.pcolormesh(*edges, shown, cmap=style.DENSITY_COLOURS, vmin=0, vmax=1)
    image.set_rasterized(True)
    return image


def cell_limits(snapshots: Sequence[np.ndarray], pair: tuple[int, int]) -> np.ndarray:
    """(2, 2) ends of the axes of two variables that contain nearly all states (n, d), without the farthest."""
    values = np.concatenate(snapshots)[:, pair]
    low, high = np.quantile(values, [_OUTSIDE, 1 - _OUTSIDE], axis=0)
    margin = 0.12 * (high - low)
    return np.stack([low - margin, high + margin], axis=1)


def own_grid(
    prediction: Prediction, t: int, pair: tuple[int, int], limits: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """Edges and a density (B, C) of two real variables: the prediction's grid, else its smoothed samples.

    Args:
        prediction: with samples at least.
        t: index of the time.
        pair: the two variables.
        limits: (2, 2) of the histogram of samples, from `cell_limits`.
    """
    if prediction.figures.show(pair):
        edges = [prediction.edges[v] for v in pair]
        return edges, prediction.figures.joints[t] / np.outer(*map(np.diff, edges))
    edges = [np.linspace(low, high, _SMOOTHED_BINS + 1) for low, high in limits]
    return edges, gaussian_filter(joint(prediction, t, pair, (edges[0], edges[1])), SMOOTHING)


def mass_levels(density: np.ndarray, edges: Sequence[np.ndarray]) -> np.ndarray:
    """Densities above which the shares `MASSES` of the mass between the edges lie, increasing (Hyndman 1996)."""
    areas = np.outer(*map(np.diff, edges)).ravel()
    order = np.argsort(-density, axis=None)
    within = (density.ravel() * areas)[order].cumsum()
    places = np.searchsorted(within, np.array(MASSES) * within[-1])
    return density.ravel()[order][places]


def mass_contours(panel: Axes, edges: Sequence[np.ndarray], density: np.ndarray) -> None:
    """Fill the regions of highest density that hold the shares `MASSES` of a density (B, C)."""
    levels = np.unique(mass_levels(density, edges))
    centres = [(ends[:-1] + ends[1:]) / 2 for ends in edges]
    # Levels coincide if a few bins hold the whole mass; the outer regions are then the same.
    colours = mass_colours()[-len(levels) :]
    panel.contourf(*centres, density.T, [*levels, np.inf], colors=colours, zorder=1)


def mass_colours() -> list[tuple[float, float, float, float]]:
    """Colours of the regions that hold the shares `MASSES`, in their order."""
    return [colormaps[style.DENSITY_COLOURS](shade) for shade in _MASS_COLOURS]


def mass_patches() -> list[Patch]:
    """Entries of a legend for `mass_contours`."""
    texts = [f"{share:.0%}".replace("%", " %") for share in MASSES]
    return [Patch(facecolor=colour, label=text) for colour, text in zip(mass_colours(), texts, strict=True)]


def _probabilities(part: Part, t: int, variable: int) -> np.ndarray | None:
    """(L,) probabilities of the counts of one variable; None for a part with states only."""
    if isinstance(part, Snapshots):
        return None
    if isinstance(part, Prediction):
        return part.marginals[t, variable] if len(part.marginals) else None
    known = part.variables.tolist()
    if variable not in known:
        raise ValueError(f"the exact law is that of variables {known}, not of {variable}")
    return part.marginals(t, part.levels)[known.index(variable)]


def _spread(masses: np.ndarray, own: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(…, C) masses between edges (C + 1,), from masses (…, B) with uniform density between own edges (B + 1,)."""
    below = np.concatenate([np.zeros((*masses.shape[:-1], 1)), masses.cumsum(-1)], axis=-1)
    return np.diff(interp1d(own, below, bounds_error=False, fill_value=(0.0, below[..., -1]))(edges), axis=-1)


def _grid_states(grid: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """(2, L²) states and their probabilities (L²,) of a grid (B, B), evenly spread over the counts of each bin."""
    place = np.arange(levels) // bin_counts(levels, len(grid))
    share = 1 / np.bincount(place)[place]
    fine = grid[np.ix_(place, place)] * np.outer(share, share)
    return np.indices(fine.shape).reshape(2, -1), fine.ravel()


def _range(samples: Iterable[np.ndarray]) -> tuple[float, float]:
    ends = np.array([np.quantile(sample, [RARE, 1 - RARE]) for sample in samples])
    return float(ends[:, 0].min()), float(ends[:, 1].max())

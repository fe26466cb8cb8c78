"""The bands of a model, from three errors of its predictions.

On its scale (log-odds of a probability with half a cell more, a mean as it is) a quantity q has the variance

    sampling(q) + seeds(q) + (missed · change(q))² · bump

- sampling: of a network that is fitted to one snapshot (`Fisher.spread`), along every direction of weight space times
  the error ratio there (`ErrorRatios`).
- seeds: variance of the mean over fits with other random numbers.
- missed · change: what left-out snapshots show (`missed_shares`), for the change of q between the snapshots around. It
  is zero at the snapshots and largest halfway, in the first interval at a quarter of the way.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Self

import numpy as np
import torch
from scipy.special import expit, logit

from weightflow import seeding
from weightflow.bands.bands import Bands
from weightflow.bands.scatter import Scatter
from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import evenly
from weightflow.networks.fisher import Fisher
from weightflow.prediction.distributions import MovedNetwork
from weightflow.prediction.fitted import FittedModel
from weightflow.prediction.predictions import density_edges
from weightflow.systems.events import Event
from weightflow.teaching.missed import bump
from weightflow.teaching.teachers import ANYWHERE

_SNAPSHOTS, _POINTS = 17, 33  # most snapshots among the times of bands, and about how many times there are
_DRAWS = 8000  # half of them give the eigenvectors of the information
_STIFFEST = 4  # directions of the first group
_LEAST = 1e-3  # smallest mean of a score test that tells something
_MOST_STATES, _OF_SUMS = 20_000, 20_000  # of a distribution whose sums are exact; draws for other sums


@dataclass(frozen=True)
class Evidence:
    """What the fit itself tells of its errors; the defaults are those of a fit that was tested on nothing.

    Attributes:
        error_ratio: from validation states (`validation_choice.error_ratio`).
        missed: from left-out snapshots, for each interval (`Teachers.missed`); () if nothing was left out.
    """

    error_ratio: float = 1.0
    missed: Sequence[float] = ()


UNTESTED = Evidence()


def find_bands(
    models: Sequence[FittedModel], evidence: Evidence, events: Mapping[str, Event], level: float, times: np.ndarray
) -> Bands:
    """Bands at times from the first snapshot to the last.

    Args:
        models: fits of one model to a data set, with different seeds.
        evidence: on their errors.
        events: whose probabilities have bands, by question.
        level: of the bands, such as 0.9.
        times: (T,) increasing.
    """
    data = models[0].data
    every = [_quantities(model, times, events) for model in models]
    at_snapshots = [_quantities(model, data.observed_times, events) for model in models]
    means = _Quantities(*(np.mean([getattr(one, name) for one in every], axis=0) for name in _NAMES))
    ratios = ErrorRatios.of(_score_tests(models[0]), evidence.error_ratio)
    sampling = _sampling(models[0], ratios, means, times, events)
    place, way = _within(data, times)
    missed = np.array(evidence.missed or [ANYWHERE] * (len(data.observed_times) - 1))
    share = bump(way, place == 0) * missed[place] ** 2
    cells, sizes = _cells(data, times), data.observed_sizes.astype(float)
    z, made = NormalDist().inv_cdf((1 + level) / 2), {}
    for name in _NAMES:
        own, mean = getattr(sampling, name), getattr(means, name)
        along = (-1, *[1] * (own.ndim - 1))
        scale, at_ends = (_Scale(None if name == "means" else n.reshape(along)) for n in (cells, sizes))
        ends = at_ends.of(np.mean([getattr(one, name) for one in at_snapshots], axis=0))
        change = share.reshape(along) * (ends[place + 1] - ends[place]) ** 2
        seeds = scale.of(np.stack([getattr(one, name) for one in every])).var(axis=0) / max(len(every) - 1, 1)
        away = z * np.sqrt(own * scale.slope(mean) ** 2 + seeds + change)
        made[name] = np.stack([scale.back(scale.of(mean) - away), mean, scale.back(scale.of(mean) + away)])
    edges = density_edges(data.space, len(data.variables))
    return Bands(times, made["marginals"], edges, made["means"], made["events"], tuple(events), level)


def band_times(data: Snapshots) -> np.ndarray:
    """(T,) times of bands: at most 17 snapshots, and times between them, of the data's where it has some."""
    chosen = data.observed_times[evenly(len(data.observed_times), _SNAPSHOTS)]
    each = max(1, round((_POINTS - len(chosen)) / (len(chosen) - 1)))
    found = [chosen]
    for k, (start, end) in enumerate(itertools.pairwise(chosen)):
        steps = np.arange(1, each + 1) / (each + 1)
        wanted = start + (end - start) * (steps**2 if k == 0 else steps)  # changes are fastest after the start
        own = data.times[(data.times > start) & (data.times < end)]
        found.append(own[np.abs(own[:, None] - wanted).argmin(axis=0)] if len(own) else wanted)
    return np.unique(np.concatenate(found))


@dataclass(frozen=True)
class _Quantities:
    """Of a model at T times, or their variances on a scale without ends.

    Attributes:
        marginals: (T, d, B).
        means: (T, d).
        events: (T, E).
    """

    marginals: np.ndarray
    means: np.ndarray
    events: np.ndarray


_NAMES = tuple(field.name for field in fields(_Quantities))


def _quantities(model: FittedModel, times: np.ndarray, events: Mapping[str, Event]) -> _Quantities:
    data, masses, means, answers = model.data, [], [], []
    for time, density in zip(times, model.along(times, _MOST_STATES, _OF_SUMS), strict=True):
        masses.append(density.marginals())
        means.append(_means(density, data))
        answers.append([float(density.probability(event, float(time), data.values)) for event in events.values()])
    return _Quantities(np.stack(masses), np.stack(means), np.array(answers).reshape(len(times), len(events)))


def _means(density: MovedNetwork, data: Snapshots) -> np.ndarray:
    """(d,) in the units of the file."""
    if data.space.has_unit_bins:
        masses = density.counted
        return masses @ np.arange(masses.shape[1]) / masses.sum(axis=1)
    return density.cloud.weights @ data.values(density.cloud.states)


@dataclass(frozen=True)
class ErrorRatios:
    """Squared errors of a fit along directions of weight space, over those of a network fitted to one snapshot.

    A fit takes over a share h of its snapshots' sampling error, and misses them by m. Then its score test has the mean
    1 − h + m on its own cells, and its squared error on others is h + m. h belongs to a group of directions: a fit
    takes over stiff ones, and averages soft ones over many snapshots. m belongs to a snapshot.

    Attributes:
        taken: (G,) h of the 4 stiffest directions, of the next 8, the next 16, and so on.
        times: (K,) of snapshots.
        missed: (K,) m.
    """

    taken: np.ndarray
    times: np.ndarray
    missed: np.ndarray

    @classmethod
    def of(cls, tests: Mapping[float, tuple[np.ndarray, np.ndarray]], error_ratio: float) -> Self:
        """From score tests of snapshots by time (`Fisher.score_test`), and the mean of h + m on other states."""
        told = {time: test for time, test in tests.items() if test[1].sum() > _LEAST}
        if not told:  # all cells of every snapshot are alike
            return cls(np.ones(1), np.array(list(tests)), np.zeros(len(tests)))
        groups = [np.stack([_grouped(part) for part in test]) for test in told.values()]
        most = max(part.shape[1] for part in groups)
        padded = np.stack([np.pad(part, ((0, 0), (0, most - part.shape[1]))) for part in groups])
        found, wanted = padded.sum(axis=0)
        test = found.sum() / wanted.sum()
        missed = max((error_ratio - 1 + test) / 2, 0.0)
        taken = (1 + missed - found / np.maximum(wanted, _LEAST)).clip(1 / len(told), 1)
        each = padded[:, 0].sum(axis=1) / padded[:, 1].sum(axis=1)
        return cls(taken, np.array(list(told)), np.maximum(each - test + missed, 0))

    def along(self, directions: int, time: float) -> np.ndarray:
        """(r,) ratios at a time along eigenvectors, the stiffest one last."""
        groups = _group_of(directions).clip(max=len(self.taken) - 1)
        return self.taken[groups] + np.interp(time, self.times, self.missed)


def _group_of(directions: int) -> np.ndarray:
    """(r,) index of the group of each direction, the stiffest one last."""
    ranks = np.arange(directions)[::-1]
    return np.log2(ranks / _STIFFEST + 1).astype(int)


def _grouped(values: np.ndarray) -> np.ndarray:
    """(G,) sums over the groups of values (r,)."""
    return np.bincount(_group_of(len(values)), values)


def _fisher(model: FittedModel, time: float) -> tuple[Fisher, np.ndarray]:
    """The information at a time, and the states (n, d) of its scores; the random numbers are the same at all times."""
    generator = torch.Generator().manual_seed(seeding.integer(model.seed, "bands"))
    weights = model.weights(np.array([time]))
    draws = model.backbone.sample(weights, _DRAWS, generator)[0]
    fisher = Fisher.of(model.backbone, weights, draws)
    return fisher, model.data.space.states(draws[-len(fisher.scores) :].numpy())


def _score_tests(model: FittedModel) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Score tests of at most 17 snapshots, by their times."""
    times, cells = model.data.observed_times, model.data.coordinates
    chosen = evenly(len(times), _SNAPSHOTS)
    return {float(times[k]): _fisher(model, times[k])[0].score_test(torch.as_tensor(cells[k])) for k in chosen}


def _cells(data: Snapshots, times: np.ndarray) -> np.ndarray:
    """(T,) sizes of samples: of a snapshot; between two independent ones, of the mean of both by their distances."""
    (place, way), sizes = _within(data, times), data.observed_sizes
    return 1 / ((1 - way) ** 2 / sizes[place] + way**2 / sizes[place + 1])


def _within(data: Snapshots, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index (T,) of the interval between snapshots that holds each time, and the place 0 … 1 in it."""
    place = data.before(times).clip(max=len(data.observed_times) - 2)
    start, end = data.observed_times[place], data.observed_times[place + 1]
    return place, (times - start) / (end - start)


def _sampling(
    model: FittedModel, ratios: ErrorRatios, means: _Quantities, times: np.ndarray, events: Mapping[str, Event]
) -> _Quantities:
    """Variances of means and of log-odds, from the samples' sizes."""
    data = model.data
    bins = [data.space.edges(v) for v in range(len(data.variables))]
    every: tuple[list, list, list] = ([], [], [])
    for t, (time, cells) in enumerate(zip(times, _cells(data, times), strict=True)):
        fisher, states = _fisher(model, time)
        rows = fisher.spread(cells) * np.sqrt(ratios.along(len(fisher.values), time)).astype(np.float32)
        scatter, values = Scatter(states, rows), data.values(states)
        every[0].append([scatter.of_bins(v, edges, means.marginals[t, v]) for v, edges in enumerate(bins)])
        every[1].append([scatter.of_mean(column) for column in values.T])
        held = (np.broadcast_to(event.holds(values, float(time)), len(values)) for event in events.values())
        every[2].append([scatter.of_event(one, p, cells) for one, p in zip(held, means.events[t], strict=True)])
    return _Quantities(np.array(every[0]), np.array(every[1]), np.array(every[2]).reshape(len(times), len(events)))


@dataclass(frozen=True)
class _Scale:
    """Log-odds of probabilities in samples of some cells, with half a cell more: rare ones have no ends far away.

    Attributes:
        cells: sizes of samples, against the probabilities; None leaves values as they are, for means.
    """

    cells: np.ndarray | None

    def of(self, values: np.ndarray) -> np.ndarray:
        """Values on the scale."""
        return values if self.cells is None else logit(_share(values, self.cells))

    def back(self, values: np.ndarray) -> np.ndarray:
        """Values from the scale."""
        if self.cells is None:
            return values
        return ((expit(values) * (self.cells + 1) - 0.5) / self.cells).clip(0, 1)

    def slope(self, values: np.ndarray) -> np.ndarray:
        """Derivative of the scale with respect to plain log-odds, or to a mean."""
        if self.cells is None:
            return np.ones_like(values)
        share = _share(values, self.cells)
        return values * (1 - values) * self.cells / (self.cells + 1) / (share * (1 - share))


def _share(values: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Probabilities with half a cell more."""
    return (values * cells + 0.5) / (cells + 1)

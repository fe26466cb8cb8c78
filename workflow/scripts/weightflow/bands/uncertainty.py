"""The bands of a model, from three errors of its predictions.

On its scale (log-odds of a probability with half a cell more, a mean as it is), a quantity q has the variance

    ratio · sampling(q) + seeds(q) + (missed · change(q))² · bump

- sampling: of a network that is fitted to one snapshot (`Fisher.spread`). The ratio is what is left of it (`_ratios`):
  a curve through many snapshots averages the samples, and a curve that is too smooth has further errors. Score tests
  of the snapshots and of validation states (`error_ratio`) tell.
- seeds: variance of the mean over fits with other random numbers.
- missed · change: what left-out snapshots show (`missed_shares`), for the change of q between the snapshots around; it
  is largest in the middle, in the first interval earlier, and zero at the snapshots.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

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
_DRAWS = 8000  # half of them give the information
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
        times: (T,) increasing, the snapshots' among them that shall tell the ratio.
    """
    data = models[0].data
    every = [_quantities(model, times, events) for model in models]
    at_snapshots = [_quantities(model, data.observed_times, events) for model in models]
    scatters, statistics = _scatters(models[0], times)
    ratio = _ratios(statistics, times, evidence.error_ratio, len(data.observed_times))
    place = data.before(times).clip(max=len(data.observed_times) - 2)
    start, end = data.observed_times[place], data.observed_times[place + 1]
    way = (times - start) / (end - start)
    way = np.where(place == 0, np.sqrt(way), way)  # many systems begin in one state, and spread like √t
    missed = np.array(evidence.missed or [ANYWHERE] * (len(data.observed_times) - 1))
    share = bump(way) * missed[place] ** 2
    sampling = _sampled(scatters, np.mean([one.marginals for one in every], axis=0), times, events, data)
    cells, sizes = _cells(data, times), data.observed_sizes.astype(float)
    z, made = NormalDist().inv_cdf((1 + level) / 2), {}
    for name, own in vars(sampling).items():
        values = np.stack([getattr(one, name) for one in every])
        snapshots = np.mean([getattr(one, name) for one in at_snapshots], axis=0)
        along = (-1, *[1] * (own.ndim - 1))
        scale = _MEANS if name == "means" else _Shares(cells.reshape(along))
        ends = snapshots if name == "means" else _Shares(sizes.reshape(along)).free(snapshots)
        change = share.reshape(along) * (ends[place + 1] - ends[place]) ** 2
        seeds = scale.free(values).var(axis=0, ddof=1) / len(values) if len(values) > 1 else 0.0
        mean = values.mean(axis=0)
        variance = ratio.reshape(along) * own * scale.slope(mean) ** 2 + seeds + change
        middle, away = scale.free(mean), z * np.sqrt(variance)
        made[name] = np.stack([scale.back(middle - away), mean, scale.back(middle + away)])
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


def _scatters(model: FittedModel, times: np.ndarray) -> tuple[list[Scatter], dict[float, tuple[float, float]]]:
    """Scatter at each time; and by the time of a snapshot, its score test (`Fisher.score_test`)."""
    data, backbone = model.data, model.backbone
    generator = torch.Generator().manual_seed(seeding.integer(model.seed, "bands"))
    state = generator.get_state()
    found, statistics = [], {}
    cells = _cells(data, times)
    for time, weights, count in zip(times, model.weights(times).split(1), cells, strict=True):
        generator.set_state(state)  # the same random numbers at all times
        draws = backbone.sample(weights, _DRAWS, generator)[0]
        fisher = Fisher.of(backbone, weights, draws)
        states = data.space.states(draws[-len(fisher.scores) :].numpy())
        found.append(Scatter(states, fisher.spread(count)))
        if time in data.observed_times:
            own = data.coordinates[int(np.flatnonzero(data.observed_times == time)[0])]
            statistics[float(time)] = fisher.score_test(torch.as_tensor(own))
    return found, statistics


def _ratios(
    statistics: Mapping[float, tuple[float, float]], times: np.ndarray, error_ratio: float, snapshots: int
) -> np.ndarray:
    """(T,) squared errors of a fit, as multiples of the sampling error of a network fitted to one snapshot.

    A fit takes over a share h of its snapshots' sampling error, and misses them by m. Then its score test is 1 − h + m
    on its own cells, and its squared error on others is h + m. The means over the snapshots give h; a snapshot's own
    test gives its m.
    """
    found, wanted = np.array(list(statistics.values())).T
    test = float(found.sum() / wanted.sum())
    taken = max((error_ratio + 1 - test) / 2, 1 - test, 1 / snapshots)  # no m is negative
    return np.interp(times, list(statistics), np.maximum(found / wanted - 1 + 2 * taken, taken))


def _cells(data: Snapshots, times: np.ndarray) -> np.ndarray:
    """(T,) sizes of samples: of a snapshot; between two, of the mean of both with the weights of their distances."""
    place = data.before(times).clip(max=len(data.observed_times) - 2)
    start, end = data.observed_times[place], data.observed_times[place + 1]
    share, sizes = (times - start) / (end - start), data.observed_sizes
    return 1 / ((1 - share) ** 2 / sizes[place] + share**2 / sizes[place + 1])


def _sampled(
    scatters: Sequence[Scatter], masses: np.ndarray, times: np.ndarray, events: Mapping[str, Event], data: Snapshots
) -> _Quantities:
    """Sampling variances of every quantity."""
    bins = [data.space.edges(v) for v in range(len(data.variables))]
    marginals, means, answers = [], [], []
    for scatter, own, time in zip(scatters, masses, times, strict=True):
        marginals.append([scatter.of_bins(v, edges, own[v]) for v, edges in enumerate(bins)])
        values = data.values(scatter.states)
        means.append([scatter.of_mean(column) for column in values.T])
        held = (np.broadcast_to(event.holds(values, float(time)), len(values)) for event in events.values())
        answers.append([scatter.of_event(one) for one in held])
    return _Quantities(np.array(marginals), np.array(means), np.array(answers).reshape(len(times), len(events)))


class _Means:
    """Means are normal as they are."""

    def free(self, values: np.ndarray) -> np.ndarray:
        return values

    def back(self, values: np.ndarray) -> np.ndarray:
        return values

    def slope(self, values: np.ndarray) -> np.ndarray:
        return np.ones_like(values)


_MEANS = _Means()


@dataclass(frozen=True)
class _Shares:
    """Log-odds of probabilities in samples of some cells, with half a cell more: rare ones have no ends far away.

    Attributes:
        cells: sizes of samples, against the probabilities.
    """

    cells: np.ndarray

    def free(self, values: np.ndarray) -> np.ndarray:
        """Probabilities on the scale."""
        return logit((values * self.cells + 0.5) / (self.cells + 1))

    def back(self, values: np.ndarray) -> np.ndarray:
        """Probabilities from the scale."""
        return ((expit(values) * (self.cells + 1) - 0.5) / self.cells).clip(0, 1)

    def slope(self, values: np.ndarray) -> np.ndarray:
        """Derivative of the scale with respect to plain log-odds."""
        share = (values * self.cells + 0.5) / (self.cells + 1)
        return values * (1 - values) * self.cells / (self.cells + 1) / (share * (1 - share))

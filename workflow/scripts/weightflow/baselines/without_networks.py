"""Baselines without a network, and the floors no model can pass.

Each makes a cloud: weighted states at every time of the data, from the observed training snapshots alone. A
density is made of the cloud by smoothing it. Floors are the exception, since they show how far the truth is
from itself.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import exactly
from weightflow.density import scoring
from weightflow.density.kernels import AddOneDensity, Kernels, LeftOut, best_multiple, kernels
from weightflow.errors import InputError
from weightflow.laws.law import ExactLaw
from weightflow.prediction.predictions import Prediction, density_edges
from weightflow.transport.couplings import chain, transport_spline
from weightflow.transport.quantile_path import quantile_path

REACH = 2  # snapshots on either side that a left-out one is predicted from

_Cloud = Callable[[Snapshots, int, np.random.Generator], Prediction]
_Baseline = Callable[[Snapshots, int, np.random.Generator, ExactLaw | None], Prediction]


def predict_baseline(kind: str, data: Snapshots, samples: int, seed: int, law: ExactLaw | None = None) -> Prediction:
    """Predict by one of `BASELINES` or `FLOORS`.

    Args:
        kind: its name.
        data: the canonical data set.
        samples: number of samples at each time, where the baseline draws any.
        seed: of the draws.
        law: what densities are scored by too, where it is known.
    """
    return {**BASELINES, **FLOORS}[kind](data, samples, seeding.stream(seed, kind), law)


def previous(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """The last observed snapshot, whole."""
    position, _ = _places(data)
    return Prediction(data.times, [data.observed[k] for k in position])


def mixture(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """The two neighbouring snapshots, whole, weighted by nearness in time."""
    states, weights = [], []
    for k, share in zip(*_places(data), strict=True):
        parts = [(data.observed[k], 1 - share), (data.observed[min(k + 1, len(data.observed) - 1)], share)]
        parts = [(part, weight) for part, weight in parts if weight > 0]
        states.append(np.concatenate([part for part, _ in parts]))
        weights.append(np.concatenate([np.full(len(part), weight / len(part)) for part, weight in parts]))
    return Prediction(data.times, states, weights)


def displacement(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Straight lines between optimally coupled states of the neighbouring snapshots; past the last, the same lines."""
    particles = chain([exactly(snapshot, samples, rng) for snapshot in data.observed], rng)
    states = []
    for k, share in zip(*_lines(data), strict=True):
        states.append(data.space.project((1 - share) * particles[k] + share * particles[k + 1], rng))
    return Prediction(data.times, states)


def quantiles(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Each variable's quantiles on straight lines in time, with the ranks of the nearer snapshot, whole.

    Past the last snapshot the lines through the last two go on, with the ranks of the last.
    """
    states = []
    for k, share in zip(*_lines(data), strict=True):
        earlier, later = data.observed[k : k + 2]
        moved = quantile_path(earlier, later, share, later if share > 0.5 else earlier, rng)
        states.append(data.space.project(moved, rng))
    return Prediction(data.times, states)


def chained_transport(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """A cubic spline through particles that are coupled from snapshot to snapshot."""
    path = transport_spline(data.observed_times, chain([exactly(s, samples, rng) for s in data.observed], rng))
    return Prediction(data.times, [data.space.project(path(time), rng) for time in data.times])


def bootstrap(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """The truth resampled: the distance from the truth that sampling alone leaves."""
    return Prediction(data.times, [s[rng.integers(len(s), size=min(samples, len(s)))] for s in data.truth])


def independent(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Independent states of the same system at the same time; none where the truth is all there is."""
    if not data.independent:
        raise InputError("this data set has no second part; set its heldout to have the independent floor.")
    parts = zip(data.independent, data.truth, strict=True)
    # Where nothing is learnt, all states of a file judge, in both parts.
    apart = [s[:0] if np.array_equal(s, truth) else s for s, truth in parts]
    return Prediction(data.times, [exactly(s, min(samples, len(s)), rng) for s in apart])


def no_density(cloud: _Cloud) -> _Baseline:
    """The cloud as it is."""
    return lambda data, samples, rng, law: cloud(data, samples, rng)


def with_add_one(cloud: _Cloud) -> _Baseline:
    """The cloud as it is, and over counts a likelihood by add-one smoothing.

    The many empty cells take most of the smoothed mass, so samples and marginals stay those of the cloud.
    """

    def predict(data: Snapshots, samples: int, rng: np.random.Generator, law: ExactLaw | None) -> Prediction:
        made = cloud(data, samples, rng)
        if not data.discrete:
            return made
        sizes = np.array([len(states) for states in data.observed])
        size = np.interp(data.times, data.observed_times, sizes)
        densities = [AddOneDensity(*made.weighted(t), size[t], data.space.levels) for t in range(len(data.times))]
        return dataclasses.replace(made, scores=scoring.score(densities, data.heldout, law))

    return predict


def drawn_from_kernels(cloud: _Cloud) -> _Baseline:
    """The best kernel density of the cloud in everything, samples too."""

    def predict(data: Snapshots, samples: int, rng: np.random.Generator, law: ExactLaw | None) -> Prediction:
        made = cloud(data, samples, rng)
        densities = _smoothed(cloud, made, data, samples, rng)
        drawn = Prediction(data.times, [one.sample(samples, rng) for one in densities])
        return _scored(drawn, densities, data, law)

    return predict


BASELINES: dict[str, _Baseline] = {
    "previous": no_density(previous),
    "mixture": with_add_one(mixture),
    "mixture_kernel": drawn_from_kernels(mixture),
    "displacement": no_density(displacement),
    "displacement_kernel": drawn_from_kernels(displacement),
    "transport_spline": no_density(chained_transport),
    "transport_kernel": drawn_from_kernels(chained_transport),
    "quantiles": no_density(quantiles),
}
FLOORS: dict[str, _Baseline] = {"floor_bootstrap": no_density(bootstrap), "floor_independent": no_density(independent)}


def _smoothed(
    cloud: _Cloud, made: Prediction, data: Snapshots, samples: int, rng: np.random.Generator
) -> list[Kernels]:
    """T kernel densities, with the bandwidth under which interior snapshots are most likely when left out."""
    observed, left_out = data.observed, []
    for k in range(1, len(observed) - 1):
        others, place = _without(data, k)
        left_out.append(LeftOut(*cloud(others, samples, rng).weighted(place), observed[k]))
    multiple = best_multiple(left_out, data.space)
    return [kernels(*made.weighted(t), multiple, data.space) for t in range(len(data.times))]


def _without(data: Snapshots, k: int) -> tuple[Snapshots, int]:
    """The observed snapshots around the k-th, which is no longer observed, and its index among their times."""
    around = np.flatnonzero(data.is_observed)[max(0, k - REACH) : k + REACH + 1]
    place = min(k, REACH)
    training = [data.training[t] for t in around]
    others = dataclasses.replace(
        data, times=data.times[around], training=training, heldout=[], is_observed=np.arange(len(around)) != place
    )
    return others, place


def _scored(made: Prediction, densities: Sequence[Kernels], data: Snapshots, law: ExactLaw | None) -> Prediction:
    marginals = scoring.marginals(densities, data.space).astype(np.float32)
    edges = density_edges(data.space, len(data.variables))
    scores = scoring.score(densities, data.heldout, law)
    return dataclasses.replace(made, scores=scores, marginals=marginals, edges=edges)


def _places(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the observed snapshot at or before it, and the share of the way to the next."""
    observed = data.observed_times
    k = data.before(data.times)
    following = np.minimum(k + 1, len(observed) - 1)
    length = np.where(following > k, observed[following] - observed[k], 1.0)
    return k, np.clip((data.times - observed[k]) / length, 0, 1)


def _lines(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the first of two observed snapshots, and the share of the way from it to the next.

    Past the last snapshot these are the last two, and the share is above 1.
    """
    observed = data.observed_times
    k = np.minimum(data.before(data.times), len(observed) - 2)
    return k, (data.times - observed[k]) / (observed[k + 1] - observed[k])

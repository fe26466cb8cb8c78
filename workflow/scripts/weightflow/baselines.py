"""Baselines without a network, and the floors no model can pass.

Each returns samples at every time of the data, from the observed training snapshots alone; floors are
the exception, since they show how far the truth is from itself.
"""

from collections.abc import Callable

import numpy as np

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.prediction import Prediction
from weightflow.snapshots import Snapshots
from weightflow.transport import chain, round_to_counts, transport_spline


def predict_baseline(kind: str, data: Snapshots, samples: int, seed: int) -> Prediction:
    """Predict by one of `BASELINES` or `FLOORS`.

    Args:
        kind: its name.
        data: the canonical data set.
        samples: number of samples at each time, where the baseline draws any.
        seed: of the draws.
    """
    return {**BASELINES, **FLOORS}[kind](data, samples, seeding.stream(seed, kind))


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
    """Straight lines between optimally coupled states of the neighbouring snapshots."""
    particles = chain([_resample(snapshot, samples, rng) for snapshot in data.observed], rng)
    states = []
    for k, share in zip(*_places(data), strict=True):
        following = particles[min(k + 1, len(particles) - 1)]
        states.append(_as_states(data, (1 - share) * particles[k] + share * following, rng))
    return Prediction(data.times, states)


def chained_transport(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """A cubic spline through particles that are coupled from snapshot to snapshot."""
    path = transport_spline(data.observed_times, chain([_resample(s, samples, rng) for s in data.observed], rng))
    return Prediction(data.times, [_as_states(data, path(time), rng) for time in data.times])


def bootstrap(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """The truth resampled: the distance from the truth that sampling alone leaves."""
    return Prediction(data.times, [s[rng.integers(len(s), size=min(samples, len(s)))] for s in data.truth])


def independent(data: Snapshots, samples: int, rng: np.random.Generator) -> Prediction:
    """Independent states of the same system at the same time."""
    if not data.independent:
        raise InputError("this data set has no second part; set its heldout to have the independent floor.")
    return Prediction(data.times, [_resample(s, min(samples, len(s)), rng) for s in data.independent])


_Baseline = Callable[[Snapshots, int, np.random.Generator], Prediction]
BASELINES: dict[str, _Baseline] = {
    "previous": previous,
    "mixture": mixture,
    "displacement": displacement,
    "transport_spline": chained_transport,
}
FLOORS: dict[str, _Baseline] = {"floor_bootstrap": bootstrap, "floor_independent": independent}


def _places(data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """For each time: index k of the observed snapshot at or before it, and the share of the way to the next."""
    observed = data.observed_times
    k = np.clip(np.searchsorted(observed, data.times, side="right") - 1, 0, len(observed) - 1)
    following = np.minimum(k + 1, len(observed) - 1)
    length = np.where(following > k, observed[following] - observed[k], 1.0)
    return k, np.clip((data.times - observed[k]) / length, 0, 1)


def _resample(snapshot: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All states where they are as many as asked for, else that many at random (without repeats if possible)."""
    if len(snapshot) == count:
        return snapshot
    return snapshot[rng.choice(len(snapshot), count, replace=len(snapshot) < count)]


def _as_states(data: Snapshots, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return round_to_counts(values, data.states, rng) if data.discrete else values

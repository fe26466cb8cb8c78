"""Baselines without a network: clouds (weighted states at every time) and their smoothed densities.

A cloud uses only the observed training snapshots. Floors use the truth, since they measure its sampling error.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from weightflow import seeding
from weightflow.baselines.registry import BASELINES, FLOORS
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.density import scoring
from weightflow.density.kernels import AddOneDensity, Kernels, LeftOut, best_multiple, kernels
from weightflow.laws.law import ExactLaw
from weightflow.prediction.predictions import Prediction, density_edges

REACH = 2  # snapshots on either side from which a left-out one is predicted

_Cloud = Callable[[Snapshots, int, np.random.Generator], Prediction]


def predict_baseline(kind: str, data: Snapshots, samples: int, seed: int, law: ExactLaw | None = None) -> Prediction:
    """Predict by a baseline without a network or by a floor.

    Args:
        kind: its name in the registry.
        data: the canonical data set.
        samples: number of samples at each time, for baselines that draw samples.
        seed: of the draws.
        law: the exact law, for the scores of densities; None if it is unknown.

    Raises:
        ValueError: the baseline has its own rules.
    """
    rng = seeding.stream(seed, kind)
    draw = FLOORS[kind].draw if kind in FLOORS else BASELINES[kind].draw
    smoothing = None if kind in FLOORS else BASELINES[kind].smoothing
    if draw is None:
        raise ValueError(f"{kind} is predicted by rules of its own")
    cloud = draw.load()
    return smoothing.load()(cloud, data, samples, rng, law) if smoothing else cloud(data, samples, rng)


def with_add_one(
    cloud: _Cloud, data: Snapshots, samples: int, rng: np.random.Generator, law: ExactLaw | None
) -> Prediction:
    """The cloud, with a likelihood by add-one smoothing if its states are counts.

    The many empty cells take most of the smoothed mass, so samples and marginals stay those of the cloud.
    """
    made = cloud(data, samples, rng)
    if not isinstance(data.space, Counts):
        return made
    sizes = np.array([len(states) for states in data.observed])
    size = np.interp(data.times, data.observed_times, sizes)
    densities = [AddOneDensity(*made.weighted(t), size[t], data.space) for t in range(len(data.times))]
    return dataclasses.replace(made, scores=scoring.score(densities, data.heldout, law))


def drawn_from_kernels(
    cloud: _Cloud, data: Snapshots, samples: int, rng: np.random.Generator, law: ExactLaw | None
) -> Prediction:
    """Samples, scores and marginals of the best kernel density of the cloud."""
    made = cloud(data, samples, rng)
    densities = _smoothed(cloud, made, data, samples, rng)
    return Prediction(
        data.times,
        [one.sample(samples, rng) for one in densities],
        scores=scoring.score(densities, data.heldout, law),
        marginals=scoring.marginals(densities, data.space).astype(np.float32),
        edges=density_edges(data.space, len(data.variables)),
    )


def _smoothed(
    cloud: _Cloud, made: Prediction, data: Snapshots, samples: int, rng: np.random.Generator
) -> list[Kernels]:
    """T kernel densities, with the bandwidth of the highest likelihood of left-out interior snapshots.

    Of two snapshots, which have no interior, a random half of each is left out of its own density.
    """
    observed, left_out = data.observed, []
    for k in range(1, len(observed) - 1):
        others, place = _without(data, k)
        left_out.append(LeftOut(*cloud(others, samples, rng).weighted(place), observed[k]))
    for snapshot in observed if len(observed) == 2 else []:
        kept, asked = np.array_split(rng.permutation(snapshot), 2)
        left_out.append(LeftOut(kept, np.full(len(kept), 1 / len(kept)), asked))
    multiple = best_multiple(left_out, data.space)
    return [kernels(*made.weighted(t), multiple, data.space) for t in range(len(data.times))]


def _without(data: Snapshots, k: int) -> tuple[Snapshots, int]:
    """The observed snapshots around the k-th, which is marked as unobserved, and its index among them."""
    around = np.flatnonzero(data.is_observed)[max(0, k - REACH) : k + REACH + 1]
    place = min(k, REACH)
    training = [data.training[t] for t in around]
    others = dataclasses.replace(
        data, times=data.times[around], training=training, heldout=[], is_observed=np.arange(len(around)) != place
    )
    return others, place

"""Samples of baselines at any times, also at times without data."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from weightflow.baselines import interpolated_weights
from weightflow.baselines.clouds import predict_baseline
from weightflow.baselines.registry import BASELINES
from weightflow.data.snapshots import Snapshots
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.prediction.moving_density import sample_along
from weightflow.seeding import Computation


def sample_baseline(
    name: str, data: Snapshots, times: Sequence[float], samples: int, seed: int, graph: WeightGraph
) -> list[np.ndarray]:
    """Samples of a baseline without a training of its own.

    Args:
        name: of the baseline.
        data: the data set.
        times: (T,) from the first snapshot to the last.
        samples: number n at each time.
        seed: of the draws.
        graph: the anchors, for baselines that interpolate them.

    Returns:
        T arrays (n, d).

    Raises:
        ValueError: the baseline has its own rules.
    """
    if BASELINES[name].job == "interpolation":
        draw = BASELINES[name].draw
        assert draw is not None
        interpolate = partial(getattr(interpolated_weights, draw.name), graph.times, graph.weights)
        computation = Computation(seed, torch.device("cpu"))
        return sample_along(partial(map, interpolate), graph, data, times, samples, computation)
    made = predict_baseline(name, with_times(data, np.asarray(times, dtype=float)), samples, seed)
    rng, found = np.random.default_rng(seed), []
    for time in times:
        states, weights = made.weighted(int(np.flatnonzero(made.times == time)[0]))
        drawn = len(states) == samples and np.ptp(weights) == 0
        found.append(states if drawn else states[rng.choice(len(states), samples, p=weights)])
    return found


def with_times(data: Snapshots, times: np.ndarray) -> Snapshots:
    """A copy that has the observed snapshots and, without states, further times (T,)."""
    every = np.union1d(data.observed_times, times)
    observed = dict(zip(data.observed_times.tolist(), data.observed, strict=True))
    nothing = data.observed[0][:0]
    return replace(
        data,
        times=every,
        training=[observed.get(time, nothing) for time in every.tolist()],
        heldout=[],
        is_observed=np.isin(every, data.observed_times),
        reference="training",
        left_out=None,
    )

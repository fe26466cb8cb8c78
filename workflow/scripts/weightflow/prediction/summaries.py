"""The motion of a fitted model, computed from its weights."""

import numpy as np

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.prediction.distributions import MovedNetwork
from weightflow.prediction.fitted import FittedModel
from weightflow.prediction.joint_grids import joint_grids
from weightflow.prediction.motion import LEVELS, POINTS, Motion, picture_times, varying_pairs

_DRAWS = 20_000  # for means and quantiles of real values


def describe_motion(model: FittedModel) -> Motion:
    """The motion of a fitted model.

    Means and quantiles of counts are exact with at most 20 000 prefixes; those of real values are of 20 000 draws with
    the same random numbers at all times. Joint densities are those of all pairs among the first four variables with
    more than two values.
    """
    data = model.data
    first, last = data.observed_times[0], data.observed_times[-1]
    times = np.unique(np.concatenate([np.linspace(first, last, POINTS), data.observed_times]))
    described = [_described(density, data) for density in model.along(times, 0, _DRAWS)]
    pictures, pairs = picture_times(data), varying_pairs(data)
    weights, seed = model.weights(pictures), seeding.integer(model.seed, "pictures")
    joints = [joint_grids(model.backbone, weights, data.space, pair, seed) for pair in pairs]
    return Motion(
        times=times,
        means=np.stack([means for means, _ in described]),
        quantiles=np.stack([quantiles for _, quantiles in described]),
        picture_times=pictures,
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        joints=np.stack(joints, axis=1) if pairs else np.zeros((len(pictures), 0, 0, 0), dtype=np.float32),
    )


def _described(density: MovedNetwork, data: Snapshots) -> tuple[np.ndarray, np.ndarray]:
    """Means (d,) and quantiles (5, d)."""
    if data.space.has_unit_bins:
        masses = density.counted
        counts = np.arange(masses.shape[1])
        reached = masses.cumsum(1) / masses.sum(1, keepdims=True)
        places = [[int(np.searchsorted(row, q - 1e-9)) for row in reached] for q in LEVELS]
        return masses @ counts / masses.sum(1), np.minimum(np.array(places), len(counts) - 1).astype(float)
    values = data.values(density.cloud.states)
    return values.mean(0), np.quantile(values, LEVELS, axis=0)

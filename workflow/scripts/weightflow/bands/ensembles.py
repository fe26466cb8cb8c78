"""Ensembles of anchors: many networks for each snapshot, whose spread measures the snapshot's sampling error.

A member is trained on states drawn from the snapshots with replacement (the bootstrap, Efron 1979). All members start
from the same weights, so their differences come from the data.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from weightflow import seeding
from weightflow.anchors.settings import AnchorSettings
from weightflow.anchors.training import fit_pooled, prepare_training, train_each
from weightflow.networks.backbones import Backbone
from weightflow.seeding import Computation
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "ensemble of anchors"


def train_ensemble(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: AnchorSettings,
    members: int,
    computation: Computation,
) -> np.ndarray:
    """(M, K, P) anchors of M resampled data sets, all of them trained side by side.

    They start from one fit to all original snapshots, so they are pooled anchors for any `alignment`.

    Args:
        backbone: the density.
        snapshots: K arrays (N_k, d).
        times: (K,).
        settings: the `anchors` section.
        members: M.
        computation: the device, and the seed of the resampling, the initial weights and the batches.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    seed, device = computation.seed, computation.device
    draws = seeding.stream(seed, "anchor ensemble")
    resampled = [own[draws.integers(len(own), size=len(own))] for _ in range(members) for own in snapshots]
    whole = prepare_training(backbone, snapshots, times, settings, [seed], device)
    start = fit_pooled(whole, settings.first_steps)
    training = prepare_training(backbone, resampled, np.tile(times, members), settings, [seed], device)
    weights, _ = train_each(training, range(len(resampled)), start, settings.steps)
    return weights[0].unflatten(0, (members, -1)).cpu().numpy()


def write_ensemble(path: str | Path, times: np.ndarray, weights: np.ndarray, **metadata: Any) -> None:
    """Write weights (M, K, P) of M members at times (K,)."""
    write_tensors(path, KIND, {"times": times, "weights": weights}, **metadata)


def read_ensemble(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """(times (K,), weights (M, K, P)) of an ensemble.

    Raises:
        InputError: the file is missing or damaged.
    """
    tensors = read_tensors(path, KIND, finite=True).tensors
    with parts_of(path):
        times, weights = tensors["times"], tensors["weights"]
        if weights.ndim != 3 or weights.shape[1:2] != times.shape:
            raise ValueError
        return times, weights

"""Ensembles of anchors: many networks for each snapshot, as far apart as the snapshot's number of states leaves open.

A member is trained on states drawn from the snapshots with replacement (the bootstrap, Efron 1979), from the same
initial weights as the others, so that what differs between members is what the data do not tell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from weightflow import seeding
from weightflow.anchors import train_anchors
from weightflow.backbones import Backbone
from weightflow.progress import progress


def train_ensemble(
    backbone: Backbone,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    settings: Mapping[str, Any],
    members: int,
    seed: int,
    device: torch.device,
) -> np.ndarray:
    """(M, K, P) anchors of M resampled data sets.

    Args:
        backbone: the density.
        snapshots: K arrays (N_k, d).
        times: (K,).
        settings: the `anchors` section.
        members: M.
        seed: of the resampling, and of the anchors' initial weights and batches.
        device: where to train.

    Raises:
        DivergenceError: the likelihood became NaN or infinite.
    """
    draws, found = seeding.stream(seed, "anchor ensemble"), []
    for _ in progress(range(members), "ensemble of anchors"):
        resampled = [own[draws.integers(len(own), size=len(own))] for own in snapshots]
        found.append(train_anchors(backbone, resampled, times, settings, seed, device).weights)
    return np.stack(found)

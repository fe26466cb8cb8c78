"""The moving density: backbones at the weights of each time, sampled and scored."""

from collections.abc import Sequence

import numpy as np
import torch

from weightflow import seeding
from weightflow.backbones import Backbone
from weightflow.prediction import Prediction
from weightflow.snapshots import Snapshots

_SAMPLED_AT_ONCE = 2_000_000  # probabilities held in one batch


def predict_from_weights(
    backbone: Backbone,
    weights: np.ndarray,
    path_weights: np.ndarray,
    path_times: np.ndarray,
    data: Snapshots,
    samples: int,
    seed: int,
    device: torch.device,
) -> Prediction:
    """Samples and held-out likelihoods of backbones at the data's times.

    Args:
        backbone: the density.
        weights: (T, P) at the data's times.
        path_weights: (F, P), the same path on a finer grid.
        path_times: (F,).
        data: for the times and the held-out part.
        samples: number n of samples at each time.
        seed: of the samples.
        device: where to compute.
    """
    generator = torch.Generator(device).manual_seed(seeding.integer(seed, "samples"))
    networks = torch.as_tensor(weights, dtype=torch.float32, device=device)
    at_once = max(1, _SAMPLED_AT_ONCE // (samples * max(data.states, 1)))
    drawn = torch.cat([backbone.sample(part, samples, generator) for part in networks.split(at_once)])
    return Prediction(
        times=data.times,
        samples=list(drawn.cpu().numpy()),
        nll=heldout_nll(backbone, networks, data.heldout),
        weights=weights.astype(np.float32),
        path_times=path_times,
        path_weights=path_weights.astype(np.float32),
    )


@torch.no_grad()
def heldout_nll(backbone: Backbone, networks: torch.Tensor, heldout: Sequence[np.ndarray]) -> np.ndarray:
    """(T,) mean −log p per variable of each time's held-out states, at weights (T, P).

    Counts beyond the backbone's states have no likelihood: the result is infinite there.
    """
    if not heldout:
        return np.zeros(0)
    result = []
    for network, snapshot in zip(networks, heldout, strict=True):
        states = torch.as_tensor(snapshot, device=networks.device).long()
        inside = (states < backbone.states).all(-1)
        nll = -backbone.log_prob(network[None], states[inside]).double().mean().item() / states.shape[1]
        result.append(nll if inside.all() else np.inf)
    return np.array(result)

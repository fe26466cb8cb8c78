"""The auto-encoder that reduces the anchors' weights to a few coordinates, and its behavioural loss."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from weightflow import seeding
from weightflow.dynamics.settings import PathSettings
from weightflow.errors import DivergenceError
from weightflow.networks.backbones import Backbone
from weightflow.networks.batches import Batches
from weightflow.networks.likelihood import mean_nll
from weightflow.progress import progress

_STATES = 256  # states of each snapshot in a step of the behavioural loss


class Behaviour:
    """Behavioural loss of decoded weights: their likelihood against that of their anchors.

    Args:
        backbone: the density.
        snapshots: K arrays (N_k, d), the anchors' own.
        device: where to compute.
    """

    def __init__(self, backbone: Backbone, snapshots: Sequence[np.ndarray], device: torch.device):
        states = [torch.as_tensor(snapshot, device=device) for snapshot in snapshots]
        self.backbone, self.batches, self.device = backbone, Batches(states, _STATES), device

    def excess(self, decoded: torch.Tensor, anchors: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Mean negative log-likelihood per variable of the snapshots' states, minus that of the anchors.

        Args:
            decoded: (K, P) weights.
            anchors: (K, P) weights; equal densities give 0.
            generator: draws the states.
        """
        states = self.batches.draw(range(len(anchors)), [generator] * len(anchors))
        with torch.no_grad():
            own = mean_nll(self.backbone, anchors, states)
        return (mean_nll(self.backbone, decoded, states) - own).mean() / states.shape[-1]


def autoencoder(
    weights: np.ndarray, settings: PathSettings, seed: int, behaviour: Behaviour | None
) -> tuple[np.ndarray, list[tuple]]:
    """A one-hidden-layer encoder and decoder, trained on all anchors at once."""
    device = behaviour.device if behaviour else torch.device("cpu")
    generator = torch.Generator().manual_seed(seeding.integer(seed, "autoencoder"))
    draws = torch.Generator(device).manual_seed(seeding.integer(seed, "autoencoder", "states"))
    mean, scale = np.zeros(weights.shape[1]), 1.0
    if settings.inputs == "standardised":
        mean = weights.mean(axis=0)
        scale = (weights - mean).std() or 1.0
    data = torch.as_tensor((weights - mean) / scale, dtype=torch.float32, device=device)
    anchors, centre = (torch.as_tensor(a, dtype=torch.float32, device=device) for a in (weights, mean))
    width = settings.autoencoder_width

    def perceptron(inputs: int, outputs: int, *after: torch.nn.Module) -> torch.nn.Sequential:
        maps = torch.nn.Linear(inputs, width), torch.nn.Linear(width, outputs)
        for linear in maps:
            bound = 1 / linear.in_features**0.5
            for parameter in linear.parameters():
                torch.nn.init.uniform_(parameter, -bound, bound, generator=generator)
        return torch.nn.Sequential(maps[0], torch.nn.Tanh(), maps[1], *after).to(device)

    bounds = [torch.nn.Tanh()] if settings.bounded else []
    encoder = perceptron(data.shape[1], settings.z_dim, *bounds)
    decoder = perceptron(settings.z_dim, data.shape[1])
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=settings.autoencoder_rate)
    losses = []
    for step in progress(range(settings.autoencoder_steps), "latent path"):
        decoded = decoder(encoder(data))
        structural = (decoded - data).square().mean()
        loss, excess = settings.structural * structural, None
        if behaviour is not None:
            excess = behaviour.excess(centre + scale * decoded, anchors, draws)
            loss = loss + settings.behavioural * excess
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        value = loss.item()
        losses.append((step, value, structural.item(), math.nan if excess is None else excess.item()))
        if not math.isfinite(value):
            raise DivergenceError(
                f"the auto-encoder diverged at step {step}; lower models.*.path.autoencoder_rate "
                f"(now {settings.autoencoder_rate})."
            )
    with torch.no_grad():
        return encoder(data).cpu().double().numpy(), losses

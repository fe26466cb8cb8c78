"""The latent path Z(t): the anchors' weights reduced to a few numbers, a natural cubic spline through them.

The path is what drives the neural CDE (dθ = g(θ, t) dZ). Every method returns coordinates with zero mean
and unit standard deviation, so that dZ has the same size whatever made it.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
import torchcde

from weightflow import seeding
from weightflow.dynamics.path_dimension import check_dimension
from weightflow.errors import DivergenceError, InputError
from weightflow.networks.backbones import Backbone
from weightflow.networks.batches import Batches
from weightflow.networks.likelihood import mean_nll
from weightflow.progress import progress
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "latent path"
_STATES = 256  # of each snapshot, in a step of the behavioural loss


class Behaviour:
    """What decoded weights say, against what their anchors say.

    Args:
        backbone: the density.
        snapshots: K arrays (N_k, d), the anchors' own.
        device: where to compute.
    """

    def __init__(self, backbone: Backbone, snapshots: Sequence[np.ndarray], device: torch.device):
        states = [torch.as_tensor(snapshot, device=device) for snapshot in snapshots]
        self.backbone, self.batches, self.device = backbone, Batches(states, _STATES), device

    def excess(self, decoded: torch.Tensor, anchors: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Mean negative log-likelihood per variable of the snapshots' states beyond that of the anchors.

        Args:
            decoded: (K, P) weights.
            anchors: (K, P) weights; where decoded weights say the same, the result is 0.
            generator: draws the states.
        """
        states = self.batches.draw(range(len(anchors)), [generator] * len(anchors))
        with torch.no_grad():
            own = mean_nll(self.backbone, anchors, states)
        return (mean_nll(self.backbone, decoded, states) - own).mean() / states.shape[-1]


def fit_latent_path(
    weights: np.ndarray, settings: Mapping[str, Any], seed: int, behaviour: Behaviour | None = None
) -> tuple[np.ndarray, pd.DataFrame]:
    """Reduce K anchors to z_dim coordinates each.

    Args:
        weights: (K, P) flat weights.
        settings: `method` (pca, autoencoder, mds or isomap), `z_dim`, and the methods' own keys.
        seed: of random starts.
        behaviour: what the auto-encoder's decoded weights are judged by, where `behavioural` is above 0.

    Returns:
        (K, z_dim) standardised coordinates, and the auto-encoder's losses (table step, loss, structural,
        behavioural; without rows for other methods).

    Raises:
        DivergenceError: the auto-encoder's loss became NaN or infinite.
        InputError: more dimensions than the anchors span, or coordinates that are not finite.
    """
    check_dimension(settings["z_dim"], len(weights), "models.*.path.z_dim")
    coordinates, losses = METHODS[settings["method"]](weights.astype(np.float64), settings, seed, behaviour)
    spread = coordinates.std(axis=0)
    if not np.isfinite(coordinates).all():
        raise InputError("the latent path is not finite; choose another models.*.path.method.")
    table = pd.DataFrame(losses, columns=["step", "loss", "structural", "behavioural"])
    return (coordinates - coordinates.mean(axis=0)) / np.where(spread > 0, spread, 1.0), table


def spline(coordinates: torch.Tensor, times: torch.Tensor) -> torchcde.CubicSpline:
    """The natural cubic spline through coordinates (K, channels) at times (K,)."""
    return torchcde.CubicSpline(torchcde.natural_cubic_coeffs(coordinates, times), times)


def write_latent_path(path: str | Path, times: np.ndarray, coordinates: np.ndarray, **metadata: Any) -> None:
    """Write times (K,) and coordinates (K, z_dim)."""
    write_tensors(path, KIND, {"times": times, "coordinates": coordinates}, **metadata)


class LatentPath(NamedTuple):
    """A latent path, by its knots.

    Attributes:
        times: (K,) of the snapshots.
        coordinates: (K, z_dim).
    """

    times: np.ndarray
    coordinates: np.ndarray


def read_latent_path(path: str | Path) -> LatentPath:
    """Read what `write_latent_path` wrote.

    Raises:
        InputError: the file is missing or damaged.
    """
    tensors = read_tensors(path, KIND, finite=True).tensors
    with parts_of(path):
        times, coordinates = tensors["times"], tensors["coordinates"]
        if times.shape != coordinates.shape[:1] or coordinates.ndim != 2:
            raise ValueError
        return LatentPath(times, coordinates)


def _pca(weights: np.ndarray, settings: Mapping[str, Any], seed: int, behaviour: Behaviour | None):
    from sklearn.decomposition import PCA  # here, as every job that fits or predicts reads this module

    return PCA(settings["z_dim"], svd_solver="full").fit_transform(weights), []


def _mds(weights: np.ndarray, settings: Mapping[str, Any], seed: int, behaviour: Behaviour | None):
    from sklearn.manifold import MDS

    random_state = seeding.integer(seed, "mds") % 2**32
    mds = MDS(settings["z_dim"], n_init=4, init="random", random_state=random_state)
    return mds.fit_transform(weights), []


def _isomap(weights: np.ndarray, settings: Mapping[str, Any], seed: int, behaviour: Behaviour | None):
    from sklearn.manifold import Isomap

    neighbours = min(settings["neighbours"], len(weights) - 1)
    return Isomap(n_neighbors=neighbours, n_components=settings["z_dim"]).fit_transform(weights), []


def _autoencoder(weights: np.ndarray, settings: Mapping[str, Any], seed: int, behaviour: Behaviour | None):
    """A one-hidden-layer encoder and decoder on standardised weights, trained on all anchors at once."""
    device = behaviour.device if behaviour else torch.device("cpu")
    generator = torch.Generator().manual_seed(seeding.integer(seed, "autoencoder"))
    draws = torch.Generator(device).manual_seed(seeding.integer(seed, "autoencoder", "states"))
    mean = weights.mean(axis=0)
    scale = (weights - mean).std()
    if scale == 0:
        scale = 1.0
    data = torch.as_tensor((weights - mean) / scale, dtype=torch.float32, device=device)
    anchors, centre = (torch.as_tensor(a, dtype=torch.float32, device=device) for a in (weights, mean))
    width = settings["autoencoder_width"]

    def perceptron(inputs: int, outputs: int) -> torch.nn.Sequential:
        network = torch.nn.Sequential(torch.nn.Linear(inputs, width), torch.nn.Tanh(), torch.nn.Linear(width, outputs))
        for parameter in network.parameters():
            bound = 1 / parameter.shape[-1] ** 0.5
            torch.nn.init.uniform_(parameter, -bound, bound, generator=generator)
        return network.to(device)

    encoder, decoder = perceptron(data.shape[1], settings["z_dim"]), perceptron(settings["z_dim"], data.shape[1])
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=settings["autoencoder_rate"])
    losses = []
    for step in progress(range(settings["autoencoder_steps"]), "latent path"):
        decoded = decoder(encoder(data))
        structural = (decoded - data).square().mean()
        loss, excess = settings["structural"] * structural, None
        if behaviour is not None:
            excess = behaviour.excess(centre + scale * decoded, anchors, draws)
            loss = loss + settings["behavioural"] * excess
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        value = loss.item()
        losses.append((step, value, structural.item(), math.nan if excess is None else excess.item()))
        if not math.isfinite(value):
            raise DivergenceError(
                f"the auto-encoder diverged at step {step}; lower models.*.path.autoencoder_rate "
                f"(now {settings['autoencoder_rate']})."
            )
    with torch.no_grad():
        return encoder(data).cpu().double().numpy(), losses


METHODS = {"pca": _pca, "autoencoder": _autoencoder, "mds": _mds, "isomap": _isomap}

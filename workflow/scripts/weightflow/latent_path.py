"""The latent path Z(t): the anchors' weights reduced to a few numbers, a natural cubic spline through them.

The path is what drives the neural CDE (dθ = g(θ, t) dZ). Every method returns coordinates with zero mean
and unit standard deviation, so that dZ has the same size whatever made it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchcde
from sklearn.decomposition import PCA
from sklearn.manifold import MDS, Isomap

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.progress import progress
from weightflow.storage import read_tensors, write_tensors
from weightflow.suitability import check_dimension

KIND = "latent path"


def fit_latent_path(weights: np.ndarray, settings: Mapping[str, Any], seed: int) -> tuple[np.ndarray, list[float]]:
    """Reduce K anchors to z_dim coordinates each.

    Args:
        weights: (K, P) flat weights.
        settings: `method` (pca, autoencoder, mds or isomap), `z_dim`, and the methods' own keys.
        seed: of random starts.

    Returns:
        (K, z_dim) standardised coordinates, and the auto-encoder's losses (empty for other methods).
    """
    check_dimension(settings["z_dim"], len(weights), "models.*.path.z_dim")
    coordinates, losses = METHODS[settings["method"]](weights.astype(np.float64), settings, seed)
    spread = coordinates.std(axis=0)
    if not np.isfinite(coordinates).all():
        raise InputError("the latent path is not finite; choose another models.*.path.method.")
    return (coordinates - coordinates.mean(axis=0)) / np.where(spread > 0, spread, 1.0), losses


def spline(coordinates: torch.Tensor, times: torch.Tensor) -> torchcde.CubicSpline:
    """The natural cubic spline through coordinates (K, channels) at times (K,)."""
    return torchcde.CubicSpline(torchcde.natural_cubic_coeffs(coordinates, times), times)


def write_latent_path(path: str | Path, times: np.ndarray, coordinates: np.ndarray, **metadata: Any) -> None:
    """Write times (K,) and coordinates (K, z_dim)."""
    write_tensors(path, KIND, {"times": times, "coordinates": coordinates}, **metadata)


def read_latent_path(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """(times (K,), coordinates (K, z_dim))."""
    tensors = read_tensors(path, KIND).tensors
    return tensors["times"], tensors["coordinates"]


def _pca(weights: np.ndarray, settings: Mapping[str, Any], seed: int):
    return PCA(settings["z_dim"], svd_solver="full").fit_transform(weights), []


def _mds(weights: np.ndarray, settings: Mapping[str, Any], seed: int):
    random_state = seeding.integer(seed, "mds") % 2**32
    mds = MDS(settings["z_dim"], n_init=4, init="random", random_state=random_state)
    return mds.fit_transform(weights), []


def _isomap(weights: np.ndarray, settings: Mapping[str, Any], seed: int):
    neighbours = min(settings["neighbours"], len(weights) - 1)
    return Isomap(n_neighbors=neighbours, n_components=settings["z_dim"]).fit_transform(weights), []


def _autoencoder(weights: np.ndarray, settings: Mapping[str, Any], seed: int):
    """A one-hidden-layer encoder and decoder on standardised weights, trained on all anchors at once."""
    generator = torch.Generator().manual_seed(seeding.integer(seed, "autoencoder"))
    centred = weights - weights.mean(axis=0)
    scale = centred.std()
    data = torch.as_tensor(centred / (scale if scale > 0 else 1.0), dtype=torch.float32)
    width = settings["autoencoder_width"]

    def perceptron(inputs: int, outputs: int) -> torch.nn.Sequential:
        network = torch.nn.Sequential(torch.nn.Linear(inputs, width), torch.nn.Tanh(), torch.nn.Linear(width, outputs))
        for parameter in network.parameters():
            bound = 1 / parameter.shape[-1] ** 0.5
            torch.nn.init.uniform_(parameter, -bound, bound, generator=generator)
        return network

    encoder, decoder = perceptron(data.shape[1], settings["z_dim"]), perceptron(settings["z_dim"], data.shape[1])
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=settings["autoencoder_rate"])
    losses = []
    for _ in progress(range(settings["autoencoder_steps"]), "latent path"):
        loss = (decoder(encoder(data)) - data).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    with torch.no_grad():
        return encoder(data).double().numpy(), losses


METHODS = {"pca": _pca, "autoencoder": _autoencoder, "mds": _mds, "isomap": _isomap}

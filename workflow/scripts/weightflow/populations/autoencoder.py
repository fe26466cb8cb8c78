"""An auto-encoder of networks: tokens of the weight graph, a latent vector, and back (hyper-representations).

A transformer mixes the tokens of one network, never across the networks of a batch. The loss (Schürholt et al. 2022;
Meynent et al. 2025) is γ · contrastive + (1 − γ) · [β · structural + (1 − β) · behavioural]. The contrastive part
brings together two views of a network, with permuted units; the structural part compares decoded and original
weights, and the behavioural part their outputs.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from weightflow import seeding
from weightflow.dynamics.graph_network import TokenMaps
from weightflow.dynamics.mixers import transformer
from weightflow.errors import DivergenceError, InputError
from weightflow.networks import losses
from weightflow.networks.alignment import permute
from weightflow.networks.layout import HiddenUnits, LinearMap
from weightflow.networks.learning_rate import cosine_decay
from weightflow.networks.saved_networks import with_parameters
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.progress import progress
from weightflow.seeding import Computation
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "weight auto-encoder"
_VIEWS = 64  # views from which those of a step are drawn
_LAST_RATE = 0.01
_SEEN = 200  # recorded losses, about
_AT_ONCE = 200  # networks in a pass
_NETWORK = "network."  # prefix of the parameters' names in files
_SIZES = ("width", "layers", "heads", "feedforward", "latent")  # settings of the network itself

# From weights (B, P) of networks to their outputs (B, n, classes) on queries.
OutputsOf = Callable[[Tensor], Tensor]


class WeightAutoencoder(TokenMaps):
    """From flat weights (B, P) to latent vectors (B, z) and back.

    Args:
        layers: the layer table.
        weights: (N, P) of the population, for the standardisation.
        settings: `width`, `layers`, `heads`, `feedforward`, `latent`.
    """

    def __init__(self, layers: tuple[LinearMap, ...], weights: np.ndarray, settings: AutoencoderSettings):
        width, latent = settings.width, settings.latent
        super().__init__(layers, weights, width)
        neurons = [layer.neurons for layer in layers]
        self.reading, self.writing = transformer(settings), transformer(settings)
        self.compress = nn.Linear(sum(neurons) * width, latent)
        self.expand = nn.Linear(latent, sum(neurons) * width)
        self.compare = nn.Sequential(nn.Linear(latent, latent), nn.GELU(), nn.Linear(latent, latent))

    def encode(self, weights: Tensor) -> Tensor:
        """(B, z) latent vectors of weights (B, P)."""
        return self.compress(self.reading(self.tokens(weights)).flatten(1))

    def decode(self, latent: Tensor) -> Tensor:
        """(B, P) weights of latent vectors (B, z)."""
        tokens = self.expand(latent).unflatten(1, self.neuron.shape) + self.neuron
        return self.numbers(self.writing(tokens))[..., 0] + self.mean


@dataclass(frozen=True)
class Fitted:
    """A fitted auto-encoder.

    Attributes:
        network: the auto-encoder.
        settings: of the network.
        structural: β that it was fitted with.
        losses: table step, loss, contrastive, structural, behavioural.
    """

    network: WeightAutoencoder
    settings: AutoencoderSettings
    structural: float
    losses: pd.DataFrame


def fit_autoencoder(
    classifier: Classifier,
    weights: np.ndarray,
    behaviour: OutputsOf,
    settings: AutoencoderSettings,
    structural: float,
    computation: Computation,
) -> Fitted:
    """Fit an auto-encoder to a population.

    Args:
        classifier: of the networks; its symmetries give the views.
        weights: (N, P) of the population's training networks.
        behaviour: outputs of networks on the queries.
        settings: of the network and its fit, without β.
        structural: weight β of the structural part of the loss.
        computation: the device, and the seed of the network, batches and views.

    Raises:
        DivergenceError: the loss became NaN or infinite.
    """
    seed, device = computation.seed, computation.device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.integer(seed, "weight auto-encoder", "network"))
        network = WeightAutoencoder(classifier.layers, weights, settings).to(device)
    draws = seeding.stream(seed, "weight auto-encoder")
    views = draw_views(classifier.layers, classifier.symmetries, _VIEWS, draws)
    ways = [torch.as_tensor(own, device=device) for own in views]
    data = torch.as_tensor(weights, dtype=torch.float32, device=device)
    balance = _Balance(settings.contrastive, structural)
    loss_of = _Loss(network, behaviour, behaviour_scale(behaviour, data), ways, balance)
    rate, count = settings.learning_rate, settings.steps
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-4)
    rows = []
    for step in progress(range(count), "auto-encoder"):
        optimiser.param_groups[0]["lr"] = rate * cosine_decay(step, count, _LAST_RATE) * min(1.0, (step + 1) / 50)
        networks = _drawn(data, settings.batch, settings.mixing, draws)
        picked = torch.as_tensor(draws.integers(_VIEWS, size=(2, len(networks))))
        loss, parts = loss_of(networks, picked.to(device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % max(1, count // _SEEN) == 0 or step == count - 1:
            value = loss.item()
            rows.append((step, value, *(part.item() for part in parts)))
            if not np.isfinite(value):
                raise DivergenceError(f"the auto-encoder diverged at step {step}; lower its learning_rate ({rate}).")
    seen = pd.DataFrame(rows, columns=["step", "loss", *_Parts._fields])
    return Fitted(network.eval(), settings, structural, seen)


class NetworkSplit(NamedTuple):
    """Indices of a population's networks in three parts.

    Attributes:
        learned: training networks of an auto-encoder.
        chosen: validation networks, for choices.
        unseen: test networks, for results only.
    """

    learned: np.ndarray
    chosen: np.ndarray
    unseen: np.ndarray


def split_networks(count: int, shares: Sequence[float], seed: int) -> NetworkSplit:
    """Split networks at random.

    Args:
        count: of networks.
        shares: of the first two parts; the third is the rest.
        seed: of the split.

    Raises:
        InputError: a part has no network.
    """
    order = seeding.stream(seed, "weight auto-encoder", "networks").permutation(count)
    learned, chosen = (round(share * count) for share in shares)
    parts = NetworkSplit(order[:learned], order[learned : learned + chosen], order[learned + chosen :])
    if not all(map(len, parts)):
        raise InputError(
            f"populations.*.autoencoder.shares: {list(shares)} of {count} networks leave a part empty; change them, "
            "or train more networks."
        )
    return parts


def behaviour_on(classifier: Classifier, queries: Tensor, training: Tensor, outputs: str) -> OutputsOf:
    """The outputs of a classifier's networks on queries, as a function of their weights.

    Args:
        classifier: of the networks.
        queries: (n, …) inputs.
        training: (m, …) training inputs for the moments of batch norms, as in the evaluation of networks.
        outputs: logits or softmax.
    """

    def said(weights: Tensor) -> Tensor:
        norms = BatchNorms()
        if classifier.norms:
            classifier.logits(weights, training, norms)
            norms = BatchNorms(norms.moments)
        logits = classifier.logits(weights, queries, norms)
        return logits.softmax(-1) if outputs == "softmax" else logits

    return said


def behaviour_scale(behaviour: OutputsOf, weights: Tensor) -> float:
    """Variance of the outputs over networks, mean over queries; in this unit, a guess of the mean has error 1."""
    with torch.no_grad():
        said = torch.cat([behaviour(part) for part in weights[:256].split(32)])
    return float((said - said.mean(0)).square().mean().clamp_min(1e-12))


def draw_views(
    layers: tuple[LinearMap, ...], symmetries: Sequence[HiddenUnits], count: int, draws: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random symmetries of a network: permutations of its units, and sign changes of odd units.

    Args:
        layers: the layer table.
        symmetries: groups of units; inner groups are permuted too.
        count: of views.
        draws: of the orders and signs.

    Returns:
        (count, P) source indices of each view's flat weights, and (count, P) their signs.
    """
    numbered = np.arange(1, 1 + sum(layer.weights for layer in layers))
    found = np.stack([_shuffled(layers, symmetries, numbered, draws) for _ in range(count)])
    return np.abs(found) - 1, np.sign(found)


def _shuffled(
    layers: tuple[LinearMap, ...], symmetries: Sequence[HiddenUnits], weights: np.ndarray, draws: np.random.Generator
) -> np.ndarray:
    for group in symmetries:
        for inside in group.inner:
            weights = _shuffled(layers, inside, weights, draws)
        signs = draws.choice([-1, 1], group.count)  # ignored by slots that are not odd
        weights = permute(layers, group, weights, draws.permutation(group.count), signs)
    return weights


def _drawn(networks: Tensor, count: int, mixing: float, draws: np.random.Generator) -> Tensor:
    """(count, P) of networks (N, P), each interpolated towards another by a share that is uniform up to `mixing`.

    Every network is its own target, so networks between two of an aligned population are valid training data. They are
    drawn without replacement, all if there are fewer, since the contrastive loss separates the networks of a batch.
    """
    chosen, others = torch.as_tensor(
        np.stack([draws.permutation(len(networks))[:count] for _ in range(2)]), device=networks.device
    )
    count = len(chosen)
    ways = torch.as_tensor(mixing * draws.random((count, 1)), dtype=networks.dtype, device=networks.device)
    return networks[chosen].lerp(networks[others], ways)


class _Parts(NamedTuple):
    """The parts of a loss, without their weights."""

    contrastive: Tensor
    structural: Tensor
    behavioural: Tensor


class _Balance(NamedTuple):
    """Weights γ and β of a loss."""

    contrastive: float
    structural: float


class _Loss:
    """The loss of a batch of networks, and its three parts."""

    def __init__(
        self, network: WeightAutoencoder, behaviour: OutputsOf, scale: float, ways: Sequence[Tensor], balance: _Balance
    ):
        self.network, self.behaviour, self.scale = network, behaviour, scale
        self.places, self.signs = ways
        self.contrastive, self.structural = balance

    def __call__(self, weights: Tensor, picked: Tensor) -> tuple[Tensor, _Parts]:
        network = self.network
        latent = network.encode(weights)
        decoded = network.decode(latent)
        structural = losses.structural(decoded, weights, network.scale)
        contrastive = behavioural = torch.zeros((), device=weights.device)
        if self.contrastive:
            views = [weights.gather(1, self.places[own]) * self.signs[own] for own in picked]
            contrastive = losses.contrastive(*(network.compare(network.encode(view)) for view in views))
        if self.structural < 1:
            with torch.no_grad():
                wanted = self.behaviour(weights)
            behavioural = losses.behavioural(self.behaviour(decoded), wanted, self.scale)
        recovered = self.structural * structural + (1 - self.structural) * behavioural
        loss = self.contrastive * contrastive + (1 - self.contrastive) * recovered
        return loss, _Parts(contrastive, structural, behavioural)


@torch.no_grad()
def reconstruct(network: WeightAutoencoder, weights: np.ndarray) -> np.ndarray:
    """(N, P) decoded weights of networks (N, P)."""
    return decode(network, encode(network, weights))


@torch.no_grad()
def encode(network: WeightAutoencoder, weights: np.ndarray) -> np.ndarray:
    """(N, z) latent vectors of networks (N, P)."""
    parts = torch.as_tensor(weights, dtype=torch.float32, device=network.mean.device).split(_AT_ONCE)
    return torch.cat([network.encode(part) for part in parts]).cpu().numpy()


def encode_all(network: WeightAutoencoder, checkpoints: np.ndarray) -> np.ndarray:
    """(N, E, z) latent vectors of checkpoints (N, E, P)."""
    return encode(network, checkpoints.reshape(-1, checkpoints.shape[-1])).reshape(*checkpoints.shape[:2], -1)


@torch.no_grad()
def decode(network: WeightAutoencoder, latent: np.ndarray) -> np.ndarray:
    """(N, P) weights of latent vectors (N, z)."""
    parts = torch.as_tensor(latent, dtype=torch.float32, device=network.mean.device).split(_AT_ONCE)
    return torch.cat([network.decode(part) for part in parts]).cpu().numpy()


def write_autoencoder(path: str | Path, fitted: Fitted, **metadata: Any) -> None:
    """Write an auto-encoder; its losses are a table of their own."""
    tensors = {f"{_NETWORK}{name}": value.cpu().numpy() for name, value in fitted.network.state_dict().items()}
    layers = [astuple(layer) for layer in fitted.network.layers]
    settings = fitted.settings.plain() | {"structural": fitted.structural}
    write_tensors(path, KIND, tensors, layers=layers, settings=settings, **metadata)


def read_autoencoder(path: str | Path, device: torch.device) -> WeightAutoencoder:
    """Read an auto-encoder, onto a device.

    Raises:
        InputError: the file is damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        state = {name.removeprefix(_NETWORK): torch.from_numpy(value) for name, value in artefact.tensors.items()}
        layers = tuple(LinearMap(*entry) for entry in artefact.metadata["layers"])
        weights, sizes = np.zeros((2, len(state["mean"]))), artefact.metadata["settings"]
        settings = AutoencoderSettings(**{key: sizes[key] for key in _SIZES})
        if settings.layers > len(state) or min(min(layer.neurons, layer.columns) for layer in layers) < 1:
            raise ValueError("more layers than parameters, or empty ones")
        network = with_parameters(lambda: WeightAutoencoder(layers, weights, settings), state)
    return network.to(device).eval()

"""The fit of auto-encoders of networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from weightflow import seeding
from weightflow.errors import DivergenceError, InputError
from weightflow.networks.learning_rate import cosine_decay
from weightflow.populations.autoencoders.network import WeightAutoencoder
from weightflow.populations.autoencoders.objective import Draws, Objective, Parts, Zoo
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.autoencoders.tokens import Weights
from weightflow.progress import progress
from weightflow.seeding import Computation

_LAST_RATE = 0.01
_SEEN = 200  # recorded losses, about
_RISING = 50  # steps in which the learning rate rises


@dataclass(frozen=True)
class Fitted:
    """A fitted auto-encoder.

    Attributes:
        network: the auto-encoder.
        structural: β that it was fitted with.
        losses: table step, loss, contrastive, structural, behavioural, cycle, penalty.
    """

    network: WeightAutoencoder
    structural: float
    losses: pd.DataFrame


def fit_autoencoder(
    zoos: Sequence[Zoo], settings: AutoencoderSettings, structural: float, computation: Computation
) -> Fitted:
    """Fit an auto-encoder to one or several populations, which take turns.

    Args:
        zoos: the populations.
        settings: of the network and its fit, without β.
        structural: weight β of the structural part of the loss.
        computation: the device, and the seed of the network, batches and views.

    Raises:
        InputError: the settings do not fit the architectures.
        DivergenceError: the loss became NaN or infinite.
    """
    seed, device = computation.seed, computation.device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.integer(seed, "weight auto-encoder", "network"))
        network = WeightAutoencoder([Weights(zoo.classifier.layers, zoo.weights) for zoo in zoos], settings).to(device)
    orders = seeding.stream(seed, "weight auto-encoder")
    noise = torch.Generator(device).manual_seed(seeding.integer(seed, "weight auto-encoder", "noise"))
    data = [torch.as_tensor(zoo.weights, dtype=torch.float32, device=device) for zoo in zoos]
    loss_of = Objective(network, list(zoos), settings, structural, Draws(orders, noise))
    rate, count = settings.learning_rate, settings.steps
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-4)
    rows = []
    for step in progress(range(count), "auto-encoder"):
        decay = cosine_decay(step, count, _LAST_RATE) * min(1.0, (step + 1) / _RISING)
        optimiser.param_groups[0]["lr"] = rate * decay
        number = step % len(zoos)
        loss, parts = loss_of(_drawn(data[number], settings.batch, settings.mixing, orders), number)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % max(1, count // _SEEN) == 0 or step == count - 1:
            value = loss.item()
            rows.append((step, value, *(part.item() for part in parts)))
            if not np.isfinite(value):
                raise DivergenceError(f"the auto-encoder diverged at step {step}; lower its learning_rate ({rate}).")
    return Fitted(network.eval(), structural, pd.DataFrame(rows, columns=["step", "loss", *Parts._fields]))


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


def split_networks(count: int, shares: Sequence[float], seed: int, name: str = "the population") -> NetworkSplit:
    """Split networks at random.

    Args:
        count: of networks.
        shares: of the first two parts; the third is the rest.
        seed: of the split.
        name: of the population, for messages.

    Raises:
        InputError: a part has no network.
    """
    order = seeding.stream(seed, "weight auto-encoder", "networks").permutation(count)
    learned, chosen = (round(share * count) for share in shares)
    parts = NetworkSplit(order[:learned], order[learned : learned + chosen], order[learned + chosen :])
    if not all(map(len, parts)):
        raise InputError(
            f"populations.*.autoencoder.shares: {list(shares)} of the {count} networks of {name} leave a part empty; "
            "change them, or train more networks."
        )
    return parts


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

"""A start of auto-encoders with codes of tokens: the principal components of the tokens.

Before its first step the auto-encoder is then linear: each token's code is its coordinates on the principal components of
all tokens of its map, and decoding puts them together again. The transformers begin as the identity. Neurons of a layer
share their components, so the start does not depend on the order of units.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from weightflow.populations.autoencoders.network import WeightAutoencoder


@torch.no_grad()
def start_at_components(network: WeightAutoencoder, networks: Sequence[Tensor]) -> None:
    """Set an auto-encoder with codes of tokens to its linear start.

    Args:
        network: the auto-encoder.
        networks: (N, P) of each architecture, in the orders of units that it will see.
    """
    for mixer in (network.reading, network.writing):
        _be_identity(mixer)
    for linear in (network.compress, network.expand):
        nn.init.eye_(linear.weight)
        nn.init.zeros_(linear.bias)
    latent = min(network.settings.latent, network.settings.width)
    for into, out_of, rows in network.maps.parts(networks):
        _be_components(into, out_of, rows, latent)
    network.maps.clear_places()


def _be_identity(mixer: nn.Module) -> None:
    """Make a pre-norm transformer add nothing to what it reads."""
    for block in mixer.layers:
        for linear in (block.self_attn.out_proj, block.linear2):
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)


def _be_components(into: nn.Linear, out_of: nn.Linear, rows: Tensor, latent: int) -> None:
    """Maps to and from the principal components of rows (n, columns): as many as the code has numbers."""
    rows = rows.double()
    mean = rows.mean(0)
    axes = torch.linalg.eigh((rows - mean).mT @ (rows - mean)).eigenvectors.flip(1)[:, :latent].float()
    count, mean = axes.shape[1], mean.float()
    into.weight[:count] = axes.mT
    into.bias[:count] = -axes.mT @ mean
    out_of.weight.zero_()
    out_of.weight[:, :count] = axes
    out_of.bias.copy_(mean)

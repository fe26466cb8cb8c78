"""The auto-encoder of networks: tokens, a transformer to codes, and a transformer back (hyper-representations).

A transformer mixes the tokens of one network, never across the networks of a batch. There is one latent vector for a
network (Schürholt et al. 2022), or one for each token (Schürholt, Mahoney & Borth 2024).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.dynamics.mixers import transformer
from weightflow.errors import InputError
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.autoencoders.tokens import ChunkTokens, NeuronTokens, Tokens, Weights

_AT_ONCE = 200  # networks in a pass


class WeightAutoencoder(nn.Module):
    """From flat weights (B, P) to codes (B, z) and back.

    Codes of tokens are flat too, token by token: (B, tokens · latent).

    Args:
        zoos: networks of each architecture, for the standardisation.
        settings: of tokens, codes and the transformers.

    Raises:
        InputError: several architectures with tokens or codes of one.
    """

    def __init__(self, zoos: Sequence[Weights], settings: AutoencoderSettings):
        super().__init__()
        self.settings, width, latent = settings, settings.width, settings.latent
        self.maps = _tokens_of(zoos, settings)
        self.reading, self.writing = transformer(settings), transformer(settings)
        together = 1 if settings.codes == "tokens" else self.maps.count(0)
        self.compress = nn.Linear(together * width, latent)
        self.expand = nn.Linear(latent, together * width)
        self.compare = nn.Sequential(nn.Linear(latent, latent), nn.GELU(), nn.Linear(latent, latent))

    def encode(self, weights: Tensor, zoo: int = 0, window: slice | None = None) -> Tensor:
        """(B, z) codes of weights (B, P).

        Args:
            weights: of networks of one architecture.
            zoo: number of the architecture.
            window: tokens that are read; None reads all, in windows with their halos.
        """
        tokens = self.maps.read(weights, zoo)
        mixed = self._mixed(self.reading, tokens) if window is None else self.reading(tokens[:, window])
        if self.settings.codes == "network":
            return self.compress(mixed.flatten(1))
        return self.compress(mixed).flatten(1)

    def decode(self, codes: Tensor, zoo: int = 0, window: slice | None = None) -> Tensor:
        """(B, P) weights of codes (B, z); with a window, only its tokens' weights have a meaning."""
        places = self.maps.places(zoo)
        if self.settings.codes == "network":
            tokens = self.expand(codes).unflatten(1, places.shape)
        else:
            tokens = self.expand(codes.unflatten(1, (-1, self.settings.latent)))
        if window is None:
            return self.maps.write(self._mixed(self.writing, tokens + places), zoo)
        whole = tokens.new_zeros(len(tokens), *places.shape)
        whole[:, window] = self.writing(tokens + places[window])
        return self.maps.write(whole, zoo)

    def project(self, codes: Tensor) -> Tensor:
        """(B, latent) features for the contrastive loss; those of tokens are the codes' mean."""
        return self.compare(codes.unflatten(1, (-1, self.settings.latent)).mean(1))

    def hold(self, weights: Weights, name: str) -> int:
        """The number of an architecture, for `encode` and `decode`; a new one is added if that is possible.

        Args:
            weights: of the networks, for the standardisation of a new architecture.
            name: of their population, for messages.

        Raises:
            InputError: the auto-encoder cannot hold the architecture.
        """
        if self.settings.codes == "network" and weights.layers != self.maps.layers(0):
            raise InputError(
                f"populations.*.autoencoder: one code for a network is for one architecture, and {name} has another; "
                "set codes: tokens, or leave it out."
            )
        return self.maps.hold(weights, name)

    def _mixed(self, mixer: nn.Module, tokens: Tensor) -> Tensor:
        """(B, tokens, width): all tokens at once, or windows of them, of which the halos are then left out."""
        size, halo, count = self.settings.window, self.settings.halo, tokens.shape[1]
        if size is None or size >= count:
            return mixer(tokens)
        found = []
        for start in range(0, count, size):
            first, last = max(0, start - halo), min(count, start + size + halo)
            found.append(mixer(tokens[:, first:last])[:, start - first : start - first + size])
        return torch.cat(found, dim=1)


def _tokens_of(zoos: Sequence[Weights], settings: AutoencoderSettings) -> Tokens:
    each = settings.views == "contrasted"
    if settings.tokens == "neurons":
        same = [own.values for own in zoos if own.layers == zoos[0].layers]
        maps = NeuronTokens(Weights(zoos[0].layers, np.concatenate(same)), settings.width, each)
        for other in zoos[1:]:
            maps.hold(other, "one of zoos")
        return maps
    if settings.codes == "network" and len({own.layers for own in zoos}) > 1:
        raise InputError(
            "populations.*.autoencoder: one code for a network is for one architecture, and there are several; set "
            "codes: tokens."
        )
    return ChunkTokens(zoos, settings.width, settings.chunk, each)


@torch.no_grad()
def encode(network: WeightAutoencoder, weights: np.ndarray, zoo: int = 0) -> np.ndarray:
    """(N, z) codes of networks (N, P)."""
    parts = torch.as_tensor(weights, dtype=torch.float32, device=_device(network)).split(_AT_ONCE)
    return torch.cat([network.encode(part, zoo) for part in parts]).cpu().numpy()


@torch.no_grad()
def decode(network: WeightAutoencoder, codes: np.ndarray, zoo: int = 0) -> np.ndarray:
    """(N, P) weights of codes (N, z)."""
    parts = torch.as_tensor(codes, dtype=torch.float32, device=_device(network)).split(_AT_ONCE)
    return torch.cat([network.decode(part, zoo) for part in parts]).cpu().numpy()


def reconstruct(network: WeightAutoencoder, weights: np.ndarray, zoo: int = 0) -> np.ndarray:
    """(N, P) decoded weights of networks (N, P)."""
    return decode(network, encode(network, weights, zoo), zoo)


def encode_all(network: WeightAutoencoder, checkpoints: np.ndarray) -> np.ndarray:
    """(N, E, z) codes of checkpoints (N, E, P)."""
    return encode(network, checkpoints.reshape(-1, checkpoints.shape[-1])).reshape(*checkpoints.shape[:2], -1)


def _device(network: WeightAutoencoder) -> torch.device:
    return network.compress.weight.device

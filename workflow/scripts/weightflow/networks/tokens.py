"""Tokens of a network's weights: one for each neuron, its incoming weights and bias, zero-padded, with a mask.

Flat weights and tokens are two layouts of the same numbers. The mask, read row by row, is the flat
order, so the round trip is exact and padding can never carry information.
"""

from collections.abc import Sequence

import numpy as np

from weightflow.networks.layout import LinearMap


def token_mask(layers: Sequence[LinearMap]) -> np.ndarray:
    """(n_tokens, n_features) mask of the real entries."""
    lengths = np.concatenate([np.full(layer.neurons, layer.columns) for layer in layers])
    return np.arange(lengths.max()) < lengths[:, None]


def to_tokens(layers: Sequence[LinearMap], weights: np.ndarray) -> np.ndarray:
    """(…, n_tokens, n_features) tokens of flat weights (…, P), padded with zeros."""
    mask = token_mask(layers)
    tokens = np.zeros((*weights.shape[:-1], *mask.shape), dtype=weights.dtype)
    tokens[..., mask] = weights
    return tokens


def to_weights(layers: Sequence[LinearMap], tokens: np.ndarray) -> np.ndarray:
    """(…, P) flat weights of tokens; padding is dropped."""
    return tokens[..., token_mask(layers)]

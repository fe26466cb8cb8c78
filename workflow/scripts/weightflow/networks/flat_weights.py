"""Flat weights of networks side by side, read as linear maps and applied.

layout.py describes the flat order.
"""

from torch import Tensor, baddbmm

from weightflow.networks.layout import LinearMap


def split_weights(layers: tuple[LinearMap, ...], weights: Tensor) -> dict[str, Tensor]:
    """Views (…, neurons, columns) of flat weights (…, P), by layer."""
    parts = weights.split([layer.weights for layer in layers], dim=-1)
    return {
        layer.name: part.unflatten(-1, (layer.neurons, layer.columns))
        for layer, part in zip(layers, parts, strict=True)
    }


def apply_linear(linear: Tensor, inputs: Tensor) -> Tensor:
    """(S, N, neurons) outputs of a stacked linear map (S, neurons, inputs + 1) on (S, N, inputs)."""
    return baddbmm(linear[..., -1].unsqueeze(1), inputs, linear[..., :-1].transpose(1, 2))

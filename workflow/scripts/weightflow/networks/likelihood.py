"""Likelihoods of many states under networks, computed in parts of the states.

A network's activations take far more memory than the states. Parts that fit the processor's cache are faster than all
states at once, and memory does not grow with the number of states.
"""

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, once_differentiable

from weightflow.networks.backbones import Backbone

_ON_CPU, _ON_CARD = 2**21, 2**27  # activations of a layer for all variables, per part
_AT_A_VARIABLE = 2**16  # activations at one variable, per part; fewer would leave the processor idle


def mean_nll(backbone: Backbone, weights: Tensor, states: Tensor) -> Tensor:
    """(S,) mean −log p per state, in nats, with its gradient in the weights (once differentiable).

    Args:
        backbone: the density.
        weights: (S, P).
        states: (S, N, d) own or (N, d) shared coordinates.
    """
    return _MeanNLL.apply(weights, states, backbone)


@torch.no_grad()
def log_probs(backbone: Backbone, weights: Tensor, states: Tensor, leading: bool = False) -> Tensor:
    """(N,) log-probabilities of states (N, d) under one network (1, P), without gradients.

    Args:
        backbone: the density.
        weights: (1, P).
        states: (N, d) coordinates.
        leading: whether the states hold only the data's first variables.
    """
    asked = backbone.prefix_log_prob if leading else backbone.log_prob
    return torch.cat([asked(weights, part)[0] for part in _parts(backbone, weights, states)])


class _MeanNLL(torch.autograd.Function):
    """Computes the gradient of each part together with its value, so that no activations are kept."""

    @staticmethod
    def forward(ctx: BackwardCFunction, weights: Tensor, states: Tensor, backbone: Backbone) -> Tensor:
        own = weights.detach().requires_grad_(ctx.needs_input_grad[0])
        total, slope = own.new_zeros(len(own)), torch.zeros_like(own)
        for part in _parts(backbone, own, states):
            with torch.set_grad_enabled(own.requires_grad):
                found = -backbone.log_prob(own, part).sum(1)
                if own.requires_grad:
                    slope += torch.autograd.grad(found.sum(), own)[0]
            total += found.detach()
        count = states.shape[-2]
        ctx.save_for_backward(slope / count)
        return total / count

    @staticmethod
    @once_differentiable
    def backward(ctx: BackwardCFunction, given: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return given[:, None] * slope, None, None


def _parts(backbone: Backbone, weights: Tensor, states: Tensor) -> tuple[Tensor, ...]:
    """The states, split evenly along N."""
    widest = max(layer.neurons for layer in backbone.layers)
    at_a_variable = len(weights) * widest
    held = (_ON_CPU if weights.device.type == "cpu" else _ON_CARD) // states.shape[-1]
    most = max(1, max(held, _AT_A_VARIABLE) // at_a_variable)
    parts = -(-states.shape[-2] // most)
    return states.chunk(max(1, parts), dim=-2)

"""Likelihoods of many states under networks, a part of the states at a time.

What a network says of its states takes far more room than they do. A part that stays near the processor is faster to go
through than all of them at once, and memory does not grow with their number.
"""

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, once_differentiable

from weightflow.networks.backbones import Backbone

_ON_CPU, _ON_CARD = 2**21, 2**27  # numbers that a layer gives for all variables, held at once
_AT_A_VARIABLE = 2**16  # of them at one variable; fewer leave the processor waiting, whatever is held


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
        leading: whether the states are those of the first d variables alone.
    """
    asked = backbone.prefix_log_prob if leading else backbone.log_prob
    return torch.cat([asked(weights, part)[0] for part in _parts(backbone, weights, states)])


class _MeanNLL(torch.autograd.Function):
    """The gradient of each part is found together with its value, so that nothing of it is kept."""

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
    """The states cut along their number, evenly."""
    widest = max(layer.neurons for layer in backbone.layers)
    at_a_variable = len(weights) * widest
    held = (_ON_CPU if weights.device.type == "cpu" else _ON_CARD) // states.shape[-1]
    most = max(1, max(held, _AT_A_VARIABLE) // at_a_variable)
    parts = -(-states.shape[-2] // most)
    return states.chunk(max(1, parts), dim=-2)

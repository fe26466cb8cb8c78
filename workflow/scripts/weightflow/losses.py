"""What a moving density is asked to be: terms of the losses, each a scalar tensor.

Structural terms compare weights, behavioural terms what the networks say (Meynent et al. 2025).
"""

import torch
from torch import Tensor

from weightflow.backbones import Backbone
from weightflow.flat_weights import split_weights
from weightflow.likelihood import mean_nll


def structural(weights: Tensor, goal: Tensor) -> Tensor:
    """Mean squared error between weights (…, P) and the anchors there."""
    return (weights - goal).square().mean()


def negative_log_likelihood(backbone: Backbone, weights: Tensor, states: Tensor) -> Tensor:
    """Mean −log p per state of states (S, N, d) at weights (S, P), in nats."""
    return mean_nll(backbone, weights, states).mean()


def divergence(backbone: Backbone, weights: Tensor, anchors: Tensor, states: Tensor) -> Tensor:
    """Kullback–Leibler divergence of networks from their anchors, in nats per state.

    KL(p_anchor ‖ p) of every conditional p(x_i | x_<i), summed over i, at the prefixes of observed states:
    as the states are the anchor's own data, this is the divergence of the joint law there.

    Args:
        backbone: the density.
        weights: (S, P).
        anchors: (S, P).
        states: (S, N, d) query states.
    """
    with torch.no_grad():
        wanted = backbone.outputs(anchors, states)
    found = backbone.outputs(weights, states)
    values = states.expand(len(weights), *states.shape[-2:])
    return backbone.head.divergence(wanted, found, values).sum(-1).mean()


def curvature(knots: Tensor) -> Tensor:
    """Mean square of the second differences between neighbouring knots (M, P) of a curve of weights."""
    return knots.diff(n=2, dim=0).square().mean()


def roughness(backbone: Backbone, weights: Tensor) -> Tensor:
    """How rough the distributions of networks (S, P) are along a variable's values, as their head says."""
    return backbone.head.roughness(split_weights(backbone.layers, weights)[backbone.readout])

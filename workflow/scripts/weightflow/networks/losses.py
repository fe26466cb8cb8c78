"""Terms of the losses of moving densities and decoded networks, each a scalar tensor.

Structural terms compare weights, behavioural terms compare outputs (Meynent et al. 2025); for densities this is the
divergence.
"""

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.networks.backbones import Backbone
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.likelihood import mean_nll

_TEMPERATURE = 0.1  # of the contrastive term


def structural(weights: Tensor, goal: Tensor, scale: Tensor | float = 1.0) -> Tensor:
    """Mean squared error between weights (…, P) and the target weights, in units of a scale (P,)."""
    return ((weights - goal) / scale).square().mean()


def behavioural(said: Tensor, wanted: Tensor, scale: float = 1.0) -> Tensor:
    """Mean squared error of networks' outputs on queries (B, n, classes), in units of a mean square."""
    return (said - wanted).square().mean() / scale


def contrastive(one: Tensor, other: Tensor) -> Tensor:
    """Normalised temperature-scaled cross entropy, NT-Xent (Chen et al. 2020), of two views (B, z) of B networks."""
    both = functional.normalize(torch.cat([one, other]), dim=1)
    alike = both @ both.mT / _TEMPERATURE
    alike = alike.masked_fill(torch.eye(len(both), dtype=torch.bool, device=both.device), -torch.inf)
    partners = torch.arange(len(both), device=both.device).roll(len(one))
    return functional.cross_entropy(alike, partners)


def negative_log_likelihood(backbone: Backbone, weights: Tensor, states: Tensor) -> Tensor:
    """Mean −log p per state of states (S, N, d) at weights (S, P), in nats."""
    return mean_nll(backbone, weights, states).mean()


def divergence(backbone: Backbone, weights: Tensor, anchors: Tensor, states: Tensor) -> Tensor:
    """Kullback–Leibler divergence of networks from their anchors, in nats per state.

    KL(p_anchor ‖ p) of every conditional p(x_i | x_<i), summed over i, at the prefixes of observed states:
    as the states are the anchor's own data, this is the divergence of the joint distributions.

    Args:
        backbone: the density.
        weights: (S, P).
        anchors: (S, P).
        states: (S, N, d) query states.
    """
    return backbone.divergence(weights, anchors, states).mean()


def curvature(knots: Tensor) -> Tensor:
    """Mean square of the second differences between neighbouring knots (M, P) of a curve of weights."""
    return knots.diff(n=2, dim=0).square().mean()


def roughness(backbone: Backbone, weights: Tensor) -> Tensor:
    """Roughness of the distributions of networks (S, P) along a variable's values, as their head defines it."""
    return backbone.head.roughness(split_weights(backbone.layers, weights)[backbone.readout])

"""Fisher information of a network: how far chance moves its density, if it is fitted to a sample.

With N cells, the weights of the likeliest network scatter about the true ones with covariance (N F + I)⁻¹, where F is
the Fisher information of a state and I the precision of a standard normal prior (Laplace's approximation, MacKay 1992).
Directions of weight space that hardly change the density have small eigenvalues of F, and hardly count.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from weightflow.networks.backbones import Backbone

_PRIOR = 1.0  # precision of the prior of the weights
_STATES = 4000  # of a batch in a score test
_AT_ONCE = 4_000_000  # weights of the networks in a batch


@dataclass(frozen=True)
class Fisher:
    """The Fisher information of a network, from states drawn from it.

    Attributes:
        backbone: the density.
        weights: (1, P).
        values: (r,) eigenvalues of the information of a state, r ≤ P of them.
        vectors: (P, r) eigenvectors.
        scores: (n, r) gradients of log p at n draws along the eigenvectors, with mean zero. Other draws gave the
            eigenvectors, since these fit their own draws too well.
    """

    backbone: Backbone
    weights: Tensor
    values: np.ndarray
    vectors: np.ndarray
    scores: np.ndarray

    @classmethod
    def of(cls, backbone: Backbone, weights: Tensor, draws: Tensor) -> Self:
        """From draws (2n, d) of coordinates, half of them for the eigenvectors."""
        gradients = score_rows(backbone, weights, draws)
        gradients -= gradients.mean(axis=0)
        some, others = np.array_split(gradients, 2)
        count, size = some.shape
        if size <= count:
            values, vectors = np.linalg.eigh(some.T @ some / count)
            values = values.clip(0)
        else:
            values, own = np.linalg.eigh(some @ some.T / count)
            kept = values > values[-1] * np.finfo(np.float32).eps
            values = values[kept]
            vectors = some.T @ (own[:, kept] / np.sqrt(values * count))
        return cls(backbone, weights, values, vectors, others @ vectors)

    def spread(self, cells: float) -> np.ndarray:
        """(n, r) scattering of log p at the draws of `scores`: its products with standard normal numbers (r,).

        Args:
            cells: N, size of the sample that the network is fitted to.
        """
        return self.scores / np.sqrt(cells * self.values + _PRIOR)

    def score_test(self, states: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Statistics (r,) of states (N, d) along the eigenvectors, and their means (r,) for states of the network.

        The score test of Rao (1948): the squared mean gradient of log p, in units of its covariance. It is smaller for
        states that the network was fitted to, and larger where the network is off. Gradients are clipped to the range
        of those at the draws, as single states far out would outweigh all others.
        """
        count, sums = len(states), np.zeros(len(self.values))
        low, high = self.scores.min(axis=0), self.scores.max(axis=0)
        for part in states.split(_STATES):
            sums += (score_rows(self.backbone, self.weights, part) @ self.vectors).clip(low, high).sum(axis=0)
        weight = count / (count * self.values + _PRIOR)
        return count * weight * (sums / count) ** 2, weight * (self.scores**2).mean(axis=0)


def score_rows(backbone: Backbone, weights: Tensor, states: Tensor) -> np.ndarray:
    """(n, P) gradients of log p with respect to the weights, one for each state.

    Args:
        backbone: the density.
        weights: (1, P).
        states: (n, d) coordinates.
    """
    rows = []
    for part in states.split(max(1, _AT_ONCE // weights.shape[1])):
        own = weights.expand(len(part), -1).clone().requires_grad_(True)
        backbone.log_prob(own, part.unsqueeze(1)).sum().backward()
        assert own.grad is not None
        rows.append(own.grad.cpu().numpy())
    return np.concatenate(rows)


def unexplained(
    backbone: Backbone,
    weights: np.ndarray,
    learnt: list[np.ndarray],
    validation: list[np.ndarray],
    draws: int,
    generator: torch.Generator,
) -> tuple[float, float]:
    """Squared error of fitted networks, as a multiple of the sampling error of one fitted to each snapshot alone.

    It is 1 for networks that are fitted to their snapshot alone, smaller where the snapshots around it help, larger
    where the networks are too smooth.

    Args:
        backbone: the density.
        weights: (K, P) of networks.
        learnt: K arrays (N_k, d) of the coordinates that they were fitted to.
        validation: K arrays (M_k, d) of further ones.
        draws: number of states for the information of each network.
        generator: of the draws.

    Returns:
        The multiple, which chance can make negative, and its standard error.
    """
    found, wanted, freedom = 0.0, 0.0, 0.0
    for row, own, held in zip(torch.as_tensor(weights, dtype=torch.float32), learnt, validation, strict=True):
        fisher = Fisher.of(backbone, row[None], backbone.sample(row[None], draws, generator)[0])
        statistic, mean = (part.sum() for part in fisher.score_test(torch.as_tensor(held)))
        found += (statistic - mean) * len(own) / len(held)
        wanted += mean
        freedom += mean * (len(own) / len(held)) ** 2
    return float(found / wanted), float((2 * freedom) ** 0.5 / wanted)

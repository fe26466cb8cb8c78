"""Mixtures of two networks whose units have the moments that they have in the two (REPAIR, Jordan et al. 2023).

Averages of weights shrink the variance of hidden units layer by layer. Each output of a map gets the mixed mean and
standard deviation of the two networks back. In networks with batch norms this is the measurement of their moments.
"""

import numpy as np
import torch
from torch import Tensor

from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.classification import AT_ONCE, MEASURED
from weightflow.populations.samplers import mixture, one_by_one, pairs_of

_LEAST = 1e-6  # standard deviation of an output that varies


def repaired(
    weights: np.ndarray,
    count: int,
    rng: np.random.Generator,
    share: float,
    classifier: Classifier,
    inputs: np.ndarray,
) -> np.ndarray:
    """(count, P) mixtures of two of the networks (N, P), repaired map by map.

    Maps before a norm, without a bias, or in networks other than MLPs and CNNs stay as they are.

    Args:
        weights: (N, P).
        count: of draws.
        rng: of the pairs.
        share: of the second network.
        classifier: of the networks.
        inputs: (n, …) training inputs.
    """
    seen = torch.as_tensor(inputs[:MEASURED])
    together = max(1, AT_ONCE // seen.numel())
    parts = [_moments(classifier, own, seen) for own in torch.as_tensor(weights).split(together)]
    moments = {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}

    pairs = iter(pairs_of(len(weights), count, rng))

    def draw() -> np.ndarray:
        pair = next(pairs)
        goals = {name: torch.as_tensor(mixture(own, pair, share)) for name, own in moments.items()}
        return _repair(classifier, torch.as_tensor(mixture(weights, pair, share)), goals, seen)

    return one_by_one(count, weights.shape[1], draw)


class _Watching(BatchNorms):
    """Records mean and standard deviation (S, 2, C) of the outputs of maps."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Tensor] = {}

    def outputs(self, name: str, values: Tensor) -> Tensor:
        self.seen[name] = _mean_and_deviation(values)
        return values


class _Repairing(BatchNorms):
    """Gives the outputs of maps mean and standard deviation (2, C); keeps factors and shifts (C,)."""

    def __init__(self, goals: dict[str, Tensor]) -> None:
        super().__init__()
        self.goals = goals
        self.changes: dict[str, tuple[Tensor, Tensor]] = {}

    def outputs(self, name: str, values: Tensor) -> Tensor:
        (mean, deviation), (wanted, spread) = _mean_and_deviation(values)[0], self.goals[name]
        factor = torch.where(deviation > _LEAST, spread / deviation.clamp_min(_LEAST), 1.0)
        shift = wanted - mean * factor
        self.changes[name] = factor, shift
        shape = (-1, *[1] * (values.dim() - 3))
        return values * factor.reshape(shape) + shift.reshape(shape)


def _mean_and_deviation(values: Tensor) -> Tensor:
    """(S, 2, C) over examples, and pixels, of values (S, N, C, …)."""
    axes = [axis for axis in range(1, values.dim()) if axis != 2]
    variance, mean = torch.var_mean(values, dim=axes, correction=0)
    return torch.stack([mean, variance.sqrt()], dim=1)


@torch.no_grad()
def _moments(classifier: Classifier, weights: Tensor, inputs: Tensor) -> dict[str, Tensor]:
    watching = _Watching()
    classifier.logits(weights, inputs, watching)
    return {layer.name: watching.seen.get(layer.name, torch.zeros(len(weights), 2, 0)) for layer in classifier.layers}


@torch.no_grad()
def _repair(classifier: Classifier, weights: Tensor, goals: dict[str, Tensor], inputs: Tensor) -> np.ndarray:
    """(P,) of weights (P,) after the changes of their maps' outputs."""
    changed, repairing = weights[None].clone(), _Repairing(goals)
    classifier.logits(weights[None], inputs, repairing)
    maps = split_weights(classifier.layers, changed)
    for layer in classifier.layers:
        if layer.bias and layer.name in repairing.changes:
            factor, shift = repairing.changes[layer.name]
            own = maps[layer.name]  # a view
            own *= factor[:, None]
            own[..., -1] += shift
    return changed[0].numpy()

"""The loss of auto-encoders of networks (Schürholt et al. 2022; Meynent et al. 2025).

γ · contrastive + (1 − γ) · [β · structural + (1 − β) · behavioural]. The contrastive part brings together two views of
a network, with permuted units; the structural part compares decoded and original weights, and the behavioural part
their outputs. A cycle loss and a penalty of the codes may be added (Schürholt, Mahoney & Borth 2024).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from weightflow.networks import losses
from weightflow.networks.layout import HiddenUnits
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.autoencoders.behaviour import OutputsOf, comparison, outputs_of, unit_of
from weightflow.populations.autoencoders.network import WeightAutoencoder
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.autoencoders.views import disturbed, draw_views, viewed

_LEAST = 1e-12  # unit of a loss
_VIEWS = 2  # of a network in a step


@dataclass(frozen=True)
class Zoo:
    """Networks of one architecture for an auto-encoder's training.

    Attributes:
        classifier: of the networks.
        symmetries: their interchangeable units, for the views.
        weights: (N, P) of the training networks.
        queries: gives inputs (n, …) for a step.
        training: (m, …) training inputs for the moments of batch norms.
    """

    classifier: Classifier
    symmetries: tuple[HiddenUnits, ...]
    weights: np.ndarray
    queries: Callable[[], np.ndarray]
    training: np.ndarray


class Parts(NamedTuple):
    """The parts of a loss, without their weights and in their units."""

    contrastive: Tensor
    structural: Tensor
    behavioural: Tensor
    cycle: Tensor
    penalty: Tensor


@dataclass
class Draws:
    """Random numbers of a fit.

    Attributes:
        orders: of networks and views.
        noise: of noise and erased weights.
    """

    orders: np.random.Generator
    noise: torch.Generator


@dataclass
class _Measured:
    """What belongs to one zoo: outputs, and the units of the losses."""

    outputs: OutputsOf
    unit: float
    first: dict[str, float] = field(default_factory=dict)


class Objective:
    """The loss of a batch of networks, and its parts.

    Args:
        network: the auto-encoder.
        zoos: by number, as the network has them.
        settings: of the loss.
        structural: β.
        draws: of the views.
    """

    def __init__(
        self,
        network: WeightAutoencoder,
        zoos: list[Zoo],
        settings: AutoencoderSettings,
        structural: float,
        draws: Draws,
    ):
        self.network, self.zoos, self.settings, self.draws = network, zoos, settings, draws
        self.structural, self.compare = structural, comparison(settings)
        self.device = network.compress.weight.device
        self.measured = [self._measure(zoo) for zoo in zoos]

    def __call__(self, weights: Tensor, number: int) -> tuple[Tensor, Parts]:
        """Loss of networks (B, P) of a zoo."""
        network, settings, zoo = self.network, self.settings, self.zoos[number]
        window = self._window(network.maps.count(number))
        reconstructed = settings.views == "reconstructed"
        goal = torch.cat(self._views(weights, zoo)) if reconstructed else weights
        codes = network.encode(self._disturbed(goal, number), number, window)
        decoded = network.decode(codes, number, window)
        nothing = torch.zeros((), device=self.device)
        contrastive = behavioural = cycle = penalty = nothing
        if settings.contrastive:
            if reconstructed:
                pair = codes.chunk(_VIEWS)
            else:
                views = [self._disturbed(view, number) for view in self._views(weights, zoo)]
                pair = tuple(network.encode(view, number, window) for view in views)
            contrastive = losses.contrastive(*map(network.project, pair))
        scale, inside = network.maps.scale(number), slice(None)
        if window is not None:
            owners = network.maps.owners(number)
            inside = (owners >= window.start) & (owners < window.stop)
            decoded = torch.where(inside, decoded, goal)
        structural = losses.structural(decoded[:, inside], goal[:, inside], scale[inside])
        if self.structural < 1:
            behavioural = self._behavioural(decoded, weights, number)
        if settings.cycle:
            cycle = (network.encode(decoded, number, window) - codes.detach()).square().mean()
        if settings.penalty:
            penalty = codes.square().mean()
        if settings.units == "first":
            contrastive, structural, behavioural = (
                part / self._first(number, name, part)
                for name, part in (("γ", contrastive), ("β", structural), ("behaviour", behavioural))
            )
        recovered = self.structural * structural + (1 - self.structural) * behavioural
        loss = settings.contrastive * contrastive + (1 - settings.contrastive) * recovered
        loss = loss + settings.cycle * cycle + settings.penalty * penalty
        return loss, Parts(contrastive, structural, behavioural, cycle, penalty)

    def _views(self, weights: Tensor, zoo: Zoo) -> list[Tensor]:
        layers = zoo.classifier.layers
        return [
            viewed(weights, draw_views(layers, zoo.symmetries, len(weights), self.draws.orders)) for _ in range(_VIEWS)
        ]

    def _disturbed(self, weights: Tensor, number: int) -> Tensor:
        noise, erasing, maps = self.settings.noise, self.settings.erasing, self.network.maps
        if not (noise or erasing):
            return weights
        return disturbed(weights, maps.mean(number), noise * maps.scale(number), erasing, self.draws.noise)

    def _window(self, tokens: int) -> slice | None:
        size = self.settings.window
        if size is None or size >= tokens:
            return None
        start = int(self.draws.orders.integers(tokens - size + 1))
        return slice(start, start + size)

    def _behavioural(self, decoded: Tensor, weights: Tensor, number: int) -> Tensor:
        measured, queries = self.measured[number], self._queries(self.zoos[number])
        with torch.no_grad():
            wanted = measured.outputs(weights, queries)  # views say the same
        wanted = wanted.repeat(len(decoded) // len(weights), 1, 1)
        loss = self.compare(measured.outputs(decoded, queries), wanted)
        return loss / measured.unit if self.settings.units == "mean" else loss

    def _measure(self, zoo: Zoo) -> _Measured:
        outputs = outputs_of(zoo.classifier, torch.as_tensor(zoo.training, device=self.device))
        if self.structural == 1:
            return _Measured(outputs, 1.0)
        weights = torch.as_tensor(zoo.weights, dtype=torch.float32, device=self.device)
        return _Measured(outputs, unit_of(self.settings, outputs, weights, self._queries(zoo)))

    def _first(self, number: int, name: str, part: Tensor) -> float:
        return self.measured[number].first.setdefault(name, max(part.item(), _LEAST))

    def _queries(self, zoo: Zoo) -> Tensor:
        return torch.as_tensor(zoo.queries(), device=self.device)

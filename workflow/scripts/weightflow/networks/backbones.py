"""Backbones: small autoregressive networks p(x | θ) = Π_i p(x_i | x_<i; θ), evaluated at given weights.

A backbone owns no weights. Its methods take them as a flat tensor (S, P): S networks side by side
(snapshots, times or seeds), P weights each, laid out as in layout.py.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from weightflow.data.state_space import Counts, StateSpace
from weightflow.networks.heads import CountHead, Head, MixtureHead
from weightflow.networks.layout import HiddenUnits, LinearMap
from weightflow.networks.registry import BACKBONES
from weightflow.networks.settings import BackboneSettings
from weightflow.networks.variable_order import variable_order


class Backbone(Protocol):
    """Interface of backbones.

    Attributes:
        layers: its linear maps, in the order of the flat weights.
        head: distribution of a variable given the outputs.
        readout: name of the layer that computes the outputs.
        order: indices of the variables in the order they are drawn; states stay in the data's order everywhere.
    """

    layers: tuple[LinearMap, ...]
    head: Head
    readout: str
    order: tuple[int, ...]

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """Its groups of interchangeable hidden units, for alignment."""

    @classmethod
    def from_settings(cls, settings: BackboneSettings, order: Sequence[int], head: Head) -> "Backbone":
        """From the config's `backbone` section."""

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) fresh weights."""

    def log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-likelihoods of states (N, d) or (S, N, d) at weights (S, P)."""

    def outputs(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, d, outputs) outputs at each variable i, given the prefixes of states (N, d) or (S, N, d).

        The prefix x_<i holds the variables before i in the backbone's order.
        """

    def begins_with(self, variables: int) -> bool:
        """Whether the data's first variables come before all others in the order."""

    def prefix_log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) marginal log-probabilities of the first k variables, states (N, k) or (S, N, k).

        Raises:
            ValueError: the order does not begin with them.
        """

    def sample(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, count, d) independent states at weights (S, P)."""

    def sample_given(
        self, known: Mapping[int, Tensor], weights: Tensor, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """(S, count, d) states with some known variables, and logarithms of their weights (S, count)."""

    def marginals(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, d, L) probabilities of each variable's counts at weights (S, P); for a head of counts.

        The mean over prefixes x_<i of p(x_i | x_<i): all prefixes if there are at most `count`, else
        `count` sampled ones.
        """


def make_backbone(settings: BackboneSettings, variables: Sequence[str], space: StateSpace) -> Backbone:
    """Build the backbone of the settings.

    Args:
        settings: `kind`, `order`, `order_seed`, for real values `components` and `narrowest`, and the kind's own keys.
        variables: d names.
        space: state space of the data.

    Raises:
        InputError: `order` lists other variables.
    """
    order = variable_order(settings, variables, "models.*.backbone.order")
    if isinstance(space, Counts):
        head: Head = CountHead(space.levels)
    else:
        head = MixtureHead(settings.components, settings.narrowest)
    return BACKBONES[settings.kind].model.load().from_settings(settings, order, head)

"""Backbones: small autoregressive networks p(x | θ) = Π_i p(x_i | x_<i; θ), evaluated at given weights.

A backbone owns no weights. Its methods take them as a flat tensor (S, P): S networks side by side
(snapshots, times or seeds), P weights each, laid out as flat_weights.py says.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from weightflow.gru import GRUBackbone
from weightflow.transformer import TransformerBackbone
from weightflow.variable_order import variable_order
from weightflow.weight_graph import HiddenUnits, LinearMap


class Backbone(Protocol):
    """What the rest of the method needs of a backbone.

    Attributes:
        layers: its linear maps, in the order of the flat weights.
        head: name of the layer whose neurons are the counts 0 … L−1, in order.
        symmetries: its groups of interchangeable hidden units, for alignment.
        states: L.
        order: indices of the variables in the order they are drawn; states stay in the data's order everywhere.
    """

    layers: tuple[LinearMap, ...]
    head: str
    symmetries: tuple[HiddenUnits, ...]
    states: int
    order: tuple[int, ...]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], order: Sequence[int], states: int) -> "Backbone":
        """From the config's `backbone` section."""

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) fresh weights."""

    def log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-likelihoods of states (N, d) or (S, N, d) at weights (S, P)."""

    def conditionals(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, d, L) log p(· | x_<i) at the prefixes of states (N, d) or (S, N, d).

        x_<i are the variables before i in the backbone's order.
        """

    def begins_with(self, variables: int) -> bool:
        """Whether the data's first variables come before all others in the order."""

    def prefix_log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-probabilities of the first k variables alone, states (N, k) or (S, N, k).

        Raises:
            ValueError: the order does not begin with them.
        """

    def sample(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, count, d) independent states at weights (S, P)."""

    def marginals(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, d, L) probabilities of each variable's counts at weights (S, P).

        The mean over prefixes x_<i of p(x_i | x_<i): all prefixes while there are at most `count`, that many
        drawn ones after that.
        """


def make_backbone(settings: Mapping[str, Any], variables: Sequence[str], states: int) -> Backbone:
    """Build the backbone that settings name.

    Args:
        settings: `kind`, `order`, `order_seed` and that kind's own keys.
        variables: d names.
        states: L.

    Raises:
        InputError: `order` lists other variables.
    """
    order = variable_order(settings, variables, "models.*.backbone.order")
    return BACKBONES[settings["kind"]].from_settings(settings, order, states)


BACKBONES: dict[str, type[Backbone]] = {"gru": GRUBackbone, "transformer": TransformerBackbone}

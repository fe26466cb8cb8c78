"""Backbones: small autoregressive networks p(x | θ) = Π_i p(x_i | x_<i; θ), evaluated at given weights.

A backbone owns no weights. Its methods take them as a flat tensor (S, P): S networks side by side
(snapshots, times or seeds), P weights each, laid out as in layout.py.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from weightflow.data.state_space import Counts, StateSpace
from weightflow.networks.count_heads import CountHead
from weightflow.networks.heads import Head, MixtureHead
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
        learned: those of them that no relation gives.
    """

    layers: tuple[LinearMap, ...]
    head: Head
    readout: str
    order: tuple[int, ...]
    learned: tuple[int, ...]

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

        The prefix x_<i holds the variables before i in the backbone's order. Outputs at computed variables are zero.
        """

    def masses(self, outputs: Tensor, states: Tensor, variable: int, edges: Tensor) -> Tensor:
        """(S, N, B) probabilities of the bins of a variable given the variables before it."""

    def divergence(self, weights: Tensor, anchors: Tensor, states: Tensor) -> Tensor:
        """(S, N) Kullback–Leibler divergences of all conditionals from those of anchors (S, P)."""

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

    def marginals(self, weights: Tensor, count: int, generator: torch.Generator, levels: int | None = None) -> Tensor:
        """(S, d, levels) probabilities of each variable's counts at weights (S, P), if all have a softmax.

        The mean over prefixes x_<i of p(x_i | x_<i): all prefixes if there are at most `count`, else
        `count` sampled ones.
        """


def make_backbone(settings: BackboneSettings, variables: Sequence[str], space: StateSpace) -> Backbone:
    """Build the backbone of the settings.

    Args:
        settings: `kind`, `order`, `order_seed`, for counts `levels` and `softmax_up_to`, for real values `components`
            and `narrowest`, and the kind's own keys.
        variables: d names.
        space: state space of the data.

    Raises:
        InputError: `order` lists other variables.
    """
    order = variable_order(settings, variables, "models.*.backbone.order")
    if isinstance(space, Counts):
        levels = settings.levels
        own = space if levels is None else space.closed(None if levels == "observed" else int(levels))
        head: Head = CountHead(own, settings.largest_table if levels is None else None)
    else:
        head = MixtureHead(settings.components, settings.narrowest)
    return BACKBONES[settings.kind].model.load().from_settings(settings, order, head)

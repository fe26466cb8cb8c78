"""Heads: the distribution of one variable given the network's outputs.

Real values have a mixture of Gaussians (here), counts a softmax or a mixture of discretised logistic distributions
(count_heads.py).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.data.relations import Relation
from weightflow.data.state_space import StateSpace

_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class Where(NamedTuple):
    """The variables of some values, and bounds of the values.

    Attributes:
        variables: index of the variable for each entry along the values' last axis but one.
        bounds: least and largest possible values (…), in the shape of the values; None if there are none.
    """

    variables: Sequence[int]
    bounds: tuple[Tensor, Tensor] | None = None

    def at(self, place: int) -> "Where":
        """Of one entry, with values (S, N)."""
        return Where((self.variables[place],), self._of((slice(None), place)))

    def after_first(self) -> "Where":
        """Of all entries but the first, with values (S, n − 1, N)."""
        return Where(self.variables[1:], self._of((slice(None), slice(1, None))))

    def shared(self) -> "Where":
        """With the bounds of the first of values (…, N), which share them; (…, 1)."""
        return Where(self.variables, self._of((..., slice(1))))

    def _of(self, place: tuple) -> tuple[Tensor, Tensor] | None:
        return None if self.bounds is None else (self.bounds[0][place], self.bounds[1][place])


ANY = Where((0,))


class Head(ABC):
    """Distribution of a variable given the outputs, and code of its value as input for later variables.

    Values and outputs have the variables along the last axis but one, (…, n, N) and (…, n, N, outputs), where `Where`
    names n variables, and no such axis where it names one.

    Attributes:
        inputs: length of a value's code.
        outputs: number of parameters of its distribution.
        relations: linear relations that hold in every state; each gives one variable, which is computed from others.
    """

    inputs: int
    outputs: int
    relations: tuple[Relation, ...] = ()

    @abstractmethod
    def code(self, values: Tensor, where: Where = ANY) -> Tensor:
        """(…, inputs) of values (…)."""

    @abstractmethod
    def log_prob(self, outputs: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """(…) log-probabilities, or log-densities, of values (…) under outputs (…, outputs)."""

    @abstractmethod
    def log_prob_shared(self, outputs: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """(…, N) log-probabilities, or log-densities, of values (…, N) that share their outputs (…, outputs)."""

    @abstractmethod
    def sample(self, outputs: Tensor, generator: torch.Generator, where: Where = ANY) -> Tensor:
        """(…) independent values of one variable under outputs (…, outputs)."""

    @abstractmethod
    def masses(self, outputs: Tensor, edges: Tensor, where: Where = ANY) -> Tensor:
        """(…, B) probabilities of the bins between edges (B + 1,) of one variable, as `edge_coordinates` has them."""

    @abstractmethod
    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """(…) Kullback–Leibler divergence KL(wanted ‖ found), exact or estimated from draws (…) of `wanted`."""

    @abstractmethod
    def roughness(self, rows: Tensor) -> Tensor:
        """Roughness of the distributions, a scalar, from the readout's weights (S, outputs, inputs + 1)."""

    def support(self, space: StateSpace) -> StateSpace:
        """The states of a state space that have a probability: all, unless the head bounds them itself."""
        return space


class Mixture(NamedTuple):
    """Mixtures of M Gaussians.

    Attributes:
        logits, means, widths: (M, …) of each component.
    """

    logits: Tensor
    means: Tensor
    widths: Tensor


class MixtureHead(Head):
    """A mixture of M Gaussians over a standardised value (Bishop 1994); the code is the value itself.

    The outputs are M logits, M means and M raw widths r, in this order; a width is narrowest + softplus(r), so that
    no component can collapse onto a state.

    Args:
        components: M.
        narrowest: least standard deviation, in units of the standardised variable.
    """

    inputs = 1

    def __init__(self, components: int, narrowest: float):
        self.components, self.narrowest = components, narrowest
        self.outputs = 3 * components

    def code(self, values: Tensor, where: Where = ANY) -> Tensor:
        """The value itself."""
        return values.unsqueeze(-1)

    def log_prob(self, outputs: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """Log-densities of values."""
        logits, means, widths = self._mixture(outputs)
        away = (values - means) / widths
        single = -0.5 * away.square() - widths.log() - _HALF_LOG_TAU
        return (logits + single).logsumexp(0) - logits.logsumexp(0)

    def log_prob_shared(self, outputs: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """Log-densities of values."""
        return self.log_prob(outputs.unsqueeze(-2), values)

    def sample(self, outputs: Tensor, generator: torch.Generator, where: Where = ANY) -> Tensor:
        """A component by inversion, then a value from it."""
        logits, means, widths = self._mixture(outputs)
        cumulative = logits.softmax(0).cumsum(0)
        level = torch.rand(logits.shape[1:], generator=generator, device=logits.device)
        # Scaled by the last entry: rounding may leave the total a little below one.
        chosen = (cumulative < level * cumulative[-1]).sum(0, keepdim=True)
        noise = torch.randn(logits.shape[1:], generator=generator, device=logits.device, dtype=logits.dtype)
        mean, width = (part.gather(0, chosen).squeeze(0) for part in (means, widths))
        return mean + width * noise

    def masses(self, outputs: Tensor, edges: Tensor, where: Where = ANY) -> Tensor:
        """Differences of the mixture's distribution function."""
        logits, means, widths = self._mixture(outputs)
        found = logits.new_zeros(())
        for share, mean, width in zip(logits.softmax(0), means, widths, strict=True):
            below = torch.special.ndtr((edges - mean.unsqueeze(-1)) / width.unsqueeze(-1))
            found = found + share.unsqueeze(-1) * below.diff(dim=-1)
        return found

    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """Estimated from the values: mixtures have no closed form."""
        return self.log_prob(wanted, values) - self.log_prob(found, values)

    def roughness(self, rows: Tensor) -> Tensor:
        """Zero: a few Gaussians are smooth, and their widths have a least value."""
        return rows.new_zeros(())

    def _mixture(self, outputs: Tensor) -> Mixture:
        """Components along the first axis, contiguous: much faster than a short last axis."""
        logits, means, raw = outputs.movedim(-1, 0).contiguous().chunk(3)
        return Mixture(logits, means, self.narrowest + functional.softplus(raw))

"""Heads: the distribution of one variable, a softmax over counts or a mixture of Gaussians over real values."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class Head(ABC):
    """Distribution of a variable given the outputs, and code of its value as input for later variables.

    Attributes:
        inputs: length of a value's code.
        outputs: number of parameters of its distribution.
    """

    inputs: int
    outputs: int

    @abstractmethod
    def code(self, values: Tensor) -> Tensor:
        """(…, inputs) of values (…)."""

    @abstractmethod
    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """(…) log-probabilities, or log-densities, of values (…) under outputs (…, outputs)."""

    @abstractmethod
    def log_prob_shared(self, outputs: Tensor, values: Tensor) -> Tensor:
        """(…, N) log-probabilities, or log-densities, of values (…, N) that share their outputs (…, outputs)."""

    @abstractmethod
    def sample(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        """(…) independent values under outputs (…, outputs)."""

    @abstractmethod
    def masses(self, outputs: Tensor, edges: Tensor) -> Tensor:
        """(…, B) probabilities of the bins between edges (B + 1,), as `StateSpace.edge_coordinates` has them."""

    @abstractmethod
    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor) -> Tensor:
        """(…) Kullback–Leibler divergence KL(wanted ‖ found), exact or estimated from draws (…) of `wanted`."""

    @abstractmethod
    def roughness(self, rows: Tensor) -> Tensor:
        """Roughness of the distributions, a scalar, from the readout's weights (S, outputs, inputs + 1)."""


class CountHead(Head):
    """A softmax over the counts 0 … L−1; the code of a count is binary, ⌈log2 L⌉ bits.

    Args:
        levels: L.
    """

    def __init__(self, levels: int):
        self.levels = self.outputs = levels
        self.inputs = max(1, (levels - 1).bit_length())

    def code(self, values: Tensor) -> Tensor:
        """The bits of counts, the lowest first."""
        places = torch.arange(self.inputs, device=values.device)
        return ((values.unsqueeze(-1) >> places) & 1).to(torch.get_default_dtype())

    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Log-probabilities of counts."""
        found = functional.cross_entropy(outputs.flatten(0, -2), values.flatten().long(), reduction="none")
        return -found.unflatten(0, values.shape)

    def log_prob_shared(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Log-probabilities of counts, looked up in a table."""
        return outputs.log_softmax(-1).gather(-1, values.long())

    def sample(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        """Counts, by inversion."""
        cumulative = outputs.softmax(-1).cumsum(-1)
        level = torch.rand(*outputs.shape[:-1], 1, generator=generator, device=outputs.device)
        # Scaled by the last entry: rounding may leave the total a little below one.
        count = torch.searchsorted(cumulative, level * cumulative[..., -1:], right=True).squeeze(-1)
        return count.clamp_max(self.levels - 1)

    def masses(self, outputs: Tensor, edges: Tensor) -> Tensor:
        """Probabilities of the counts: each has a bin of its own."""
        return outputs.softmax(-1)

    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor) -> Tensor:
        """Exact, by the sum over all counts."""
        wanted, found = wanted.log_softmax(-1), found.log_softmax(-1)
        return (wanted.exp() * (wanted - found)).sum(-1)

    def roughness(self, rows: Tensor) -> Tensor:
        """Mean over networks of the squared third differences along the counts.

        The neurons belong to the counts 0 … L−1 in order. A penalty on their third differences (Eilers & Marx
        1996) makes logits smooth in the count. Quadratic logits, that is Gaussian distributions, cost nothing.
        """
        return rows.diff(n=3, dim=-2).square().sum((-1, -2)).mean()


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

    def code(self, values: Tensor) -> Tensor:
        """The value itself."""
        return values.unsqueeze(-1)

    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Log-densities of values."""
        logits, means, widths = self._mixture(outputs)
        away = (values - means) / widths
        single = -0.5 * away.square() - widths.log() - _HALF_LOG_TAU
        return (logits + single).logsumexp(0) - logits.logsumexp(0)

    def log_prob_shared(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Log-densities of values."""
        return self.log_prob(outputs.unsqueeze(-2), values)

    def sample(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        """A component by inversion, then a value from it."""
        logits, means, widths = self._mixture(outputs)
        cumulative = logits.softmax(0).cumsum(0)
        level = torch.rand(logits.shape[1:], generator=generator, device=logits.device)
        # Scaled by the last entry: rounding may leave the total a little below one.
        chosen = (cumulative < level * cumulative[-1]).sum(0, keepdim=True)
        noise = torch.randn(logits.shape[1:], generator=generator, device=logits.device, dtype=logits.dtype)
        mean, width = (part.gather(0, chosen).squeeze(0) for part in (means, widths))
        return mean + width * noise

    def masses(self, outputs: Tensor, edges: Tensor) -> Tensor:
        """Differences of the mixture's distribution function."""
        logits, means, widths = self._mixture(outputs)
        found = logits.new_zeros(())
        for share, mean, width in zip(logits.softmax(0), means, widths, strict=True):
            below = torch.special.ndtr((edges - mean.unsqueeze(-1)) / width.unsqueeze(-1))
            found = found + share.unsqueeze(-1) * below.diff(dim=-1)
        return found

    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor) -> Tensor:
        """Estimated from the values: mixtures have no closed form."""
        return self.log_prob(wanted, values) - self.log_prob(found, values)

    def roughness(self, rows: Tensor) -> Tensor:
        """Zero: a few Gaussians are smooth, and their widths have a least value."""
        return rows.new_zeros(())

    def _mixture(self, outputs: Tensor) -> Mixture:
        """Components along the first axis, contiguous: much faster than a short last axis."""
        logits, means, raw = outputs.movedim(-1, 0).contiguous().chunk(3)
        return Mixture(logits, means, self.narrowest + functional.softplus(raw))

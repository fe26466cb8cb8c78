"""Base class of autoregressive networks: p(x | θ) = Π_i p(x_i | x_<i; θ), scored and sampled variable by variable.

A subclass computes features at each variable from the codes of the variables before it (`_run`), and a head turns
outputs into distributions (heads.py); likelihoods, samples and marginals follow here. `x_<i` are the variables before
i in the backbone's order, which may differ from the data's. Arguments and results are in the data's order.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from weightflow.networks.flat_weights import apply_linear, split_weights
from weightflow.networks.heads import Head
from weightflow.networks.layout import LinearMap

POSITION_CHANNELS = 8  # a sine and a cosine at each of half as many periods

Memory = list[Tensor]  # state of a network after the variables so far: tensors (S, N, …)


class AutoregressiveBackbone(ABC):
    """A network with a distribution at each variable; implements `backbones.Backbone`.

    The input at a variable is the code of the value before it in the order (zeros at the first) and, if `position` is
    set, a code of its position in the order. The number of weights does not depend on d.

    Args:
        variables: d.
        head: distribution of a variable given the outputs.
        position: whether the position of the predicted variable is an input.
        order: indices of the variables in the order they are drawn; None for the data's.
    """

    readout = "head"
    layers: tuple[LinearMap, ...]

    def __init__(self, variables: int, head: Head, position: bool = False, order: Sequence[int] | None = None):
        self.variables, self.head = variables, head
        self.order = tuple(range(variables)) if order is None else tuple(order)
        if sorted(self.order) != list(range(variables)):
            raise ValueError(f"expected an order of {variables} variables, got {self.order}")
        self.positions = position_code(variables) if position else torch.zeros(variables, 0)

    @property
    def inputs(self) -> int:
        """Number of inputs at each variable."""
        return self.head.inputs + self.positions.shape[1]

    @abstractmethod
    def _start(self, weights: Tensor, count: int) -> Memory:
        """The memory before the first variable, for N = count states of each of the networks (S, P)."""

    @abstractmethod
    def _run(self, maps: dict[str, Tensor], inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Process n further variables.

        Args:
            maps: the linear maps by name, (S, neurons, inputs + 1) each.
            inputs: (S, n, N, inputs).
            memory: after the variables before.

        Returns:
            Features at each of them for the readout (S, n, N, H), and the memory after the last.
        """

    def log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-likelihoods.

        Args:
            weights: (S, P).
            states: (N, d) shared or (S, N, d) own coordinates: integer counts, or standardised values.
        """
        return self._score(weights, self._ordered(weights, states))

    def outputs(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, d, outputs) outputs at each variable given the variables before it; arguments as of `log_prob`."""
        return self._restored(self._outputs(weights, self._ordered(weights, states)).transpose(1, 2), 2)

    def begins_with(self, variables: int) -> bool:
        """Whether the data's first variables come before all others, as `prefix_log_prob` requires."""
        return 1 <= variables <= self.variables and set(self.order[:variables]) == set(range(variables))

    def prefix_log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) marginal log-probabilities of the data's first k variables.

        Args:
            weights: (S, P).
            states: (N, k) shared or (S, N, k) own coordinates of the data's first k variables.

        Raises:
            ValueError: the backbone's order does not begin with them (see `begins_with`).
        """
        count = states.shape[-1]
        if not self.begins_with(count) or states.dim() not in (2, 3):
            raise ValueError(
                f"expected states (N, k) or (S, N, k) of the first k variables in the order {self.order}, "
                f"got {tuple(states.shape)}"
            )
        return self._score(weights, self._columns(weights, states, self.order[:count]))

    @torch.no_grad()
    def sample(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, count, d) independent states, drawn variable by variable."""
        return self.sample_given({}, weights, count, generator)[0]

    @torch.no_grad()
    def sample_given(
        self, known: Mapping[int, Tensor], weights: Tensor, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Draw the other variables where some are known.

        A variable is drawn from its conditional given the variables before it in the order. If the known ones come
        first, the draws follow the conditional distribution; else their weights correct for the known ones that come
        later (importance sampling).

        Args:
            known: scalar coordinate of each known variable, by its index in the data's order; int64 for counts.
            weights: (S, P).
            count: states for each network.
            generator: of the draws.

        Returns:
            States (S, count, d), and logarithms of their weights (S, count): the conditional log-probabilities of the
            known values. The mean weight estimates the probability of the known values without bias.
        """
        maps = split_weights(self.layers, weights)
        memory = self._start(weights, count)
        code = weights.new_zeros(len(weights), count, self.head.inputs)
        log_weights = weights.new_zeros(len(weights), count)
        drawn = []
        for i, variable in enumerate(self.order):
            features, memory = self._run(maps, self._inputs(code.unsqueeze(1), i), memory)
            outputs = apply_linear(maps[self.readout], features[:, 0])
            if variable in known:
                drawn.append(known[variable].expand(len(weights), count))
                log_weights = log_weights + self.head.log_prob(outputs, drawn[-1])
            else:
                drawn.append(self.head.sample(outputs, generator))
            code = self.head.code(drawn[-1])
        return self._restored(torch.stack(drawn, dim=-1), 2), log_weights

    @torch.no_grad()
    def marginals(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, d, L) float64 of counts; exact at variables with at most `count` prefixes."""
        maps = split_weights(self.layers, weights)
        memory = self._start(weights, 1)
        code = weights.new_zeros(len(weights), 1, self.head.inputs)
        mass = torch.ones(len(weights), 1, dtype=torch.float64, device=weights.device)
        networks = torch.arange(len(weights), device=weights.device).unsqueeze(1)
        found: list[Tensor] = []
        while True:
            outputs, memory = self._run(maps, self._inputs(code.unsqueeze(1), len(found)), memory)
            joint = mass.unsqueeze(-1) * apply_linear(maps[self.readout], outputs[:, 0]).softmax(-1)
            found.append(joint.sum(1))
            if len(found) == self.variables:
                return self._restored(torch.stack(found, dim=1), 1)
            longer = extend_prefixes(joint, count, generator)
            memory = [part[networks, longer.shorter] for part in memory]
            code, mass = self.head.code(longer.state), longer.mass

    def _score(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-probabilities of states (S, N, k), the first k variables in order."""
        first, later = self._conditionals(weights, states)
        found = self.head.log_prob_shared(first, states[..., 0])
        if later is None:
            return found
        return found + self.head.log_prob(later, states[..., 1:].transpose(1, 2)).sum(1)

    def _outputs(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, k, N, outputs) at the prefixes of states (S, N, k), the first k variables in order."""
        first, later = self._conditionals(weights, states)
        everyone = first[:, None, None].expand(-1, 1, states.shape[1], -1)
        return everyone if later is None else torch.cat([everyone, later], dim=1)

    def _conditionals(self, weights: Tensor, states: Tensor) -> tuple[Tensor, Tensor | None]:
        """Outputs at states (S, N, k), the first k variables in order.

        Returns:
            (S, outputs) at the first variable, which has no prefix and is computed once for all states; and
            (S, k − 1, N, outputs) at the prefixes of the others, None if k = 1.
        """
        maps = split_weights(self.layers, weights)
        nothing = weights.new_zeros(len(weights), 1, 1, self.head.inputs)
        outputs, memory = self._run(maps, self._inputs(nothing, 0), self._start(weights, 1))
        first = apply_linear(maps[self.readout], outputs[:, 0])[:, 0]
        if states.shape[-1] == 1:
            return first, None
        memory = [part.expand(-1, states.shape[1], *part.shape[2:]) for part in memory]
        codes = self.head.code(states[..., :-1].transpose(1, 2))
        outputs, _ = self._run(maps, self._inputs(codes, 1), memory)
        later = apply_linear(maps[self.readout], outputs.flatten(1, 2))
        return first, later.unflatten(1, outputs.shape[1:3])

    def _inputs(self, before: Tensor, start: int) -> Tensor:
        """(S, n, N, inputs): codes (S, n, N, ·) of the values before, and codes of the positions from `start` on."""
        positions = self.positions[start : start + before.shape[1]].to(before)
        return torch.cat([before, positions.unsqueeze(1).expand(*before.shape[:3], -1)], dim=-1)

    def _ordered(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, d) states in the backbone's order, of states (N, d) or (S, N, d) in the data's."""
        if states.shape[-1] != self.variables or states.dim() not in (2, 3):
            raise ValueError(
                f"expected states (N, {self.variables}) or (S, N, {self.variables}), got {tuple(states.shape)}"
            )
        return self._columns(weights, states, self.order)

    def _columns(self, weights: Tensor, states: Tensor, chosen: Sequence[int]) -> Tensor:
        if list(chosen) != list(range(len(chosen))):
            states = states.index_select(-1, torch.tensor(chosen, device=states.device))
        return states.expand(len(weights), *states.shape[-2:])

    def _restored(self, values: Tensor, dim: int) -> Tensor:
        """Values with one dimension reordered from the backbone's order to the data's."""
        if self.order == tuple(range(self.variables)):
            return values
        return values.index_select(dim, torch.tensor(self.order, device=values.device).argsort())


class Prefixes(NamedTuple):
    """Prefixes, each a shorter prefix with one more variable.

    Attributes:
        shorter: (S, N) index of the shorter prefix.
        state: (S, N) value of the added variable.
        mass: (S, N) probability that the prefix represents.
    """

    shorter: Tensor
    state: Tensor
    mass: Tensor


def extend_prefixes(joint: Tensor, count: int, generator: torch.Generator) -> Prefixes:
    """Prefixes one variable longer: all of them if they are few, else a systematic sample.

    Args:
        joint: (S, M, L) probabilities of M prefixes followed by each of L states.
        count: most prefixes to keep.
        generator: one draw for each of the S networks.

    Returns:
        The prefixes. The number of draws of each differs from its expectation by less than one; sums over the sample
        are unbiased.
    """
    stack, _, states = joint.shape
    flat = joint.flatten(1)
    if flat.shape[1] <= count:
        place = torch.arange(flat.shape[1], device=joint.device).expand(stack, -1)
        return Prefixes(place // states, place % states, flat)
    cumulative = flat.cumsum(1)
    start = torch.rand(stack, 1, generator=generator, device=joint.device, dtype=joint.dtype)
    levels = (torch.arange(count, device=joint.device) + start) / count * cumulative[:, -1:]
    place = torch.searchsorted(cumulative, levels, right=True).clamp_max(flat.shape[1] - 1)
    return Prefixes(place // states, place % states, (cumulative[:, -1:] / count).expand(-1, count))


def position_code(variables: int) -> Tensor:
    """(d, POSITION_CHANNELS) sines and cosines of the position, at periods from 4 up to 4·d variables.

    The shortest period tells neighbours apart; over the longest the code changes monotonically.
    """
    longest = max(1.0, float(variables))
    periods = 4 * longest ** torch.linspace(0, 1, POSITION_CHANNELS // 2, dtype=torch.float64)
    angles = 2 * torch.pi * torch.arange(variables, dtype=torch.float64)[:, None] / periods
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()

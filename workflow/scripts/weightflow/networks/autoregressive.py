"""Base class of autoregressive networks: p(x | θ) = Π_i p(x_i | x_<i; θ), scored and sampled variable by variable.

A subclass computes features at each variable from the codes of the variables before it (`_run`), and a head turns
outputs into distributions (heads.py); likelihoods, samples and marginals follow here. `x_<i` are the variables before
i in the backbone's order, which may differ from the data's. Arguments and results are in the data's order.

A variable that a linear relation gives is computed, not learned. It comes right after the others of its relation, and
these are bounded so that it is never negative.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from weightflow.data.relations import Relation, bounds, later_sums
from weightflow.data.state_space import Range
from weightflow.limits import MOST_COUNTS
from weightflow.networks.count_heads import CountHead, spread
from weightflow.networks.flat_weights import apply_linear, split_weights
from weightflow.networks.heads import Head, Where
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
        given = tuple(range(variables)) if order is None else tuple(order)
        if sorted(given) != list(range(variables)):
            raise ValueError(f"expected an order of {variables} variables, got {given}")
        self.relations = head.relations
        computed = {relation.computed for relation in self.relations}
        self.learned = tuple(v for v in given if v not in computed)
        self.order = _with_computed(self.learned, self.relations)
        self._largest = head.space.largest(variables) if isinstance(head, CountHead) else []
        self._later = [
            {one: later_sums(one, self.learned[place + 1 :], self._largest) for one in self.relations}
            for place in range(len(self.learned))
        ]
        self.positions = position_code(len(self.learned)) if position else torch.zeros(len(self.learned), 0)

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
        """(S, N, d, outputs) outputs at each variable given the variables before it, zero at computed ones.

        Arguments are those of `log_prob`.
        """
        found = self._outputs(weights, self._ordered(weights, states)).transpose(1, 2)
        if len(self.learned) < self.variables:
            padding = found.new_zeros(*found.shape[:2], self.variables - len(self.learned), found.shape[-1])
            found = torch.cat([found, padding], dim=2)
        missing = [v for v in range(self.variables) if v not in self.learned]
        return self._restored(found, 2, (*self.learned, *missing))

    def masses(self, outputs: Tensor, states: Tensor, variable: int, edges: Tensor) -> Tensor:
        """(S, N, B) probabilities of the bins of a variable given the variables before it.

        Args:
            outputs: (S, N, d, outputs) at the states.
            states: (N, d) shared or (S, N, d) own coordinates.
            variable: its index.
            edges: (B + 1,) of the bins, in coordinates.
        """
        if variable in self.learned:
            where = self._where(self._columns(outputs, states, self.learned)).at(self.learned.index(variable))
            return self.head.masses(outputs[:, :, variable], edges, where)
        place = torch.bucketize(states[..., variable].double(), edges.double()) - 1
        bins = len(edges) - 1
        found = torch.nn.functional.one_hot(place.clamp(0, bins - 1), bins).to(outputs)
        return found.expand(len(outputs), *found.shape[-2:])

    def divergence(self, weights: Tensor, anchors: Tensor, states: Tensor) -> Tensor:
        """(S, N) Kullback–Leibler divergences of the conditionals from those of anchors, summed over the variables.

        Args:
            weights: (S, P).
            anchors: (S, P).
            states: (N, d) shared or (S, N, d) own coordinates.
        """
        ordered = self._ordered(weights, states)
        with torch.no_grad():
            wanted = self._outputs(anchors, ordered)
        values = ordered.transpose(1, 2)
        return self.head.divergence(wanted, self._outputs(weights, ordered), values, self._where(ordered)).sum(1)

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
        first = [v for v in self.order[:count] if v in self.learned]
        return self._score(weights, self._columns(weights, states, first))

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
        drawn: dict[int, Tensor] = {}
        left = self._totals(weights, count)
        for i, variable in enumerate(self.learned):
            features, memory = self._run(maps, self._inputs(code.unsqueeze(1), i), memory)
            outputs = apply_linear(maps[self.readout], features[:, 0])
            where = Where((variable,), self._bounds(i, left))
            if variable in known:
                drawn[variable] = known[variable].expand(len(weights), count)
                log_weights = log_weights + self.head.log_prob(outputs, drawn[variable], where)
            else:
                drawn[variable] = self.head.sample(outputs, generator, where)
            left = self._spent(i, left, drawn[variable])
            code = self.head.code(drawn[variable], where)
        for relation, rest in zip(self.relations, left, strict=True):
            drawn[relation.computed] = rest
            if relation.computed in known:
                log_weights = log_weights.masked_fill(rest != known[relation.computed], -torch.inf)
        return torch.stack([drawn[v] for v in range(self.variables)], dim=-1), log_weights

    @torch.no_grad()
    def marginals(self, weights: Tensor, count: int, generator: torch.Generator, levels: int | None = None) -> Tensor:
        """(S, d, levels) float64 of the counts 0 … levels − 1 or more; exact at variables with few prefixes.

        Args:
            weights: (S, P).
            count: most prefixes; with more, some are drawn.
            generator: of the drawn prefixes.
            levels: number of counts; None for those of the largest table.

        Raises:
            ValueError: a variable has no softmax.
        """
        head = self.head
        if not isinstance(head, CountHead) or not head.all_tables:
            raise ValueError("marginals by enumeration need a softmax at every variable")
        maps = split_weights(self.layers, weights)
        memory, levels = self._start(weights, 1), levels or head.space.levels
        code = weights.new_zeros(len(weights), 1, head.inputs)
        mass = torch.ones(len(weights), 1, dtype=torch.float64, device=weights.device)
        networks = torch.arange(len(weights), device=weights.device).unsqueeze(1)
        left = self._totals(weights, 1)
        found: dict[int, Tensor] = {}
        for i, variable in enumerate(self.learned):
            outputs, memory = self._run(maps, self._inputs(code.unsqueeze(1), i), memory)
            outputs = apply_linear(maps[self.readout], outputs[:, 0])
            where = Where((variable,), self._bounds(i, left))
            own = head.space.range_of(variable)
            # What a relation leaves depends on the count; other variables' codes on its cell alone.
            states = own.cells if where.bounds is None else own.reach
            joint = mass.unsqueeze(-1) * head.counts(outputs, states, where)
            found[variable] = spread(joint.sum(1), own if where.bounds is None else Range(states - 1), levels)
            if i == len(self.learned) - 1 and not self.relations:
                break
            longer = extend_prefixes(joint, count, generator)
            memory = [part[networks, longer.shorter] for part in memory]
            left = self._spent(i, [rest.gather(1, longer.shorter) for rest in left], longer.state)
            code, mass = head.code(longer.state, where), longer.mass
        for relation, rest in zip(self.relations, left, strict=True):
            empty = mass.new_zeros(len(weights), levels)
            found[relation.computed] = empty.scatter_add_(1, rest.clamp(0, levels - 1), mass)
        return torch.stack([found[v] for v in range(self.variables)], dim=1)

    def _score(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-probabilities of states (S, N, k), the first k learned variables in order."""
        first, later = self._conditionals(weights, states)
        where = self._where(states)
        found = self.head.log_prob_shared(first, states[..., 0], where.at(0))
        if later is None:
            return found
        return found + self.head.log_prob(later, states[..., 1:].transpose(1, 2), where.after_first()).sum(1)

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
        codes = self.head.code(states[..., :-1].transpose(1, 2), Where(self.learned[: states.shape[-1] - 1]))
        outputs, _ = self._run(maps, self._inputs(codes, 1), memory)
        later = apply_linear(maps[self.readout], outputs.flatten(1, 2))
        return first, later.unflatten(1, outputs.shape[1:3])

    def _inputs(self, before: Tensor, start: int) -> Tensor:
        """(S, n, N, inputs): codes (S, n, N, ·) of the values before, and codes of the positions from `start` on."""
        positions = self.positions[start : start + before.shape[1]].to(before)
        return torch.cat([before, positions.unsqueeze(1).expand(*before.shape[:3], -1)], dim=-1)

    def _ordered(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, k) learned variables in the backbone's order, of states (N, d) or (S, N, d) in the data's."""
        if states.shape[-1] != self.variables or states.dim() not in (2, 3):
            raise ValueError(
                f"expected states (N, {self.variables}) or (S, N, {self.variables}), got {tuple(states.shape)}"
            )
        return self._columns(weights, states, self.learned)

    def _columns(self, weights: Tensor, states: Tensor, chosen: Sequence[int]) -> Tensor:
        if list(chosen) != list(range(states.shape[-1])):
            states = states.index_select(-1, torch.tensor(chosen, device=states.device))
        return states.expand(len(weights), *states.shape[-2:])

    @staticmethod
    def _restored(values: Tensor, dim: int, order: Sequence[int]) -> Tensor:
        """Values with one dimension reordered from an order of the variables to the data's."""
        if list(order) == list(range(len(order))):
            return values
        return values.index_select(dim, torch.tensor(order, device=values.device).argsort())

    def _totals(self, weights: Tensor, count: int) -> list[Tensor]:
        """(S, N) total of each relation."""
        return [torch.full((len(weights), count), relation.total, device=weights.device) for relation in self.relations]

    def _spent(self, place: int, left: Sequence[Tensor], values: Tensor) -> list[Tensor]:
        """What is left of each total after the variable at a place of the order."""
        variable = self.learned[place]
        pairs = zip(self.relations, left, strict=True)
        return [rest - relation.coefficients[variable] * values for relation, rest in pairs]

    def _bounds(self, place: int, left: Sequence[Tensor]) -> tuple[Tensor, Tensor] | None:
        """Least and largest values of the variable at a place, given what is left of each total; None without any.

        The sum of the later terms of each relation then lies within the variables' ranges.
        """
        variable = self.learned[place]
        own = [pair for pair in zip(self.relations, left, strict=True) if pair[0].coefficients[variable]]
        if not own:
            return None
        low, high = torch.zeros_like(left[0]), torch.full_like(left[0], self._largest[variable])
        for relation, rest in own:
            least, most = bounds(relation, variable, rest, *self._later[place][relation])
            low, high = torch.maximum(low, least), torch.minimum(high, most)
        return low, torch.maximum(low, high)

    def _where(self, states: Tensor) -> Where:
        """Variables and bounds at states (S, N, k), the first k learned variables in order."""
        variables = self.learned[: states.shape[-1]]
        if not self.relations:
            return Where(variables)
        states, found = states.long(), []
        left = [states.new_full(states.shape[:2], relation.total) for relation in self.relations]
        none = torch.zeros_like(left[0]), torch.full_like(left[0], MOST_COUNTS)
        for place in range(len(variables)):
            found.append(self._bounds(place, left) or none)
            left = self._spent(place, left, states[..., place])
        low, high = zip(*found, strict=True)
        return Where(variables, (torch.stack(low, dim=1), torch.stack(high, dim=1)))


def _with_computed(learned: Sequence[int], relations: Sequence[Relation]) -> tuple[int, ...]:
    """An order of the variables in which a computed one comes right after the others of its relation."""
    order = []
    for place, variable in enumerate(learned):
        order.append(variable)
        for relation in relations:
            others = set(relation.members) - {relation.computed}
            if variable in others and others <= set(learned[: place + 1]):
                order.append(relation.computed)
    return tuple(order)


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

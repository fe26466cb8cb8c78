"""A distribution at one time: all its states with probabilities, or draws; also where some variables are known."""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch

from weightflow.data.state_space import MOST_BINS, Counts, StateSpace
from weightflow.density.weighted_states import marginals
from weightflow.errors import InputError
from weightflow.networks.backbones import Backbone
from weightflow.prediction import joint_grids
from weightflow.prediction.estimate import Estimate
from weightflow.prediction.moving_density import NetworkDensity, is_listed, most_prefixes
from weightflow.systems.events import Event

MOST_STATES = 1_000_000  # states of a distribution of counts whose sums are exact
DRAWS = 100_000  # states drawn for sums that are not
_LEAST_WORTH = 10  # independent draws that weighted ones must be worth

Values = Callable[[np.ndarray], np.ndarray]  # values (n, D) of states (n, d)


class WeightedStates(NamedTuple):
    """Weighted states of a distribution.

    Attributes:
        states: (n, d).
        weights: (n,), with sum 1.
        log_probs: (n,) log-probabilities or log-densities of the states.
        exact: whether these are all states and their probabilities, instead of draws.
    """

    states: np.ndarray
    weights: np.ndarray
    log_probs: np.ndarray
    exact: bool

    def mean(self, values: np.ndarray) -> Estimate:
        """Mean of values (n,) of the states; its standard error is that of a self-normalised estimate."""
        mean = float(self.weights @ values)
        error = 0.0 if self.exact else float(np.sqrt(self.weights**2 @ (values - mean) ** 2))
        return Estimate(mean, error)

    def probability(self, holds: np.ndarray | bool) -> Estimate:
        """Probability of an event that holds in some states (n,), or in all of them or none."""
        found = self.mean(np.broadcast_to(holds, len(self.states)) * 1.0)
        never = not self.exact and found.error < 1e-9
        return Estimate(found, 3 * float(self.weights @ self.weights)) if never else found


class Distribution(Protocol):
    """A distribution of states (n, d) in the state space of a fit."""

    @property
    def space(self) -> StateSpace:
        """Its state space."""

    @property
    def known(self) -> Mapping[int, float]:
        """Values of known variables by their indices."""

    @property
    def cloud(self) -> WeightedStates:
        """Its states."""

    @property
    def state_bytes(self) -> int:
        """Memory that a drawn state takes, about."""

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) independent states, or resampled weighted ones."""

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities or log-densities of states (n, d)."""

    def marginals(self) -> np.ndarray:
        """(d, B) probabilities of the space's bins."""

    @property
    def counted(self) -> np.ndarray:
        """(d, levels) probabilities of the counts 0 … levels − 1 or more, as far as tails reach; if bins are counts."""

    def joint(self, pair: tuple[int, int]) -> np.ndarray:
        """(B, B) probabilities of the bins of two variables."""

    def probability(self, event: Event, time: float, values: Values) -> Estimate:
        """Probability of an event.

        Args:
            event: of the values.
            time: that the event may depend on.
            values: function from states (n, d) to the values that the event is about.
        """

    def given(self, known: Mapping[int, float]) -> "Distribution":
        """The conditional distribution.

        Raises:
            InputError: the known values have probability zero, or are too rare to estimate.
        """


@dataclass(frozen=True)
class ListedStates:
    """A distribution as a list of weighted states: all states with their probabilities, or draws.

    Attributes:
        cloud: the states.
        space: their state space.
        known: values of known variables by their indices.
    """

    cloud: WeightedStates
    space: StateSpace
    known: Mapping[int, float] = field(default_factory=dict)

    @property
    def state_bytes(self) -> int:
        """Memory of an index, and of the values."""
        return 8 * (1 + self.cloud.states.shape[1])

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) states of the list."""
        return self.cloud.states[rng.choice(len(self.cloud.states), count, p=self.cloud.weights)]

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) looked up in a list of all counts."""
        asked = pd.MultiIndex.from_arrays(list(states.T))
        places = pd.MultiIndex.from_arrays(list(self.cloud.states.T)).get_indexer(asked)
        return np.where(places >= 0, self.cloud.log_probs[places], -np.inf)

    def marginals(self) -> np.ndarray:
        """(d, B) sums of weights."""
        states, weights, *_ = self.cloud
        edges = [self.space.edges(v) for v in range(states.shape[1])]
        parts = [np.histogram(self._inside(own, v), own, weights=weights)[0] for v, own in enumerate(edges)]
        return np.stack(parts)

    @property
    def counted(self) -> np.ndarray:
        """(d, levels) sums of weights."""
        states = np.minimum(self.cloud.states, MOST_BINS - 1)
        levels = max(self.space.bins, int(states.max()) + 1)
        return marginals(states, self.cloud.weights, levels)

    def joint(self, pair: tuple[int, int]) -> np.ndarray:
        """(B, B) sums of weights."""
        weights = self.cloud.weights
        edges = [self.space.edges(v) for v in pair]
        inside = [self._inside(own, v) for v, own in zip(pair, edges, strict=True)]
        return np.histogramdd(np.stack(inside, axis=1), bins=edges, weights=weights)[0]

    def probability(self, event: Event, time: float, values: Values) -> Estimate:
        """Sum of weights."""
        return self.cloud.probability(event.holds(values(self.cloud.states), time))

    def _inside(self, edges: np.ndarray, variable: int) -> np.ndarray:
        """(n,) values of a variable; the last bin of counts holds all larger ones."""
        values = self.cloud.states[:, variable]
        return np.minimum(values, int(edges[-1])) if isinstance(self.space, Counts) else values

    def given(self, known: Mapping[int, float]) -> "ListedStates":
        """The states with the known values."""
        states, weights, log_probs, exact = self.cloud
        kept = np.all([states[:, v] == value for v, value in known.items()], axis=0)
        total = weights[kept].sum()
        if not total > 0:
            raise InputError("the given values have probability zero; change them.")
        found = WeightedStates(states[kept], weights[kept] / total, log_probs[kept] - math.log(total), exact)
        return ListedStates(found, self.space, {**self.known, **known})


@dataclass(frozen=True)
class MovedNetwork:
    """A backbone at the weights of one time, with some variables known or none.

    Attributes:
        backbone: the density.
        weights: (1, P).
        space: state space of d variables.
        seed: of the draws.
        known: values of known variables by their indices.
        most_states: states of a distribution of counts whose sums are exact.
        draws: states drawn for sums that are not.
    """

    backbone: Backbone
    weights: torch.Tensor
    space: StateSpace
    seed: int
    known: Mapping[int, float] = field(default_factory=dict)
    most_states: int = MOST_STATES
    draws: int = DRAWS

    @property
    def variables(self) -> int:
        """Number d of variables."""
        return len(self.backbone.order)

    @property
    def state_bytes(self) -> int:
        """Memory of the network's outputs and of its hidden state, as measured for small ones, with a reserve."""
        return 1024 + 32 * (self.backbone.head.outputs + self.variables)

    @property
    def is_exact(self) -> bool:
        """Whether the known variables come first in the backbone's order, so that draws have equal weights."""
        return set(self.backbone.order[: len(self.known)]) == set(self.known)

    @cached_property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """States (draws, d), and logarithms of their weights."""
        return self._draw(self.draws, np.random.default_rng(self.seed))

    @cached_property
    def cloud(self) -> WeightedStates:
        """All states if they are few, else draws."""
        states = None if self.known else self._listed
        if states is not None:
            log_probs = self.log_prob(states)
            log_probs -= np.logaddexp.reduce(log_probs)  # rounding
            return WeightedStates(states, np.exp(log_probs), log_probs, exact=True)
        states, log_weights = self._drawn
        weights = np.exp(log_weights - np.logaddexp.reduce(log_weights))
        return WeightedStates(states, weights, self.log_prob(states), exact=False)

    @cached_property
    def _listed(self) -> np.ndarray | None:
        """(n, d) all states but those far out in tails; None if there are more than `most_states`."""
        if not isinstance(self.space, Counts):
            return None
        own = self.backbone.head.support(self.space)
        assert isinstance(own, Counts)
        levels = [own.range_of(v).reach for v in self.backbone.learned]
        if math.prod(levels) > self.most_states:
            return None
        states = np.zeros((math.prod(levels), self.variables), dtype=np.int64)
        states[:, list(self.backbone.learned)] = np.indices(levels).reshape(len(levels), -1).T
        for relation in own.relations:
            states[:, relation.computed] = relation.value(states)
        return states[own.contains(states)]

    @cached_property
    def counted(self) -> np.ndarray:
        """(d, levels) sums over all prefixes, or means of conditionals over many."""
        if self.known:
            return ListedStates(self.cloud, self.space).counted
        assert isinstance(self.space, Counts)
        own = self.backbone.head.support(self.space)
        assert isinstance(own, Counts)
        reach = max(own.range_of(v).reach for v in range(self.variables))
        density = NetworkDensity(self.backbone, self.weights, self.space, self.seed)
        return density.marginals(self.space, max(self.space.bins, min(reach, MOST_BINS)))

    @cached_property
    def log_known(self) -> float:
        """Log-probability or log-density of the known values: exact, or estimated from draws."""
        log_weights = (self._draw(1, np.random.default_rng(self.seed)) if self.is_exact else self._drawn)[1]
        volume = 0.0 if isinstance(self.space, Counts) else sum(math.log(self.space.spread[v]) for v in self.known)
        return float(np.logaddexp.reduce(log_weights) - math.log(len(log_weights)) - volume)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) independent states, or resampled weighted ones."""
        if not self.is_exact:
            return self.cloud.states[rng.choice(len(self.cloud.states), count, p=self.cloud.weights)]
        return self._draw(count, rng)[0]

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) by the chain rule."""
        density = NetworkDensity(self.backbone, self.weights, self.space, self.seed)
        found = density.log_prob(states)
        if not self.known:
            return found
        row = np.array([[self.known.get(v, 0) for v in range(self.variables)]], dtype=float)
        apart = np.abs(self.space.coordinates(states).astype(float) - self.space.coordinates(row))
        agree = (apart[:, list(self.known)] < 1e-5).all(axis=1)
        return np.where(agree, found - self.log_known, -np.inf)

    def marginals(self) -> np.ndarray:
        """(d, B) sums over all prefixes, or means of conditionals over many."""
        if self.known:
            return ListedStates(self.cloud, self.space).marginals()
        return NetworkDensity(self.backbone, self.weights, self.space, self.seed).marginals(self.space)

    def joint(self, pair: tuple[int, int]) -> np.ndarray:
        """(B, B) sums over all states, or means of conditionals over draws."""
        if not self.known and not self.cloud.exact and self.space.bins <= joint_grids.MOST_STATES:
            return joint_grids.joint_grids(self.backbone, self.weights, self.space, pair, self.seed)[0]
        return ListedStates(self.cloud, self.space).joint(pair)

    def probability(self, event: Event, time: float, values: Values) -> Estimate:
        """From the marginal for an event of one count, else a sum over the states or draws."""
        if len(event.variables) != 1 or self.known or not self.space.has_unit_bins:
            return self.cloud.probability(event.holds(values(self.cloud.states), time))
        (variable,), levels = event.variables, self.space.bins  # counts are their own values
        masses = self.counted[variable]
        found = float(masses @ event.of_count(len(masses), self.variables, time))
        is_exact = is_listed(self.backbone) and levels ** self.backbone.order.index(variable) <= most_prefixes(levels)
        return Estimate(found) if is_exact else Estimate.of_share(found, most_prefixes(levels))

    def given(self, known: Mapping[int, float]) -> Distribution:
        """By enumeration if the states are few, else from the backbone with known variables."""
        every = {**self.known, **known}
        values = np.array([list(every.values())], dtype=float)
        agree = all(self.known.get(v, value) == value for v, value in known.items())
        if not agree or not self.space.part(list(every)).contains(values)[0]:
            raise InputError("the given values have probability zero; change them.")
        if not self.known and self.cloud.exact:
            return ListedStates(self.cloud, self.space).given(known)
        found = replace(self, known=every)
        if not found.is_exact:
            effective = 1 / np.sum(found.cloud.weights**2)
            if not effective >= _LEAST_WORTH:
                raise InputError(
                    f"the given values are too rare to estimate: {self.draws} importance-weighted draws are worth "
                    f"{effective:.0f} independent ones; give likelier values, or only variables that come first in "
                    "the model's order."
                )
            warnings.warn(
                f"the given variables are not the first in the model's order, so draws are importance-weighted: "
                f"{self.draws} draws are worth {effective:.0f} independent ones.",
                stacklevel=3,
            )
        return found

    def _draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """States (count, d), and logarithms of their weights (count,)."""
        row = np.array([[self.known.get(v, 0) for v in range(self.variables)]], dtype=float)
        coordinates = torch.as_tensor(self.space.coordinates(row)[0], device=self.weights.device)
        coordinates = coordinates.long() if isinstance(self.space, Counts) else coordinates
        generator = torch.Generator(self.weights.device).manual_seed(int(rng.integers(2**63)))
        held = {v: coordinates[v] for v in self.known}
        drawn, log_weights = self.backbone.sample_given(held, self.weights, count, generator)
        states = self.space.states(drawn[0].cpu().numpy())
        for v, value in self.known.items():
            states[:, v] = value
        return states, log_weights[0].double().cpu().numpy()

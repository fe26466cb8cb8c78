"""The distribution of the state at one time, with the conventions of `torch.distributions`.

States are rows of a data frame or of an array (n, d) whose columns are the variables in order. Results with names are
data frames and series.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from weightflow import limits, seeding
from weightflow.api.arguments import checked_seed, whole
from weightflow.data.representation import Representation
from weightflow.data.state_space import Counts, StateSpace
from weightflow.errors import InputError, shown
from weightflow.prediction.distributions import Distribution
from weightflow.prediction.estimate import Estimate
from weightflow.systems.events import compile_event


class Density:
    """The distribution of the state at one time, from `Flow.at`.

    Probabilities of events, covariances and the entropy are sums over all states for counts with at most a million
    states in all (`exact`), else means over 100 000 draws. Marginals, means, quantiles and probabilities of events of
    one count are exact with at most 20 000 prefixes of the variable.

    Attributes:
        time: of the distribution.
        variables: d names.
    """

    def __init__(
        self,
        distribution: Distribution,
        variables: Sequence[str],
        time: float,
        seed: int,
        scaling: Representation | None = None,
    ) -> None:
        """A density; use `Flow.at`.

        Args:
            distribution: of the states of the fit.
            variables: d names.
            time: of the distribution.
            seed: of the draws of `sample` and of sums that are not exact.
            scaling: scaling of the values in the file, which the density is expressed in.
        """
        self.time, self.variables = time, list(variables)
        self._distribution, self._seed, self._scaling = distribution, seed, scaling
        self._rng = seeding.stream(seed, "draws")

    def __repr__(self) -> str:
        """Variables and time."""
        return f"<Density of {', '.join(self.variables)} at time {self.time:g}>"

    @property
    def exact(self) -> bool:
        """Whether probabilities of events, covariances and the entropy are sums over all states, instead of draws."""
        return self._distribution.cloud.exact

    def sample(self, count: int, seed: int | None = None) -> pd.DataFrame:
        """Independent states.

        Args:
            count: number of rows n.
            seed: of the draws; None continues the density's own stream, so that two calls give different states. Each
                call of `Flow.at` begins the stream anew.

        Returns:
            (n, d), a column for each variable.

        Raises:
            InputError: the count or the seed is no whole number, or the states exceed the memory.
        """
        count = drawn_count(count, "sample", self._distribution.state_bytes)
        rng = self._rng if seed is None else seeding.stream(checked_seed(seed, "sample"), "draws")
        return self._frame(self._distribution.sample(count, rng))

    def log_prob(self, states: Any) -> np.ndarray | float:
        """Log-probabilities of counts, or log-densities of real values, in nats.

        Args:
            states: (n, d) array or data frame, or a single state (d,).

        Returns:
            (n,), or a number for a single state; −∞ for counts that the model excludes.

        Raises:
            InputError: another number of variables, unknown columns, NaN, or counts that are not whole.
        """
        found = self._distribution.log_prob(self._states(states)) + self._log_volume
        is_single = isinstance(states, pd.Series | Mapping) or np.ndim(states) < min(2, len(self.variables))
        return float(found[0]) if is_single else found

    @property
    def mean(self) -> pd.Series:
        """(d,) means."""
        if self._space.has_unit_bins:
            masses = self._distribution.counted
            return pd.Series(masses @ np.arange(masses.shape[1]), self.variables, name="mean")
        cloud = self._distribution.cloud
        return pd.Series(self._values(cloud.states).T @ cloud.weights, self.variables, name="mean")

    @property
    def covariance(self) -> pd.DataFrame:
        """(d, d) covariances."""
        cloud = self._distribution.cloud
        values = self._values(cloud.states)
        away = values - cloud.weights @ values
        return pd.DataFrame((away.T * cloud.weights) @ away, self.variables, self.variables)

    def quantile(self, q: float | Sequence[float]) -> pd.Series | pd.DataFrame:
        """Quantiles of each variable: the smallest value whose distribution function reaches q.

        Args:
            q: in [0, 1], one or several.

        Returns:
            A series (d,), or a data frame with a row for each q.

        Raises:
            InputError: q lies outside [0, 1], or is a list of lists.
        """
        try:
            asked = np.atleast_1d(np.asarray(q, dtype=float))
        except (TypeError, ValueError):
            asked = np.array([np.nan])
        if asked.ndim > 1:
            raise InputError(f"quantile: {shown(q)} is a list of lists; give one list of numbers between 0 and 1.")
        if not ((asked >= 0) & (asked <= 1)).all():
            raise InputError(f"quantile: {shown(q)} is not between 0 and 1; change it.")
        if self._space.has_unit_bins:
            columns = [(np.arange(len(masses)), masses) for masses in self._distribution.counted]
        else:
            cloud = self._distribution.cloud
            columns = [(column, cloud.weights) for column in self._values(cloud.states).T]
        rows = []
        for column, weights in columns:
            order = np.argsort(column, kind="stable")
            reached = np.cumsum(weights[order])
            place = np.searchsorted(reached, asked * reached[-1] - 1e-9, side="left")
            rows.append(column[order][np.minimum(place, len(order) - 1)])
        found = pd.DataFrame(np.array(rows).T, index=asked, columns=self.variables)
        return found.iloc[0].rename("quantile") if np.ndim(q) == 0 else found

    def entropy(self) -> Estimate:
        """Entropy in nats (differential entropy for real values)."""
        cloud = self._distribution.cloud
        finite = np.where(cloud.weights > 0, cloud.log_probs, 0.0) + self._log_volume
        return cloud.mean(-finite)

    def probability(self, event: str) -> Estimate:
        """Probability of an event.

        Args:
            event: comparisons joined by and, or, not, such as "I > 20 and S < 10" (`systems.events`). The time of the
                density is t. A variable's name that is no identifier, or has a meaning of its own, stands in
                backquotes: "`HLA-A` > 1 and `t` < 3". A comparison is false where a side is undefined, as S / I where
                I is 0, and `not` makes it true.

        Returns:
            A float whose `error` is its standard error, 0 if it is exact.

        Raises:
            InputError: an unknown variable, no variable at all, or anything else than comparisons.
        """
        return self._distribution.probability(compile_event(event, self.variables, "event"), self.time, self._values)

    def marginal(self, variable: str) -> pd.Series:
        """Probabilities of the counts 0 … L−1 of a variable, or its density at the middles of 120 bins.

        Raises:
            InputError: the variable is unknown.
        """
        place = self._place(variable)
        masses, (middles, widths) = self._marginals[place], self._bins(place)
        return pd.Series(masses / widths, pd.Index(middles, name=variable), name="probability")

    def joint(self, first: str, second: str) -> pd.DataFrame:
        """Joint probabilities of two variables, or joint densities at the middles of bins.

        Raises:
            InputError: a variable is unknown, or both are the same.
        """
        pair = self._place(first), self._place(second)
        if first == second:
            raise InputError(f"joint: {first} is there twice; name two variables.")
        masses, ((rows, heights), (columns, widths)) = self._distribution.joint(pair), map(self._bins, pair)
        return pd.DataFrame(
            masses / np.outer(heights, widths), pd.Index(rows, name=first), pd.Index(columns, name=second)
        )

    def given(self, values: "Mapping[str, float] | pd.Series | None" = None, /, **named: float) -> "Density":
        """The conditional distribution where some variables are known.

        It is exact if sums over states are (`exact`). Else draws are independent if the known variables come first in
        the model's order, and weighted by importance and resampled if not; a warning says how many independent draws
        they are worth.

        Args:
            values: known values by variable, a mapping or a series, for names that are no identifiers.
            named: the same, as in `given(S=20)`.

        Raises:
            InputError: an unknown variable, one that is named twice, a value that is no count, values of probability
                zero, or so rare ones that importance-weighted draws are worth fewer than 10.
        """
        if values is not None and not isinstance(values, Mapping | pd.Series):
            raise InputError(f"given: {shown(repr(values))} holds no values by variable; write it as in given(S=20).")
        first = {} if values is None else dict(values.items())
        if twice := [name for name in named if name in first]:
            raise InputError(f"given: the variable {twice[0]} is there twice; give it once.")
        known = {**first, **named}
        if not known:
            raise InputError("given: no variable is named; name one, as in given(S=20).")
        row = pd.DataFrame([{name: known.get(name, np.nan) for name in self.variables}])
        places = [self._place(name) for name in known]
        states = self._states(row, places)[0]
        try:
            found = self._distribution.given({v: states[v].item() for v in places})
        except InputError as fault:
            told = ", ".join(f"{name} = {shown(value)}" for name, value in known.items())
            raise InputError(f"given({told}) at time {self.time:g}: {fault}") from None
        return Density(found, self.variables, self.time, self._seed, self._scaling)

    @cached_property
    def _marginals(self) -> np.ndarray:
        return self._distribution.marginals()

    @property
    def _space(self) -> StateSpace:
        return self._distribution.space

    @property
    def _log_volume(self) -> float:
        """Logarithm of the volume of states per volume of values in the file."""
        if self._scaling is None:
            return 0.0
        free = [v for v in range(len(self.variables)) if v not in self._distribution.known]
        return float(self._scaling.log_scales[free].sum())

    def _place(self, variable: str) -> int:
        if not isinstance(variable, str) or variable not in self.variables:
            raise InputError(f"there is no variable '{shown(variable)}'; use {', '.join(self.variables)}.")
        return self.variables.index(variable)

    def _bins(self, place: int) -> tuple[np.ndarray, np.ndarray | float]:
        """Middles and widths of the bins of a variable, in the units of the file."""
        edges = self._space.edges(place)
        if self._space.has_unit_bins:
            return np.arange(self._space.bins), 1.0
        if self._scaling is not None:
            edges = edges * self._scaling.back[place, place] + self._scaling.mean[place]
        return (edges[:-1] + edges[1:]) / 2, np.diff(edges)

    def _values(self, states: np.ndarray) -> np.ndarray:
        return states if self._scaling is None else self._scaling.values(states)

    def _frame(self, states: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(self._values(states), columns=self.variables)

    def _states(self, given: Any, places: Sequence[int] | None = None) -> np.ndarray:
        """(n, d) states of the fit."""
        values = state_rows(given, self.variables, isinstance(self._space, Counts), places)
        return values if self._scaling is None else self._scaling.states(values)


def drawn_count(count: Any, where: str, each: int) -> int:
    """A number of states to draw.

    Args:
        count: the argument.
        where: the function, for messages.
        each: bytes of memory that a drawn state takes.

    Raises:
        InputError: no whole number from 1 on, or more states than the memory holds.
    """
    most = limits.most_bytes() // each
    if (number := whole(count, 1, where, "number of states")) > most:
        raise InputError(f"{where}: {number} states exceed the memory of this machine; draw at most {most} at a time.")
    return number


def state_rows(given: Any, variables: Sequence[str], counts: bool, places: Sequence[int] | None = None) -> np.ndarray:
    """A user's states as an array (n, d).

    Args:
        given: data frame with a column for each variable in any order, array (n, d), or a single state: a series or
            mapping with the variables' names, or an array (d,). Of one variable, an array (n,) are n states.
        variables: d names.
        counts: whether values must be whole numbers.
        places: indices of the variables that must have values; all by default.

    Raises:
        InputError: another number of variables, a missing column, NaN, or counts that are not whole.
    """
    if isinstance(given, pd.Series | Mapping):
        given = pd.DataFrame([dict(given)])
    if isinstance(given, pd.DataFrame):
        given = given.set_axis([str(name) for name in given], axis=1)
        if missing := [name for name in variables if name not in given]:
            raise InputError(f"states: there is no column '{missing[0]}'; the variables are {', '.join(variables)}.")
        given = given[list(variables)]
    if np.ma.is_masked(given):
        raise InputError("states: they have masked values, which are missing; remove those rows.")
    try:
        if np.asarray(given).dtype.kind == "c":
            raise InputError("states: they hold complex numbers; give real ones.")
        values = np.asarray(given, dtype=float)
    except InputError:
        raise
    except (TypeError, ValueError):
        raise InputError("states: they hold text or rows of different lengths; give numbers.") from None
    if values.ndim < 2:
        values = values.reshape(-1, 1) if len(variables) == 1 else values.reshape(1, -1)
    if values.ndim != 2 or values.shape[1] != len(variables):
        raise InputError(
            f"states: their shape is {np.shape(given)}, and the model has the {len(variables)} variables "
            f"{', '.join(variables)}; give one column for each."
        )
    needed = values if places is None else values[:, list(places)]
    if not np.isfinite(needed).all():
        raise InputError("states: they hold NaN or infinity; remove those rows.")
    if counts and (needed != np.round(needed)).any():
        raise InputError("states: they hold fractions, and the model is of counts; give whole numbers.")
    values = np.nan_to_num(values)
    return values.astype(np.int64) if counts else values

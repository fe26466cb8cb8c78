"""Exact laws: the true probabilities of a system's states, for comparison with predictions.

A law is a table of states, a product of Poisson distributions, a normal distribution, or unknown. It may cover only
some of the variables, if these do not depend on the others.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.storage import read_tensors, write_tensors

KIND = "exact law"
NEGLIGIBLE = 1e-12  # states whose probability never exceeds this are left out of a table
RAREST = 1e-15  # states of a table with a smaller probability at a time are not compared
OUTSIDE = 1e-6  # largest probability of the states that a density excludes for a finite divergence
_DRAWS = 10_000  # sampled states for a distance from a product law or a normal law
_HUGE = 1e8  # from which a number of states is only told by its order
_NAMED = 2  # consecutive variables that are all named; of longer runs, the first and the last
_SINGULAR = 1e-13  # ratio of the variances of a normal law, from which it has no density
_FURTHEST = 1e-7  # tail probability of a Poisson distribution that is cut off


class ExactLaw(Protocol):
    """The law of some of d variables at T times."""

    @property
    def times(self) -> np.ndarray:
        """(T,) grid steps 0, 1, 2, …, the clock of simulated data."""

    @property
    def variables(self) -> np.ndarray:
        """(k,) indices of the variables that the law covers, in order."""

    @property
    def levels(self) -> int:
        """Exclusive upper bound of the counts that the law considers; 0 for a law of real values."""

    @property
    def is_known(self) -> bool:
        """Whether the law was computed; an unknown law allows no comparison."""

    @property
    def reason(self) -> str:
        """Why the law does not cover all variables, or is unknown; empty if it covers all."""

    @property
    def form(self) -> str:
        """Kind and size of the law, in words."""

    def marginals(self, t: int, levels: int) -> np.ndarray:
        """(k, levels) marginal probabilities at the t-th time, without larger counts; rows may sum to less than one.

        Raises:
            ValueError: the law is unknown, or of real values.
        """

    def weighted(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """States (n, k) and their weights (n,) at the t-th time, for figures."""

    def distances(self, t: int, log_prob: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """Kullback–Leibler divergence (nats) and total variation of a density from the law at the t-th time.

        Args:
            t: index into `times`.
            log_prob: of states (n, k), (n,).
        """


@dataclass(frozen=True)
class TableLaw:
    """Probabilities of states, as `ExactLaw` describes.

    Attributes:
        times: (T,).
        states: (n, k) int64 counts; n = 0 where the law could not be computed.
        probabilities: (T, n), each at most `lost` below the true one.
        lost: (T,) bound on the probability outside `states`; 1 where the law is unknown.
        columns: (k,) indices of the variables; empty for all, in their order.
        reason: as of `ExactLaw`; empty in files that older versions wrote.
    """

    times: np.ndarray
    states: np.ndarray
    probabilities: np.ndarray
    lost: np.ndarray
    columns: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    reason: str = ""

    @property
    def variables(self) -> np.ndarray:
        """(k,) indices."""
        return self.columns if len(self.columns) else np.arange(self.states.shape[1])

    @property
    def levels(self) -> int:
        """One more than the largest count."""
        return 1 + int(self.states.max(initial=0))

    @property
    def is_known(self) -> bool:
        """Whether there are states."""
        return len(self.states) > 0

    @property
    def form(self) -> str:
        """Size of the table and the largest lost probability at any time."""
        lost = self.lost.max()
        lacks = f"at most {_rounded_up(lost)} of the probability lost" if lost > 0 else "nothing lost"
        return f"a table of {spaced(len(self.states))} states, {lacks}"

    def marginals(self, t: int, levels: int) -> np.ndarray:
        """(k, levels); raises ValueError where the law is unknown."""
        if not self.is_known:
            raise ValueError("the exact law is unknown, so it has no marginals; check is_known first.")
        weights = self.probabilities[t]
        return np.stack([np.bincount(counts, weights, minlength=levels)[:levels] for counts in self.states.T])

    def weighted(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """All states and their probabilities."""
        return self.states, self.probabilities[t]

    def distances(self, t: int, log_prob: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """Sums over the table.

        A state that is less probable than 1e-15 is left out: with n states this changes the total variation by at
        most n · 1e-15 and the divergence by that times the largest difference in log-probability.
        """
        scored = self.probabilities[t] >= RAREST
        p, log_q = self.probabilities[t, scored], log_prob(self.states[scored])
        return kl(p, log_q), tv(p, log_q)


@dataclass(frozen=True)
class _ClosedForm:
    """What laws with a formula share: they are known, and cover all variables.

    Attributes:
        times: (T,).
        means: (T, d).
    """

    times: np.ndarray
    means: np.ndarray

    @property
    def variables(self) -> np.ndarray:
        """All d."""
        return np.arange(self.means.shape[1])

    @property
    def is_known(self) -> bool:
        """Always."""
        return True

    @property
    def reason(self) -> str:
        """Empty: it covers all variables."""
        return ""


@dataclass(frozen=True)
class PoissonLaw(_ClosedForm):
    """Independent Poisson distributions with these means, as `ExactLaw` describes."""

    @property
    def levels(self) -> int:
        """One more than the largest count considered at any time."""
        return 1 + int(self._tops.max())

    @property
    def form(self) -> str:
        """A product, and the number of draws behind distances from it."""
        return f"independent Poisson distributions (distances are means over {spaced(_DRAWS)} draws)"

    def marginals(self, t: int, levels: int) -> np.ndarray:
        """(d, levels)."""
        return self._poisson.pmf(np.arange(levels), self.means[t, :, None])

    def weighted(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """10 000 states drawn from the law with a fixed seed, with equal weights."""
        drawn = seeding.stream(0, "Poisson law", int(t)).poisson(self.means[t], (_DRAWS, self.means.shape[1]))
        return np.minimum(drawn, self._tops[t]), np.full(_DRAWS, 1 / _DRAWS)

    def distances(self, t: int, log_prob: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """Means over 10 000 states drawn from the law: of log p − log q, and of the positive part of 1 − q/p."""
        states, repeats = np.unique(self.weighted(t)[0], axis=0, return_counts=True)
        log_p, log_q = self._poisson.logpmf(states, self.means[t]).sum(1), log_prob(states)
        if not np.isfinite(log_q).all():
            divergence = np.inf
        else:
            divergence = max(0.0, float(repeats @ (log_p - log_q) / repeats.sum()))
        missing = np.maximum(0.0, -np.expm1(np.minimum(log_q - log_p, 0.0)))
        return divergence, float(repeats @ missing / repeats.sum())

    @property
    def _poisson(self) -> Any:
        from scipy.stats import poisson  # takes a second to import, and few jobs that read laws need it

        return poisson

    @cached_property
    def _tops(self) -> np.ndarray:
        return self._poisson.isf(_FURTHEST, self.means).astype(np.int64).clip(0)


@dataclass(frozen=True)
class GaussianLaw(_ClosedForm):
    """Normal distributions of real values with these means, as `ExactLaw` describes.

    Attributes:
        covariances: (T, d, d); singular where a variable has a fixed value.
    """

    covariances: np.ndarray

    @property
    def levels(self) -> int:
        """0: values are not counts."""
        return 0

    @property
    def form(self) -> str:
        """Its kind, and the number of draws behind distances from it."""
        return f"a normal distribution (distances are means over {spaced(_DRAWS)} draws)"

    def marginals(self, t: int, levels: int) -> np.ndarray:
        """Raises ValueError: values are not counts."""
        raise ValueError("a law of real values has no probabilities of counts; draw from it with weighted.")

    def shares(self, t: int, variable: int, edges: np.ndarray) -> np.ndarray:
        """(B,) probabilities of one variable's values between edges (B + 1,) at the t-th time."""
        from scipy.special import ndtr  # takes a while to import, and few jobs that read laws need it

        spread = max(float(np.sqrt(self.covariances[t, variable, variable])), np.finfo(float).tiny)
        return np.diff(ndtr((edges - self.means[t, variable]) / spread))

    def weighted(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """10 000 states drawn from the law with a fixed seed, with equal weights."""
        values, axes = np.linalg.eigh(self.covariances[t])
        normal = seeding.stream(0, "normal law", int(t)).standard_normal((_DRAWS, len(values)))
        drawn = self.means[t] + (normal * np.sqrt(values.clip(0))) @ axes.T
        return drawn, np.full(_DRAWS, 1 / _DRAWS)

    def log_prob(self, t: int, states: np.ndarray) -> np.ndarray:
        """(n,) logarithms of the density of states (n, d) at the t-th time; NaN where the covariance is singular."""
        values, axes = np.linalg.eigh(self.covariances[t])
        if values[0] <= _SINGULAR * max(values[-1], 0.0):
            return np.full(len(states), np.nan)
        distance = (((states - self.means[t]) @ axes) ** 2 / values).sum(1)
        return -0.5 * (distance + np.log(2 * np.pi * values).sum())

    def distances(self, t: int, log_prob: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """Means over 10 000 states drawn from the law: of log p − log q, and of the positive part of 1 − q/p.

        Both are NaN where a variable has a fixed value, and the divergence is infinite where the density excludes one
        of the states.
        """
        states = self.weighted(t)[0]
        log_p, log_q = self.log_prob(t, states), log_prob(states)
        divergence = max(0.0, float((log_p - log_q).mean())) if not np.isnan(log_p).any() else np.nan
        return divergence, float(np.maximum(0.0, -np.expm1(np.minimum(log_q - log_p, 0.0))).mean())


Law = TableLaw | PoissonLaw | GaussianLaw


def kl(p: np.ndarray, log_q: np.ndarray) -> float:
    """Kullback–Leibler divergence KL(P‖Q) in nats, not below zero.

    Args:
        p: (n,) probabilities of P on its support, all positive.
        log_q: (n,) natural logarithms of Q's probabilities at these states, −∞ for zero.

    Returns:
        The divergence. States that Q excludes are left out if their probability under P is at most 1e-6; else it is
            infinite.
    """
    inside = np.isfinite(log_q)
    if p[~inside].sum() > OUTSIDE:
        return float("inf")
    p, log_q = p[inside], log_q[inside]
    return max(0.0, float(p @ (np.log(p) - log_q)))


def tv(p: np.ndarray, log_q: np.ndarray) -> float:
    """Total variation between P and Q, 0 … 1; arguments as of `kl`. Q's mass at other states counts as difference."""
    q = np.exp(log_q)
    return float(0.5 * (np.abs(p - q).sum() + max(0.0, 1 - q.sum())))


def unknown_law(times: np.ndarray, variables: int, reason: str) -> TableLaw:
    """An unknown law: a table without states, and the reason in words."""
    states, probabilities = np.zeros((0, variables), dtype=np.int64), np.zeros((len(times), 0))
    return TableLaw(times, states, probabilities, np.ones(len(times)), reason=reason)


def too_many(needed: str, max_states: int) -> str:
    """The reason of a law that needs more states than the configuration allows."""
    if not max_states:
        return "evaluation.exact.max_states is 0"
    return f"{needed}, and evaluation.exact.max_states is {spaced(max_states)}"


def write_law(path: str | Path, law: Law, **metadata: Any) -> None:
    """Write a law, known or not, with its provenance (`metadata`, JSON)."""
    tensors = {part.name: getattr(law, part.name) for part in fields(law) if part.name != "reason"}
    write_tensors(path, KIND, tensors, reason=law.reason, **metadata)


def read_law(path: str | Path) -> Law:
    """Read what `write_law` wrote.

    Raises:
        InputError: the file is damaged.
    """
    found = read_tensors(path, KIND, finite=True)
    tensors, reason = found.tensors, str(found.metadata.get("reason", ""))
    try:
        if "covariances" in tensors:
            return GaussianLaw(**tensors)
        return PoissonLaw(**tensors) if "means" in tensors else TableLaw(**tensors, reason=reason)
    except TypeError as error:
        raise InputError(f"{path}: holds no exact law; delete it and run again, and it is solved for.") from error


def known_law(path: str | Path | Sequence[str]) -> Law | None:
    """The law in a rule's input, or None where the input is empty or the law unknown."""
    law = read_law(str(path)) if path else None
    return law if law is not None and law.is_known else None


def of_all(law: ExactLaw | None, variables: int) -> ExactLaw | None:
    """The law if it covers all variables, else None."""
    return law if law is not None and len(law.variables) == variables else None


def describe_law(law: ExactLaw, names: Sequence[str]) -> str:
    """Variables and form of a law in words, and why it does not cover all variables.

    Args:
        law: known or not.
        names: of all d variables.
    """
    if not law.is_known:
        return f"unknown: {law.reason}" if law.reason else "unknown"
    known = [names[v] for v in law.variables]
    if len(known) == len(names):
        who = "the only variable" if len(names) == 1 else f"all {len(names)} variables"
    else:
        runs_on = len(known) > _NAMED and law.variables[-1] - law.variables[0] == len(known) - 1
        listed = f"{known[0]} … {known[-1]}" if runs_on else ", ".join(known)
        who = f"{listed} of {len(names)} variables"
    more = f"; for all {len(names)} variables {law.reason}" if law.reason and len(known) < len(names) else ""
    return f"{who}, {law.form}{more}"


def _rounded_up(bound: float) -> str:
    """To one digit, such as 2e-07."""
    decade = 10.0 ** math.floor(math.log10(bound))
    return f"{math.ceil(round(bound / decade, 6)) * decade:.0e}"


def spaced(number: float) -> str:
    """A large number in words of three digits; a huge one by its order."""
    if number > _HUGE:
        return f"{number:.1g}"
    return f"{number:,.0f}".replace(",", " ")

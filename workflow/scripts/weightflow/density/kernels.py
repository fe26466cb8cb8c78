"""Densities from weighted samples: add-one smoothing or discrete kernels for counts, Gaussian kernels for real values.

The kernel of a count is a Gaussian at the counts 0 … L−1, normalised there, with a small uniform share, so
that no state is impossible. Its bandwidth is a multiple of the variable's standard deviation; the multiple is
chosen by the likelihood of snapshots that were left out (Habbema, Hermans & van den Broek 1974).
No table over all L^d states is ever made. Real values have Gaussian kernels with the samples' covariance, scaled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist
from scipy.special import expit, ndtr

from weightflow.data.state_space import Counts, StateSpace
from weightflow.density.weighted_states import marginals, merge_duplicates

MULTIPLES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0)
NARROWEST = 0.2  # bandwidth; a variable without spread keeps all but 1e-5 of its mass in place
UNIFORM = 1e-3
_AT_ONCE = 4_000_000  # numbers held in one batch
_RIDGE = 1e-6  # of each variable's variance; samples on a line still have a density
_DENSE = 30  # entries of a matrix product that cost as much as one gathered product


@dataclass(frozen=True)
class AddOneDensity:
    """The frequencies of N samples with one more in each of the L^d cells: (N f + 1) / (N + L^d).

    Summed over e variables it is (N f + L^e) / (N + L^d), with f the frequencies of the other variables.

    Attributes:
        states: (n, d) counts below L.
        weights: (n,), sum one.
        size: N, the number of samples that the frequencies stand for.
        levels: L.
        others: e, the number of variables that were summed over.
    """

    states: np.ndarray
    weights: np.ndarray
    size: float
    levels: int
    others: int = 0

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities; −∞ for counts of L or more."""
        rows = np.concatenate([self.states, states])
        place = _distinct(rows)[1]
        own, asked = np.split(place, [len(self.states)])
        frequencies = np.bincount(own, self.weights, len(rows))[asked]
        share, cells = np.log(self.levels) * np.array([self.others, self.others + states.shape[1]])
        with np.errstate(divide="ignore"):
            counted = np.log(self.size * frequencies)
        found = np.logaddexp(counted, share) - np.logaddexp(np.log(self.size), cells)
        return np.where((states < self.levels).all(1), found, -np.inf)

    def marginals(self, space: StateSpace) -> np.ndarray:
        """(d, L)."""
        levels = space.bins
        cells = np.log(self.levels) * (self.states.shape[1] + self.others)
        seen = expit(np.log(self.size) - cells)  # N / (N + L^d)
        uniform = (np.arange(levels) < self.levels) / self.levels
        frequencies = marginals(self.states, self.weights, max(levels, self.levels))[:, :levels]
        return seen * frequencies + (1 - seen) * uniform

    def of(self, variables: np.ndarray) -> "AddOneDensity":
        """Marginal density of some variables."""
        others = self.others + self.states.shape[1] - len(variables)
        return AddOneDensity(self.states[:, variables], self.weights, self.size, self.levels, others)


@dataclass(frozen=True)
class CountKernels:
    """A weighted sum of products of kernels over counts, one product around each sample.

    Attributes:
        states: (n, d) counts below L.
        weights: (n,), sum one.
        multiple: bandwidth of each variable over its standard deviation.
        levels: L.
    """

    states: np.ndarray
    weights: np.ndarray
    multiple: float
    levels: int

    @cached_property
    def bandwidths(self) -> np.ndarray:
        """(d,) bandwidths, in counts."""
        centred = self.states - self.weights @ self.states
        return np.maximum(self.multiple * np.sqrt(self.weights @ centred**2), NARROWEST)

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities; −∞ for counts of L or more. Many states that share counts cost little."""
        found = np.full(len(states), -np.inf)
        inside = (states < self.levels).all(1)
        relative = self._relative(states[inside])
        found[inside] = np.log(relative) - states.shape[1] * np.log(self.levels)
        return found

    def marginals(self, space: StateSpace) -> np.ndarray:
        """(d, L)."""
        levels = space.bins
        found = np.zeros((self.states.shape[1], max(levels, self.levels)))
        for i, (column, bandwidth) in enumerate(zip(self.states.T, self.bandwidths, strict=True)):
            counts, place = np.unique(column, return_inverse=True)
            found[i, : self.levels] = np.bincount(place, self.weights) @ self._kernel(counts, bandwidth)
        return found[:, :levels]

    def of(self, variables: np.ndarray) -> "CountKernels":
        """Marginal density of some variables: the products of their kernels."""
        return CountKernels(self.states[:, variables], self.weights, self.multiple, self.levels)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) independent states."""
        centres = self.states[rng.choice(len(self.states), count, p=self.weights)]
        drawn = np.empty_like(centres)
        for i, (column, bandwidth) in enumerate(zip(centres.T, self.bandwidths, strict=True)):
            counts, place = np.unique(column, return_inverse=True)
            cumulative = self._kernel(counts, bandwidth).cumsum(1)
            levels = rng.random(count) * cumulative[place, -1]
            drawn[:, i] = [np.searchsorted(cumulative[row], u, "right") for row, u in zip(place, levels, strict=True)]
        return np.minimum(drawn, self.levels - 1)

    def _kernel(self, counts: np.ndarray, bandwidth: float) -> np.ndarray:
        """(n, L) probabilities of 0 … L−1 around each of n counts."""
        gaussian = np.exp(-0.5 * ((np.arange(self.levels) - counts[:, None]) / bandwidth) ** 2)
        return (1 - UNIFORM) * gaussian / gaussian.sum(1, keepdims=True) + UNIFORM / self.levels

    def _relative(self, asked: np.ndarray) -> np.ndarray:
        """(q,) probabilities of states (q, d) divided by the uniform distribution's, so that they do not underflow.

        The variables are split into two halves with few distinct combinations of counts each. A matrix product over
        the samples gives all pairs of combinations, gathered products only the pairs in `asked`; the cheaper is used.
        """
        states, weights = merge_duplicates(self.states, self.weights)
        (first, one), (second, two) = _halves(asked)
        pairs = len(first) * len(second)
        dense = pairs <= _DENSE * len(asked)
        total = np.zeros((len(first), len(second)) if dense else len(asked))
        at_once = max(1, _AT_ONCE // (1 + len(first) + len(second) + len(asked)))
        cut = first.shape[1]
        for start in range(0, len(states), at_once):
            part, mass = states[start : start + at_once], weights[start : start + at_once]
            left = self._products(part, first, 0) * mass
            right = self._products(part, second, cut)
            total += left @ right.T if dense else np.einsum("qn,qn->q", left[one], right[two])
        return total[one, two] if dense else total

    def _products(self, states: np.ndarray, asked: np.ndarray, variable: int) -> np.ndarray:
        """(q, n) products of kernels, times L each, around n states over the variables of `asked` (q, k)."""
        if asked.shape[1] == 0:
            return np.ones((len(asked), len(states)))
        if asked.shape[1] == 1:
            counts, place = np.unique(states[:, variable], return_inverse=True)
            kernel = self.levels * self._kernel(counts, self.bandwidths[variable])
            return kernel.T[asked[:, 0]][:, place]
        (first, one), (second, two) = _halves(asked)
        left = self._products(states, first, variable)
        right = self._products(states, second, variable + first.shape[1])
        return left[one] * right[two]


@dataclass(frozen=True)
class GaussianKernels:
    """A weighted sum of Gaussians over real values, one around each sample (Silverman 1986).

    Attributes:
        states: (n, d).
        weights: (n,), sum one.
        multiple: bandwidth over the spread: each Gaussian has multiple² times the samples' covariance.
    """

    states: np.ndarray
    weights: np.ndarray
    multiple: float

    @cached_property
    def factor(self) -> np.ndarray:
        """(d, d) lower Cholesky factor of a kernel's covariance."""
        centred = self.states - self.weights @ self.states
        covariance = (centred.T * self.weights) @ centred
        variances = np.diag(covariance)
        ridge = _RIDGE * np.where(variances > 0, variances, 1.0)
        return self.multiple * np.linalg.cholesky(covariance + np.diag(ridge))

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-densities."""
        return self.log_probs(states, [self.multiple])[0]

    def log_probs(self, states: np.ndarray, multiples: Sequence[float]) -> np.ndarray:
        """(m, n) log-densities with each of m multiples in place of `multiple`; distances are computed once."""
        unit = self.factor / self.multiple
        centres, asked = (solve_triangular(unit, part.T, lower=True).T for part in (self.states, states))
        constant = np.log(np.diag(unit)).sum() + states.shape[1] * (np.log(multiples) + 0.5 * np.log(2 * np.pi))
        at_once, parts = max(1, _AT_ONCE // len(centres)), [np.zeros((len(multiples), 0))]
        for start in range(0, len(asked), at_once):
            squares = cdist(asked[start : start + at_once], centres, "sqeuclidean")
            nearest = squares.min(1)
            inside = [np.exp(-0.5 / m**2 * (squares - nearest[:, None])) @ self.weights for m in multiples]
            parts.append(np.stack([np.log(p) - 0.5 / m**2 * nearest for p, m in zip(inside, multiples, strict=True)]))
        return np.concatenate(parts, axis=1) - constant[:, None]

    def marginals(self, space: StateSpace) -> np.ndarray:
        """(d, B) probabilities of the space's bins."""
        found = []
        for v, column in enumerate(self.states.T):
            width = np.linalg.norm(self.factor[v])
            below = ndtr((space.edges(v)[:, None] - column) / width) @ self.weights
            found.append(np.diff(below))
        return np.stack(found)

    def of(self, variables: np.ndarray) -> "GaussianKernels":
        """Marginal density of some variables."""
        return GaussianKernels(self.states[:, variables], self.weights, self.multiple)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) independent states."""
        centres = self.states[rng.choice(len(self.states), count, p=self.weights)]
        return centres + rng.standard_normal(centres.shape) @ self.factor.T


Kernels = CountKernels | GaussianKernels


def kernels(states: np.ndarray, weights: np.ndarray, multiple: float, space: StateSpace) -> Kernels:
    """Kernel density on a state space.

    Args:
        states: (n, d).
        weights: (n,), sum one.
        multiple: bandwidth over the samples' spread.
        space: state space of the data.
    """
    if isinstance(space, Counts):
        return CountKernels(states, weights, multiple, space.levels)
    return GaussianKernels(states, weights, multiple)


def log_probs(
    states: np.ndarray, weights: np.ndarray, multiples: Sequence[float], space: StateSpace, asked: np.ndarray
) -> np.ndarray:
    """(m, q) log-probabilities of states (q, d) under the kernel densities with each of m multiples."""
    if isinstance(space, Counts):
        return np.stack([CountKernels(states, weights, m, space.levels).log_prob(asked) for m in multiples])
    return GaussianKernels(states, weights, 1.0).log_probs(asked, multiples)


class LeftOut(NamedTuple):
    """A left-out snapshot, and weighted samples that predict it from the other snapshots.

    Attributes:
        samples: (n, d).
        weights: (n,) that sum to one.
        snapshot: (N, d).
    """

    samples: np.ndarray
    weights: np.ndarray
    snapshot: np.ndarray


def best_multiple(left_out: Sequence[LeftOut], space: StateSpace) -> float:
    """The multiple under which left-out snapshots are most likely.

    Args:
        left_out: snapshots with their predictions.
        space: state space of the data.

    Returns:
        The one of `MULTIPLES` with the largest log-likelihood, mean over states and then over snapshots.
    """

    def likelihood(multiple: float) -> float:
        found = []
        for one in left_out:
            unique, repeats = np.unique(one.snapshot, axis=0, return_counts=True)
            density = kernels(one.samples, one.weights, multiple, space)
            found.append(repeats @ density.log_prob(unique) / len(one.snapshot))
        return float(np.mean(found))

    return max(MULTIPLES, key=likelihood)


def _halves(states: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Distinct combinations (u, k) of each half of the variables, and the index (q,) of each state's combination."""
    cut = max(1, states.shape[1] // 2)
    return [_distinct(states[:, :cut]), _distinct(states[:, cut:])]


def _distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `np.unique` over rows with its inverse, but faster, and for rows without entries too."""
    if not rows.size:
        return rows[:1], np.zeros(len(rows), dtype=np.int64)
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    starts = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(1)])
    place = np.empty(len(rows), dtype=np.int64)
    place[order] = starts.cumsum() - 1
    return ordered[starts], place

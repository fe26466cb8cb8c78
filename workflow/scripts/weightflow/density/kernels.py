"""Densities from weighted samples: add-one smoothing or discrete kernels for counts, Gaussian kernels for real values.

The kernel of a count is a Gaussian at the cells of the variable's table, normalised there, with a small uniform share;
the last cell continues as the space's geometric tail, so that no count is impossible. Its bandwidth is a multiple of
the variable's standard deviation; the multiple is chosen by the likelihood of snapshots that were left out (Habbema,
Hermans & van den Broek 1974).
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

from weightflow.data.state_space import MOST_BINS, Counts, Range, StateSpace
from weightflow.density.weighted_states import merge_duplicates

MULTIPLES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0)
NARROWEST = 0.2  # bandwidth; a variable without spread keeps all but 1e-5 of its mass in place
UNIFORM = 1e-3
_AT_ONCE = 4_000_000  # numbers held in one batch
_RIDGE = 1e-6  # of each variable's variance; samples on a line still have a density
_DENSE = 30  # entries of a matrix product that cost as much as one gathered product


@dataclass(frozen=True)
class AddOneDensity:
    """The frequencies of N samples with one more in each of the C cells: (N f + 1) / (N + C).

    C is the product of the numbers of cells of the variables' tables. Summed over some variables it is (N f + E) /
    (N + C), with f the frequencies of the other variables and E the product of the cells of those.

    Attributes:
        states: (n, d) counts.
        weights: (n,), sum one.
        size: N, the number of samples that the frequencies stand for.
        space: of the counts.
        log_others: logarithm of E.
    """

    states: np.ndarray
    weights: np.ndarray
    size: float
    space: Counts
    log_others: float = 0.0

    @cached_property
    def _log_cells(self) -> float:
        """Logarithm of C."""
        return self.log_others + float(np.log(_cells(self.space, self.states.shape[1])).sum())

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities; −∞ for counts beyond a bound."""
        rows = np.concatenate([self.space.cells(self.states), self.space.cells(states)])
        place = _distinct(rows)[1]
        own, asked = np.split(place, [len(self.states)])
        frequencies = np.bincount(own, self.weights, len(rows))[asked]
        with np.errstate(divide="ignore"):
            counted = np.log(self.size * frequencies)
        found = np.logaddexp(counted, self.log_others) - np.logaddexp(np.log(self.size), self._log_cells)
        return found + _log_tails(self.space, states)

    def marginals(self, space: StateSpace, levels: int | None = None) -> np.ndarray:
        """(d, B)."""
        seen, found = expit(np.log(self.size) - self._log_cells), []  # N / (N + C)
        for v, column in enumerate(self.space.cells(self.states).T):
            own, ends = self.space.range_of(v), _ends(self.space, v)
            counted = np.bincount(np.searchsorted(ends, column, "right") - 1, self.weights, len(ends) - 1)
            found.append(_in_bins(seen * counted + (1 - seen) * np.diff(ends) / own.cells, self.space, v, levels))
        return np.stack(found)

    def of(self, variables: np.ndarray) -> "AddOneDensity":
        """Marginal density of some variables."""
        every = _cells(self.space, self.states.shape[1])
        others = self.log_others + float(np.log(np.delete(every, variables)).sum())
        return AddOneDensity(
            self.states[:, variables], self.weights, self.size, self.space.part(list(variables)), others
        )


@dataclass(frozen=True)
class CountKernels:
    """A weighted sum of products of kernels over counts, one product around each sample.

    Attributes:
        states: (n, d) counts.
        weights: (n,), sum one.
        multiple: bandwidth of each variable over its standard deviation.
        space: of the counts.
    """

    states: np.ndarray
    weights: np.ndarray
    multiple: float
    space: Counts

    @cached_property
    def bandwidths(self) -> np.ndarray:
        """(d,) bandwidths, in counts."""
        centred = self.states - self.weights @ self.states
        return np.maximum(self.multiple * np.sqrt(self.weights @ centred**2), NARROWEST)

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities; −∞ for counts beyond a bound. Many states that share counts cost little."""
        tails = _log_tails(self.space, states)
        found, inside = np.full(len(states), -np.inf), np.isfinite(tails)
        relative = self._relative(self.space.cells(states[inside]))
        found[inside] = np.log(relative) - np.log(_cells(self.space, states.shape[1])).sum() + tails[inside]
        return found

    def marginals(self, space: StateSpace, levels: int | None = None) -> np.ndarray:
        """(d, B)."""
        found = []
        for v, (column, bandwidth) in enumerate(zip(self.states.T, self.bandwidths, strict=True)):
            counts, place = np.unique(column, return_inverse=True)
            own, ends = self.space.range_of(v), _ends(self.space, v)
            kernels = _sums(counts, ends, bandwidth, own) if _is_long(own) else _table(counts, bandwidth, own)
            if len(ends) - 1 < kernels.shape[1]:
                kernels = np.add.reduceat(kernels, ends[:-1], axis=1)
            found.append(_in_bins(np.bincount(place, self.weights) @ kernels, self.space, v, levels))
        return np.stack(found)

    def of(self, variables: np.ndarray) -> "CountKernels":
        """Marginal density of some variables: the products of their kernels."""
        return CountKernels(self.states[:, variables], self.weights, self.multiple, self.space.part(list(variables)))

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) independent states."""
        centres = self.states[rng.choice(len(self.states), count, p=self.weights)]
        drawn = np.empty_like(centres)
        for v, (column, bandwidth) in enumerate(zip(centres.T, self.bandwidths, strict=True)):
            own = self.space.range_of(v)
            if _is_long(own):
                near = np.floor(column + bandwidth * rng.standard_normal(count) + 0.5).clip(0, own.top)
                cells = np.where(rng.random(count) < UNIFORM, rng.integers(0, own.cells, count), near).astype(int)
            else:
                counts, place = np.unique(column, return_inverse=True)
                cumulative = _table(counts, bandwidth, own).cumsum(1)
                levels = rng.random(count) * cumulative[place, -1]
                rows = zip(place, levels, strict=True)
                cells = np.array([np.searchsorted(cumulative[row], u, "right") for row, u in rows])
                cells = np.minimum(cells, own.top)
            drawn[:, v] = own.beyond(cells, rng)
        return drawn

    def _relative(self, asked: np.ndarray) -> np.ndarray:
        """(q,) probabilities of cells (q, d) divided by the uniform distribution's, so that they do not underflow.

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
        """(q, n) products of kernels, times the cells each, around n states over the variables of `asked` (q, k)."""
        if asked.shape[1] == 0:
            return np.ones((len(asked), len(states)))
        if asked.shape[1] == 1:
            own = self.space.range_of(variable)
            counts, place = np.unique(states[:, variable], return_inverse=True)
            kernel = own.cells * _kernel(counts, asked[:, 0], self.bandwidths[variable], own)
            return kernel.T[:, place]
        (first, one), (second, two) = _halves(asked)
        left = self._products(states, first, variable)
        right = self._products(states, second, variable + first.shape[1])
        return left[one] * right[two]


def _is_long(own: Range) -> bool:
    """Whether a table is too long for sums over its cells."""
    return own.cells > MOST_BINS


def _kernel(centres: np.ndarray, asked: np.ndarray, bandwidth: float, own: Range) -> np.ndarray:
    """(n, q) probabilities of some cells (q,) of a variable around each of n counts."""
    if not _is_long(own):
        return _table(centres, bandwidth, own)[:, asked]
    gaussian = _below(centres, asked + 1, bandwidth, own) - _below(centres, asked, bandwidth, own)
    return (1 - UNIFORM) * gaussian + UNIFORM / own.cells


def _table(centres: np.ndarray, bandwidth: float, own: Range) -> np.ndarray:
    """(n, C) probabilities of all cells around each of n counts: a Gaussian at the cells, normalised over them."""
    away = np.arange(own.cells) - np.minimum(centres, own.top)[:, None]
    gaussian = np.exp(-0.5 * (away / bandwidth) ** 2)
    return (1 - UNIFORM) * gaussian / gaussian.sum(1, keepdims=True) + UNIFORM / own.cells


def _sums(centres: np.ndarray, ends: np.ndarray, bandwidth: float, own: Range) -> np.ndarray:
    """(n, B) probabilities of the cells from each of B + 1 ends to the next, by integrals of the Gaussian."""
    gaussian = np.diff(_below(centres, ends, bandwidth, own), axis=1)
    return (1 - UNIFORM) * gaussian + UNIFORM * np.diff(ends) / own.cells


def _below(centres: np.ndarray, ends: np.ndarray, bandwidth: float, own: Range) -> np.ndarray:
    """(n, q) masses of Gaussians below cells (q,), all of it below the end of the table."""
    limits = np.where(ends <= 0, -np.inf, np.where(ends > own.top, np.inf, ends - 0.5))
    return ndtr((limits - np.minimum(centres, own.top)[:, None]) / bandwidth)


def _cells(space: Counts, variables: int) -> np.ndarray:
    """(d,) numbers of cells of the first variables."""
    return np.array([space.range_of(v).cells for v in range(variables)], dtype=float)


def _log_tails(space: Counts, states: np.ndarray) -> np.ndarray:
    """(n,) log-probabilities of states (n, d) given their cells; −∞ beyond a bound."""
    tails = [space.range_of(v).log_tail(column) for v, column in enumerate(states.T)]
    return np.where((states >= 0).all(1), np.sum(tails, axis=0), -np.inf)


def _ends(space: Counts, variable: int) -> np.ndarray:
    """First cells of the bins of a variable, the last cell, which is apart for its tail, and the one after it."""
    top = space.range_of(variable).top
    return np.append(np.arange(0, top, space.width(variable)), [top, top + 1])


def _in_bins(masses: np.ndarray, space: Counts, variable: int, levels: int | None) -> np.ndarray:
    """Probabilities of the space's bins, or of the counts 0 … levels − 1 or more, from those between `_ends`."""
    own, width = space.range_of(variable), space.width(variable)
    if space.has_unit_bins:
        return own.spread(masses, levels or space.levels)
    tail = own.tail(width * space.bins) * masses[-1]
    below = np.bincount(np.arange(0, own.top, width) // width, masses[:-1], space.bins)
    return below + np.bincount((own.top + np.arange(len(tail))) // width, tail, space.bins)


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

    def marginals(self, space: StateSpace, levels: int | None = None) -> np.ndarray:
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
        return CountKernels(states, weights, multiple, space)
    return GaussianKernels(states, weights, multiple)


def log_probs(
    states: np.ndarray, weights: np.ndarray, multiples: Sequence[float], space: StateSpace, asked: np.ndarray
) -> np.ndarray:
    """(m, q) log-probabilities of states (q, d) under the kernel densities with each of m multiples."""
    if isinstance(space, Counts):
        return np.stack([CountKernels(states, weights, m, space).log_prob(asked) for m in multiples])
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

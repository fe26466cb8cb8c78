"""Linear relations between counts that hold in every state, such as S + R + P = 100.

A relation is found in the training states or in the stoichiometry of a reaction network (conservation.py). One variable
of each is computed from the others; states off the relation have probability zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", np.ndarray, "Tensor")

_LEAST_VARYING = 20  # states of one snapshot that differ from its commonest value, in each variable of a relation
_LARGEST = 12  # largest coefficient of a relation that is looked for
_ROUNDING = 1e-6  # of coefficients
_EVEN = 1e-9  # rounding error of sums
_NULL = 1e-9  # largest squared singular value that counts as zero, of the largest


@dataclass(frozen=True)
class Relation:
    """Σ c_i x_i = total, in whole numbers.

    Attributes:
        coefficients: (d,) c, of which some are not zero.
        total: the constant.
        computed: index of the variable that is computed from the others; its coefficient is 1.
    """

    coefficients: tuple[int, ...]
    total: int
    computed: int

    @cached_property
    def members(self) -> tuple[int, ...]:
        """Indices of the variables with a coefficient."""
        return tuple(int(v) for v in np.flatnonzero(self.coefficients))

    @property
    def is_total(self) -> bool:
        """Whether all coefficients are positive, so that it bounds its variables."""
        return all(c >= 0 for c in self.coefficients)

    def holds(self, states: np.ndarray) -> np.ndarray:
        """(n,) whether it holds in states (n, d)."""
        return states.astype(np.int64) @ np.array(self.coefficients) == self.total

    def value(self, states: np.ndarray) -> np.ndarray:
        """(n,) the computed variable, from the others in states (n, d)."""
        others = np.array(self.coefficients)
        others[self.computed] = 0
        return self.total - states.astype(np.int64) @ others

    @classmethod
    def from_metadata(cls, coefficients: Sequence[int], total: int, computed: int) -> "Relation":
        """From values of JSON."""
        return cls(tuple(coefficients), total, computed)

    def of(self, variables: Sequence[int]) -> "Relation | None":
        """The relation among some variables, in their order; None if it has others."""
        if not set(self.members) <= set(variables):
            return None
        return Relation(
            tuple(self.coefficients[v] for v in variables), self.total, list(variables).index(self.computed)
        )

    def text(self, names: Sequence[str]) -> str:
        """As an equation, such as S + 2 P = 100."""
        terms = ""
        for v in self.members:
            c = self.coefficients[v]
            sign = (" − " if c < 0 else " + ") if terms else ("−" if c < 0 else "")
            terms += sign + (f"{abs(c)} " if abs(c) != 1 else "") + names[v]
        return f"{terms} = {self.total}"


def relations_of_states(snapshots: Sequence[np.ndarray]) -> tuple[Relation, ...]:
    """Relations that hold in all states of all snapshots.

    A variable takes part only if, in some snapshot, at least 20 states differ from its commonest value: fewer may agree
    by chance. There are none with fewer states than such variables and 20.

    Args:
        snapshots: K arrays (N_k, d) of counts.
    """
    varying = np.flatnonzero(np.max([_varying(snapshot) for snapshot in snapshots], axis=0) >= _LEAST_VARYING)
    if len(varying) < 2 or sum(map(len, snapshots)) < len(varying) + _LEAST_VARYING:
        return ()  # coefficients of d variables can be fitted to d states
    pooled = np.unique(np.concatenate(snapshots)[:, varying].astype(np.int64), axis=0)
    found = null_rows(pooled - pooled[0])
    rows = np.zeros((len(found), snapshots[0].shape[1]), dtype=np.int64)
    rows[:, varying] = found
    return solved(rows, found @ pooled[0], np.concatenate(snapshots).mean(0))


def joined(first: Sequence[Relation], second: Sequence[Relation], sizes: np.ndarray) -> tuple[Relation, ...]:
    """Independent relations that have the same solutions as two lists together; the computed variables are large."""
    every = [*first, *second]
    if not every:
        return ()
    return solved(np.array([r.coefficients for r in every]), np.array([r.total for r in every]), sizes)


def _varying(snapshot: np.ndarray) -> np.ndarray:
    """(d,) number of states that differ from the commonest value of a variable."""
    return np.array([len(column) - np.unique(column, return_counts=True)[1].max() for column in snapshot.T])


def null_rows(matrix: np.ndarray) -> np.ndarray:
    """(k, d) whole vectors with small coefficients that span the null space of a matrix of whole numbers (n, d)."""
    scale = np.maximum(np.abs(matrix).max(0), 1)
    squares, vectors = np.linalg.eigh((matrix / scale).T @ (matrix / scale))
    basis = vectors[:, squares <= _NULL * squares.max()].T / scale
    rows: list[np.ndarray] = []
    for i, pivot in enumerate(_eliminate(basis)):
        parts = [Fraction(value).limit_denominator(_LARGEST) for value in basis[i] / basis[i, pivot]]
        shared = math.lcm(*(part.denominator for part in parts))
        row = np.array([int(part * shared) for part in parts])
        is_near = np.abs(basis[i] / basis[i, pivot] - row / shared).max() < _ROUNDING
        if is_near and np.abs(row).max() <= _LARGEST and not (matrix @ row).any():
            rows.append(row)
    return np.array(rows, dtype=np.int64).reshape(-1, matrix.shape[1])


def _eliminate(basis: np.ndarray) -> list[int]:
    """Gauss–Jordan elimination in place; the column of each row's pivot."""
    pivots: list[int] = []
    for i in range(len(basis)):
        pivot = int(np.abs(basis[i]).argmax())
        others = np.arange(len(basis)) != i
        basis[others] -= np.outer(basis[others, pivot] / basis[i, pivot], basis[i])
        pivots.append(pivot)
    return pivots


def solved(rows: np.ndarray, totals: np.ndarray, sizes: np.ndarray) -> tuple[Relation, ...]:
    """Independent relations, each with a computed variable of coefficient 1 that no other relation has.

    Relations are added to or subtracted from each other where that leaves fewer negative coefficients, since totals
    bound their variables. Computed is a variable of one relation alone if there is one, the largest of them.

    Args:
        rows: (k, d) coefficients.
        totals: (k,).
        sizes: (d,) of the variables.
    """
    left = _positive(_divided(_independent(np.column_stack([rows, totals]))))
    done: list[tuple[int, np.ndarray]] = []
    while len(left):
        shared = np.sum([row[:-1] != 0 for row in (*left, *(row for _, row in done))], axis=0)
        if (pivot := _pivot(left[:, :-1], shared, sizes)) is None:
            break
        row, column = pivot
        own = left[row] * left[row, column]  # the coefficient is 1 or −1
        left = _divided(np.delete(left, row, axis=0))
        left = _divided(left - np.outer(left[:, column], own))
        done = [(v, other - other[column] * own) for v, other in done] + [(column, own)]
    made = [(column, [int(c) for c in row]) for column, row in sorted(done, key=lambda pair: pair[0])]
    return tuple(Relation(tuple(row[:-1]), row[-1], column) for column, row in made)


def _pivot(rows: np.ndarray, shared: np.ndarray, sizes: np.ndarray) -> tuple[int, int] | None:
    """Row and column of a coefficient 1 or −1: of a variable that few share, then of a large one; None without any."""
    places = [(int(i), int(v)) for i, v in np.argwhere(np.abs(rows) == 1)]
    return min(places, key=lambda place: (shared[place[1]], -sizes[place[1]], place[1]), default=None)


def _independent(rows: np.ndarray) -> np.ndarray:
    """The rows (k, d + 1) whose coefficients the rows before them do not span."""
    kept: list[int] = []
    for i in range(len(rows)):
        if np.linalg.matrix_rank(rows[[*kept, i], :-1]) > len(kept):
            kept.append(i)
    return rows[kept]


def _positive(rows: np.ndarray) -> np.ndarray:
    """The rows with others added to or subtracted from them while that leaves fewer negative coefficients."""

    def below(row: np.ndarray) -> int:
        return int(-row[:-1].clip(max=0).sum())

    rows = np.array([row if below(row) <= below(-row) else -row for row in rows]).reshape(rows.shape)
    pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows)) if i != j]
    changed = True
    while changed:
        changed = False
        for i, j in pairs:
            nearest = min((rows[i] + rows[j], rows[i] - rows[j], rows[j] - rows[i]), key=below)
            if below(nearest) < below(rows[i]):
                rows[i], changed = nearest, True
    return rows


def _divided(rows: np.ndarray) -> np.ndarray:
    """Rows by the greatest common divisors of their coefficients."""
    divisors = np.gcd.reduce(rows[:, :-1], axis=1, initial=0)
    return rows[divisors > 0] // divisors[divisors > 0, None]


def onto(
    relations: Sequence[Relation], rounded: np.ndarray, values: np.ndarray, draws: np.ndarray, tops: Sequence[int]
) -> np.ndarray:
    """States on relations, near values (n, d) that are nearly on them.

    The members of a total x + y + … are rounded together by one draw (systematic rounding), which keeps the sum and the
    mean of each. Where relations share variables or have other coefficients, the computed variables follow from the
    others, and these give way where a computed one would be negative.

    Args:
        relations: that the states must be on.
        rounded: (n, d) counts, each rounded by itself.
        values: (n, d).
        draws: (n, d) uniform.
        tops: (d,) largest values.
    """
    states, rest = rounded.copy(), []
    shared = np.sum([np.array(relation.coefficients) != 0 for relation in relations], axis=0) > 1
    for relation in relations:
        members = list(relation.members)
        is_simple = all(relation.coefficients[v] == 1 and tops[v] >= relation.total for v in members)
        if is_simple and not shared[members].any():
            states[:, members] = _parts(relation.total, values[:, members], draws[:, members[:1]])
        else:
            rest.append(relation)
    left = [np.full(len(states), relation.total) for relation in rest]
    computed = [relation.computed for relation in rest]
    learned = sorted({v for relation in rest for v in relation.members} - {*computed})
    for place, v in enumerate(learned):
        low, high = np.zeros(len(states), dtype=np.int64), np.full(len(states), tops[v])
        for relation, remaining in zip(rest, left, strict=True):
            if relation.coefficients[v]:
                own = bounds(relation, v, remaining, *later_sums(relation, learned[place + 1 :], tops))
                low, high = np.maximum(low, own[0]), np.minimum(high, own[1])
        states[:, v] = np.clip(states[:, v], low, np.maximum(high, low))
        left = [r - relation.coefficients[v] * states[:, v] for relation, r in zip(rest, left, strict=True)]
    for v, remaining in zip(computed, left, strict=True):
        states[:, v] = remaining
    return states


def _parts(total: int, values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(n, m) whole parts of a total, in the mean proportional to values (n, m): differences of sums rounded alike."""
    values = np.maximum(values, 0.0)
    values = np.where(values.sum(1, keepdims=True) > 0, values, 1.0)
    sums = values.cumsum(1) * (total / values.sum(1, keepdims=True))
    start = np.floor(draws + _EVEN)
    steps = np.minimum(np.floor(sums + draws + _EVEN), total + start)
    steps[:, -1:] = total + start
    return np.diff(steps, axis=1, prepend=start).astype(np.int64)


def later_sums(relation: Relation, later: Sequence[int], tops: Sequence[int]) -> tuple[int, int]:
    """Least and largest sum of the terms of some later variables and the computed one.

    Args:
        relation: of the terms.
        later: indices.
        tops: (d,) largest values of all variables.
    """
    terms = [relation.coefficients[v] * tops[v] for v in {*later, relation.computed}]
    return sum(min(term, 0) for term in terms), sum(max(term, 0) for term in terms)


def bounds(relation: Relation, variable: int, rest: Array, least: int, most: int) -> tuple[Array, Array]:
    """Least and largest values of a variable that leave a sum between two ends for the terms after it.

    Args:
        relation: of the terms.
        variable: with a coefficient.
        rest: what the terms before it leave of the total, whole numbers of numpy or torch.
        least: the lower end, as of `later_sums`.
        most: the upper end.
    """
    own = relation.coefficients[variable]
    if own > 0:
        return -((most - rest) // own), (rest - least) // own
    return -((rest - least) // -own), (most - rest) // -own

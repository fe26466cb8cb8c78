"""Linear relations between counts that hold in every state, such as S + R + P = 100.

A relation is found in the training states or in the stoichiometry of a reaction network (the left null space of its
stoichiometric matrix). One variable of each is computed from the others; states off the relation have probability zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from weightflow.systems.reaction_network import ReactionNetwork
from weightflow.systems.reading import System

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
    by chance.

    Args:
        snapshots: K arrays (N_k, d) of counts.
    """
    varying = np.flatnonzero(np.max([_varying(snapshot) for snapshot in snapshots], axis=0) >= _LEAST_VARYING)
    if len(varying) < 2:
        return ()
    pooled = np.unique(np.concatenate(snapshots)[:, varying].astype(np.int64), axis=0)
    found = _whole_rows(pooled - pooled[0])
    rows = np.zeros((len(found), snapshots[0].shape[1]), dtype=np.int64)
    rows[:, varying] = found
    return _reduced(rows, rows[:, varying] @ pooled[0], np.concatenate(snapshots).mean(0))


def relations_of_system(system: System) -> tuple[Relation, ...]:
    """Relations that no reaction of a network changes and that every trajectory starts with."""
    if not isinstance(system, ReactionNetwork):
        return ()
    changes = np.stack([reaction.change for reaction in system.reactions])
    fixed = np.flatnonzero(~system.poisson & changes.any(0))  # species that react, with a certain start
    if len(fixed) < 2:
        return ()
    found = _whole_rows(changes[:, fixed])
    rows = np.zeros((len(found), len(system.species)), dtype=np.int64)
    rows[:, fixed] = found
    return _reduced(rows, rows @ system.initial.round().astype(np.int64), system.initial)


def joined(first: Sequence[Relation], second: Sequence[Relation], sizes: np.ndarray) -> tuple[Relation, ...]:
    """Independent relations that have the same solutions as two lists together; the computed variables are large."""
    every = [*first, *second]
    if not every:
        return ()
    return _reduced(np.array([r.coefficients for r in every]), np.array([r.total for r in every]), sizes)


def _varying(snapshot: np.ndarray) -> np.ndarray:
    """(d,) number of states that differ from the commonest value of a variable."""
    return np.array([len(column) - np.unique(column, return_counts=True)[1].max() for column in snapshot.T])


def _whole_rows(matrix: np.ndarray) -> np.ndarray:
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


def _reduced(rows: np.ndarray, totals: np.ndarray, sizes: np.ndarray) -> tuple[Relation, ...]:
    """Independent relations, each with a computed variable of coefficient 1 that no other relation has.

    Args:
        rows: (k, d) coefficients.
        totals: (k,).
        sizes: (d,) of the variables; the computed ones are large.
    """
    left = [[Fraction(int(c)) for c in (*row, total)] for row, total in zip(rows, totals, strict=True)]
    done: list[tuple[int, list[Fraction]]] = []
    for column in np.argsort(-sizes, kind="stable").tolist():
        place = next((i for i, row in enumerate(left) if row[column]), None)
        if place is None:
            continue
        pivot = left.pop(place)
        pivot = [c / pivot[column] for c in pivot]
        left = [[c - row[column] * p for c, p in zip(row, pivot, strict=True)] for row in left]
        done = [(v, [c - row[column] * p for c, p in zip(row, pivot, strict=True)]) for v, row in done]
        done.append((column, pivot))
    found = []
    for column, row in sorted(done):
        shared = math.lcm(*(c.denominator for c in row))
        if shared == 1:  # else the computed variable would need a division
            *coefficients, total = (int(c) for c in row)
            found.append(Relation(tuple(coefficients), total, column))
    return tuple(found)


def onto(relations: Sequence[Relation], rounded: np.ndarray, values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """States on relations, near values (n, d) that are nearly on them.

    The members of a total x + y + … are rounded together by one draw (systematic rounding), which keeps the sum and the
    mean of each. Where relations share variables or have other coefficients, the computed variables follow from the
    others, and these give way where a computed one would be negative.

    Args:
        relations: that the states must be on.
        rounded: (n, d) counts, each rounded by itself.
        values: (n, d).
        draws: (n, d) uniform.
    """
    states = rounded.copy()
    shared = np.sum([np.array(relation.coefficients) != 0 for relation in relations], axis=0) > 1
    rest = []
    for relation in relations:
        members = list(relation.members)
        if all(relation.coefficients[v] == 1 for v in members) and not shared[members].any():
            own = np.maximum(values[:, members], 0)
            sums = own.sum(1, keepdims=True)
            even = np.full_like(own, relation.total / len(members))
            own = np.where(sums > 0, own * (relation.total / np.where(sums > 0, sums, 1)), even)
            steps = np.floor(own.cumsum(1) + draws[:, members[:1]] + _EVEN)
            steps[:, -1] = relation.total + np.floor(draws[:, members[0]] + _EVEN)
            states[:, members] = np.diff(steps, axis=1, prepend=np.floor(draws[:, members[:1]] + _EVEN)).astype(int)
        else:
            rest.append(relation)
    computed = {relation.computed for relation in rest}
    for v in range(states.shape[1]):
        if v not in computed:
            low, high = bounds(rest, states, v)
            states[:, v] = np.clip(states[:, v], low, high)
    for relation in rest:
        states[:, relation.computed] = np.maximum(relation.value(states), 0)
    return states


def bounds(relations: Sequence[Relation], states: np.ndarray, variable: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) least and largest values of a variable that leave later and computed ones possible, given earlier ones.

    Args:
        relations: all.
        states: (n, d), of which the variables before this one are known.
        variable: not computed; the variables are in the data's order.
    """
    low, high = np.zeros(len(states), dtype=np.int64), np.full(len(states), np.iinfo(np.int64).max)
    for relation in relations:
        own = relation.coefficients[variable]
        if not own:
            continue
        later = [v for v in relation.members if v > variable and v != relation.computed]
        left = [relation.coefficients[v] for v in (*later, relation.computed)]
        earlier = np.array(relation.coefficients)
        earlier[[variable, *later, relation.computed]] = 0
        rest = relation.total - states @ earlier
        if all(c > 0 for c in left):
            if own > 0:
                high = np.minimum(high, np.maximum(rest, 0) // own)
            else:
                low = np.maximum(low, -(rest // -own))
    return low, high

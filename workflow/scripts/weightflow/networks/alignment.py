"""Alignment: permutation and sign changes of hidden units towards another network, without changing the function.

Weight matching as in Git Re-Basin (Ainsworth, Hayase & Srinivasa, ICLR 2023), with signs for odd activations.
A backbone declares its groups of interchangeable units (`HiddenUnits`); nothing here knows an architecture.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from weightflow.networks.layout import HiddenUnits, LinearMap

_TURNS = 20  # of all groups until norms are equal


def align_chain(layers: Sequence[LinearMap], symmetries: Sequence[HiddenUnits], weights: np.ndarray) -> np.ndarray:
    """(K, P) networks, each matched to its aligned predecessor; the first is unchanged."""
    aligned = [weights[0]]
    for network in weights[1:]:
        aligned.append(match(layers, symmetries, network, aligned[-1]))
    return np.stack(aligned)


def align_to(
    layers: Sequence[LinearMap],
    symmetries: Sequence[HiddenUnits],
    weights: np.ndarray,
    reference: np.ndarray,
    sweeps: int | None = None,
) -> np.ndarray:
    """(N, P) networks, each matched to one reference (P,); `sweeps` as for `match`."""
    return np.stack([match(layers, symmetries, network, reference, sweeps) for network in weights])


def mean_of_aligned(
    layers: Sequence[LinearMap],
    symmetries: Sequence[HiddenUnits],
    weights: np.ndarray,
    reference: np.ndarray,
    rounds: int,
    sweeps: int | None = None,
) -> np.ndarray:
    """(P,) a reference that stands for all networks (N, P): the mean of those aligned to it, after so many rounds.

    Without rounds it is `reference` itself.
    """
    for _ in range(rounds):
        reference = align_to(layers, symmetries, weights, reference, sweeps).mean(0)
    return reference


def balance(layers: Sequence[LinearMap], symmetries: Sequence[HiddenUnits], weights: np.ndarray) -> np.ndarray:
    """(N, P) networks of the same functions, in which the incoming and outgoing weights of a unit have equal norms.

    Groups take turns, since they share weights. A unit that reads or writes nothing stays as it is.

    Args:
        layers: the linear maps.
        symmetries: groups of units f(w·x) with f(cx) = c f(x) for c > 0, such as rectifiers, that no norm follows.
        weights: (N, P).
    """
    balanced = weights.copy()
    for group in [*symmetries] * _TURNS:
        entries = dict(zip(group.slots, _place(layers, group).entries, strict=True))
        norms = {
            side: np.sqrt(
                sum(np.square(balanced[:, own]).sum(-1) for slots, own in entries.items() if slots.side == side)
            )
            for side in ("rows", "columns")
        }
        known = (norms["rows"] > 0) & (norms["columns"] > 0)
        factor = np.sqrt(np.divide(norms["columns"], norms["rows"], out=np.ones_like(norms["rows"]), where=known))
        for slots, own in entries.items():
            balanced[:, own] *= (factor if slots.side == "rows" else 1 / factor)[..., None]
    return balanced


def match(
    layers: Sequence[LinearMap],
    symmetries: Sequence[HiddenUnits],
    weights: np.ndarray,
    reference: np.ndarray,
    sweeps: int | None = None,
) -> np.ndarray:
    """Reorder and flip hidden units to bring a network near another in weight space.

    Coordinate descent: the units of one group are assigned to the reference's while all others stay, until no
    assignment brings the networks nearer. It has two starts, the network itself and a match of the units by the
    weights that belong to no other group; the nearer result is taken. Spectral groups are ordered first.

    Args:
        layers: the linear maps.
        symmetries: the groups of units.
        weights: (P,) of the network to align.
        reference: (P,) of the reference network.
        sweeps: most passes over all groups; None for no limit.

    Returns:
        (P,) weights of the same function, no further from the reference than before, except for spectral groups.
    """
    groups = [_place(layers, group) for group in symmetries]
    goal = reference.astype(np.float64)
    touched = np.zeros(len(goal), dtype=int)
    for group in groups:
        for entries in group.entries:
            touched[entries] += 1
    private = np.where(touched == 1, goal, 0.0)
    for group in groups:
        if group.spectral:
            weights = _move(group, weights, _spectral_order(group, weights, goal), np.ones(group.count))

    guess = weights
    for group in groups:
        guess = _settle(group, guess, private)
    # Moves keep the norm, so the nearest is the one with the largest product.
    return max((_descend(groups, start, goal, sweeps) for start in (weights, guess)), key=goal.dot)


def permute(
    layers: Sequence[LinearMap], group: HiddenUnits, weights: np.ndarray, order: np.ndarray, signs: np.ndarray
) -> np.ndarray:
    """Weights (P,) of the same function, whose unit i is unit order[i] times signs[i].

    Args:
        layers: the linear maps.
        group: the units.
        weights: (P,).
        order: (count,) a permutation.
        signs: (count,) of 1 and −1; all 1 where the units are not odd.
    """
    return _move(_place(layers, group), weights, order, signs)


@dataclass(frozen=True)
class _Placed:
    """Indices of a group's units in the flat weights.

    Attributes:
        entries: for each of its slots (count, m), the indices of every unit's m entries.
        flips: for each of its slots, whether it changes sign with the unit.
        inner: for each unit, the groups inside it.
        spectral: as in `HiddenUnits`.
        rows: for each of its slots that are rows (count, block, columns), the indices of every unit's matrix.
    """

    entries: list[np.ndarray]
    flips: list[bool]
    inner: list[list["_Placed"]]
    spectral: bool
    rows: list[np.ndarray]

    @property
    def count(self) -> int:
        return len(self.entries[0])


def _place(layers: Sequence[LinearMap], group: HiddenUnits) -> _Placed:
    shapes = {layer.name: (layer.neurons, layer.columns) for layer in layers}
    inputs = {layer.name: layer.inputs for layer in layers}
    starts = dict(zip(shapes, np.cumsum([0, *(layer.weights for layer in layers)]), strict=False))
    found, rows = [], []
    for slots in group.slots:
        index = starts[slots.layer] + np.arange(np.prod(shapes[slots.layer])).reshape(shapes[slots.layer])
        along = index if slots.side == "rows" else index[:, : inputs[slots.layer]].T
        own = along[slots.start : slots.start + group.count * slots.block]
        found.append(own.reshape(group.count, -1))
        rows += [own.reshape(group.count, slots.block, -1)] if slots.side == "rows" else []
    inner = [[_place(layers, within) for within in groups] for groups in group.inner]
    return _Placed(found, [slots.flips for slots in group.slots], inner, group.spectral, rows)


def _move(group: _Placed, weights: np.ndarray, order: np.ndarray, signs: np.ndarray) -> np.ndarray:
    moved = weights.copy()
    for index, flips in zip(group.entries, group.flips, strict=True):
        entries = moved[index[order]]
        moved[index] = entries * signs[:, None].astype(entries.dtype) if flips else entries
    return moved


class _Assignment(NamedTuple):
    """Linear assignment of units to a goal's units.

    Attributes:
        order: (count,) unit assigned to each of the goal's.
        signs: (count,) of 1 and −1.
        product: inner product of the goal and the assigned units.
    """

    order: np.ndarray
    signs: np.ndarray
    product: float


def _assign(here: _Placed, there: _Placed, weights: np.ndarray, goal: np.ndarray) -> _Assignment:
    """Best assignment of the weights' units at `there` to the goal's units at `here`.

    Units with inner groups are compared at the best assignment of these groups; all other weights stay fixed.
    """
    fixed, flipping = np.zeros((2, here.count, here.count))
    outer = goal
    if here.inner:
        outer = goal.copy()
        for within in itertools.chain(*here.inner):
            outer[np.concatenate([entries.ravel() for entries in within.entries])] = 0.0
        for i, j in np.ndindex(fixed.shape):
            pairs = zip(here.inner[i], there.inner[j], strict=True)
            fixed[i, j] = sum(_assign(mine, other, weights, goal).product for mine, other in pairs)
    for index, source, flips in zip(here.entries, there.entries, here.flips, strict=True):
        similarity = outer[index] @ weights[source].astype(np.float64).T
        if flips:
            flipping += similarity
        else:
            fixed += similarity
    gain = fixed + np.abs(flipping)
    units, order = linear_sum_assignment(gain, maximize=True)
    signs = np.where(flipping[units, order] < 0, -1, 1)
    return _Assignment(order, signs, gain[units, order].sum())


def _settle(group: _Placed, weights: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Weights after the assignment of one group to the goal's, and then of the groups inside its units."""
    moved = weights
    if not group.spectral:
        best = _assign(group, group, weights, goal)
        moved = _move(group, weights, best.order, best.signs)
    for within in itertools.chain(*group.inner):
        moved = _settle(within, moved, goal)
    return moved


def _spectral_order(group: _Placed, weights: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """(count,) the units whose rows' singular values are nearest to those of the goal's."""
    distance = np.zeros((group.count, group.count))
    for index in group.rows:
        own, wanted = (np.linalg.svd(of[index].astype(np.float64), compute_uv=False) for of in (weights, goal))
        distance += np.square(wanted[:, None] - own[None]).sum(-1)
    return linear_sum_assignment(distance)[1]


def _descend(groups: Sequence[_Placed], weights: np.ndarray, goal: np.ndarray, sweeps: int | None) -> np.ndarray:
    nearness = goal @ weights
    improved, done = True, 0
    while improved and done != sweeps:
        improved, done = False, done + 1
        for group in groups:
            moved = _settle(group, weights, goal)
            # With recurrent weights a move may increase the distance: such a move is rejected.
            if (now := goal @ moved) > nearness + 1e-9 * abs(nearness):
                weights, nearness, improved = moved, now, True
    return weights

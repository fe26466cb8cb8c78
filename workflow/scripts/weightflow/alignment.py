"""Alignment: hidden units put in the order, and given the signs, of another network's, without changing what they say.

Weight matching as in Git Re-Basin (Ainsworth, Hayase & Srinivasa, ICLR 2023), with signs for odd activations.
A backbone declares its groups of interchangeable units (`HiddenUnits`); nothing here knows an architecture.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from weightflow.weight_graph import HiddenUnits, LinearMap


def align_chain(layers: Sequence[LinearMap], symmetries: Sequence[HiddenUnits], weights: np.ndarray) -> np.ndarray:
    """(K, P) networks, each matched to the one before as it has become; the first stays as it is."""
    aligned = [weights[0]]
    for network in weights[1:]:
        aligned.append(match(layers, symmetries, network, aligned[-1]))
    return np.stack(aligned)


def match(
    layers: Sequence[LinearMap], symmetries: Sequence[HiddenUnits], weights: np.ndarray, reference: np.ndarray
) -> np.ndarray:
    """Reorder and flip hidden units so that a network comes near another in weight space.

    Coordinate descent: the units of one group are assigned to the reference's while all others stay, until no
    assignment brings the networks nearer. It starts twice, from the network as it is and from the units
    matched by what no other group touches, and the nearer end is taken.

    Args:
        layers: the linear maps.
        symmetries: the groups of units.
        weights: (P,) of the network to move.
        reference: (P,) of the network to meet.

    Returns:
        (P,) weights of the same function, no further from the reference than they were.
    """
    places = [_places(layers, group) for group in symmetries]
    goal = reference.astype(np.float64)
    touched = np.zeros(len(goal), dtype=int)
    for group in places:
        for indices in group:
            touched[indices] += 1
    private = np.where(touched == 1, goal, 0.0)

    guess = weights
    for group, indices in zip(symmetries, places, strict=True):
        guess = _move(group, indices, guess, *_assign(group, indices, guess, private))
    # Moves keep the norm, so the nearest is the one with the largest product.
    return max((_descend(symmetries, places, start, goal) for start in (weights, guess)), key=goal.dot)


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
    return _move(group, _places(layers, group), weights, order, signs)


def _places(layers: Sequence[LinearMap], group: HiddenUnits) -> list[np.ndarray]:
    """For each of a group's slots (count, m): indices of every unit's m entries in the flat weights."""
    shapes = {layer.name: (layer.neurons, layer.inputs + 1) for layer in layers}
    starts = dict(zip(shapes, np.cumsum([0, *(layer.weights for layer in layers)]), strict=False))
    found = []
    for slots in group.slots:
        index = starts[slots.layer] + np.arange(np.prod(shapes[slots.layer])).reshape(shapes[slots.layer])
        along = index if slots.side == "rows" else index[:, :-1].T
        own = along[slots.start : slots.start + group.count * slots.block]
        found.append(own.reshape(group.count, -1))
    return found


def _move(group: HiddenUnits, places: list[np.ndarray], weights: np.ndarray, order: np.ndarray, signs: np.ndarray):
    moved = weights.copy()
    for slots, index in zip(group.slots, places, strict=True):
        entries = moved[index[order]]
        moved[index] = entries * signs[:, None].astype(entries.dtype) if slots.flips else entries
    return moved


def _assign(group: HiddenUnits, places: list[np.ndarray], weights: np.ndarray, goal: np.ndarray):
    """(order, signs) that a linear assignment finds best, the other entries of each unit left as they are."""
    fixed, flipping = np.zeros((2, group.count, group.count))
    for slots, index in zip(group.slots, places, strict=True):
        similarity = goal[index] @ weights[index].astype(np.float64).T
        if slots.flips:
            flipping += similarity
        else:
            fixed += similarity
    units, order = linear_sum_assignment(fixed + np.abs(flipping), maximize=True)
    return order, np.where(flipping[units, order] < 0, -1, 1)


def _descend(symmetries: Sequence[HiddenUnits], places: list[list[np.ndarray]], weights: np.ndarray, goal: np.ndarray):
    nearness = goal @ weights
    improved = True
    while improved:
        improved = False
        for group, indices in zip(symmetries, places, strict=True):
            moved = _move(group, indices, weights, *_assign(group, indices, weights, goal))
            # A group that reads itself (a recurrence) may end up further away: such a move is not taken.
            if (now := goal @ moved) > nearness + 1e-9 * abs(nearness):
                weights, nearness, improved = moved, now, True
    return weights

"""Subsystems: species of a network whose law does not depend on the others, such as the first ones of a cascade."""

from collections.abc import Iterable, Sequence

import numpy as np

from weightflow.systems.expressions import SPECIES, Program
from weightflow.systems.reaction_network import Reaction, ReactionNetwork


def closed_sets(network: ReactionNetwork) -> list[tuple[int, ...]]:
    """Sets of species that do not depend on the others; each adds one species and its dependencies to the set before.

    Returns:
        Increasing sets of sorted indices; the last holds all species.
    """
    count = len(network.species)
    needs = [_closure(network, [i]) for i in range(count)]
    found: list[tuple[int, ...]] = []
    inside: set[int] = set()
    while len(inside) < count:
        inside = min((inside | needs[i] for i in range(count) if i not in inside), key=len)
        found.append(tuple(sorted(inside)))
    return found


def subsystem(network: ReactionNetwork, species: Sequence[int]) -> ReactionNetwork:
    """The network restricted to a closed set of species.

    Raises:
        ValueError: the set is not closed.
    """
    if _closure(network, species) != set(species):
        raise ValueError(f"the species {list(species)} depend on others")
    chosen = list(species)
    reactions = [
        Reaction(reaction.equation, reaction.change[chosen], _renumbered(reaction.propensity, chosen), reaction.name)
        for reaction in network.reactions
        if reaction.change[chosen].any()
    ]
    return ReactionNetwork(
        network.title,
        network.source,
        tuple(network.species[i] for i in chosen),
        tuple(reactions),
        network.initial[chosen],
        network.poisson[chosen],
        network.points,
        network.step,
        network.path,
        network.limits,
    )


def _closure(network: ReactionNetwork, species: Iterable[int]) -> set[int]:
    """The species and all species that their changes depend on, directly or not."""
    inside: set[int] = set(species)
    while True:
        larger = set(inside)
        for reaction in network.reactions:
            if reaction.change[list(inside)].any():
                # A reaction fires only if its reactants are there.
                larger |= _read_by(reaction.propensity) | set(np.flatnonzero(reaction.change < 0).tolist())
        if larger == inside:
            return inside
        inside = larger


def _read_by(propensity: Program) -> set[int]:
    return {int(i) for i in propensity.operands[propensity.operations == SPECIES]}


def _renumbered(propensity: Program, chosen: list[int]) -> Program:
    operands = propensity.operands.copy()
    for place in np.flatnonzero(propensity.operations == SPECIES):
        operands[place] = chosen.index(int(operands[place]))
    return Program(propensity.operations, operands)

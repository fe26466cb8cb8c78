"""Conserved sums of a reaction network: relations that no reaction changes and that every trajectory starts with."""

import numpy as np

from weightflow.data.relations import Relation, null_rows, solved
from weightflow.systems.reaction_network import ReactionNetwork
from weightflow.systems.system import System


def relations_of_system(system: System) -> tuple[Relation, ...]:
    """The conserved sums, from the left null space of the stoichiometric matrix; none for an adaptive walk.

    Species that no reaction changes, and those with a random start, take no part.
    """
    if not isinstance(system, ReactionNetwork):
        return ()
    changes = np.stack([reaction.change for reaction in system.reactions])
    fixed = np.flatnonzero(~system.poisson & changes.any(0))
    if len(fixed) < 2:
        return ()
    found = null_rows(changes[:, fixed])
    rows = np.zeros((len(found), len(system.species)), dtype=np.int64)
    rows[:, fixed] = found
    return solved(rows, rows @ system.initial.round().astype(np.int64), system.initial)

"""Solving for the exact law of a system, by the first way that leads there."""

import dataclasses
from functools import singledispatch

import numpy as np

from weightflow import adaptive_walk
from weightflow.adaptive_walk import AdaptiveWalk
from weightflow.laws import PoissonLaw, TableLaw, unknown_law
from weightflow.master_equation import solve_master_equation
from weightflow.monomolecular import solve_monomolecular
from weightflow.reaction_network import ReactionNetwork
from weightflow.subsystems import closed_sets, subsystem

_NEGLIGIBLE = 1e-12


@singledispatch
def solve_law(system: object, max_states: int, tolerance: float) -> TableLaw | PoissonLaw:
    """The law of a system at its grid times.

    A monomolecular network has a closed form. Of others the master equation is solved, on all species or, where
    that takes too many states, on as many as evolve by themselves. An adaptive walk has finitely many genotypes.

    Args:
        system: a reaction network or an adaptive walk.
        max_states: most states to follow; 0 gives up at once.
        tolerance: most probability that may be lost by the last time.

    Returns:
        The law, unknown where none of this leads anywhere.

    Raises:
        InputError: a propensity is negative or undefined in some state.
    """
    raise TypeError(f"no law is known for a {type(system).__name__}")


@solve_law.register
def _(system: ReactionNetwork, max_states: int, tolerance: float) -> TableLaw | PoissonLaw:
    unknown = unknown_law(np.arange(system.points, dtype=float), len(system.species))
    if max_states == 0:
        return unknown
    if (closed_form := solve_monomolecular(system)) is not None:
        return closed_form
    law = solve_master_equation(system, max_states, tolerance)
    if law.is_known:
        return law
    best = unknown
    for species in closed_sets(system)[:-1]:
        part = subsystem(system, species)
        if not part.reactions:  # such as a catalyst's, whose count stays
            continue
        law = solve_master_equation(part, max_states, tolerance)
        if not law.is_known:
            break
        best = dataclasses.replace(law, columns=np.array(species, dtype=np.int64))
    return best


@solve_law.register
def _(system: AdaptiveWalk, max_states: int, tolerance: float) -> TableLaw:
    times = np.arange(system.points, dtype=float)
    if system.genotypes > max_states:
        return unknown_law(times, len(system.species))
    states, probabilities = adaptive_walk.law(system)
    occurring = probabilities.max(0) > _NEGLIGIBLE
    lost = probabilities[:, ~occurring].sum(1)
    return TableLaw(times, states[occurring], probabilities[:, occurring], lost)

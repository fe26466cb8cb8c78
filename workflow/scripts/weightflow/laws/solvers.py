"""Exact law of a system, by the first method that applies."""

import dataclasses

import numpy as np

from weightflow.laws.gaussian import solve_gaussian
from weightflow.laws.law import NEGLIGIBLE, Law, PoissonLaw, TableLaw, spaced, too_many, unknown_law
from weightflow.laws.master_equation import solve_master_equation
from weightflow.laws.monomolecular import solve_monomolecular
from weightflow.laws.subsystems import closed_sets, subsystem
from weightflow.systems import adaptive_walk
from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.diffusion import Diffusion
from weightflow.systems.reaction_network import ReactionNetwork
from weightflow.systems.system import System


def solve_law(system: System, max_states: int, tolerance: float) -> Law:
    """The law of a system at its grid times.

    A monomolecular network has a closed form. For others the master equation is solved on all species or, if that
    needs too many states, on the largest closed set of species that is feasible. An adaptive walk has finitely many
    genotypes. A linear diffusion has a normal law.

    Args:
        system: of any kind.
        max_states: largest number of states; 0 returns an unknown law at once.
        tolerance: largest probability lost by the last time.

    Returns:
        The law; unknown, with the reason, if no method applies.

    Raises:
        InputError: a propensity is negative or undefined in some state.
    """
    match system:
        case AdaptiveWalk():
            return _solve_walk(system, max_states)
        case Diffusion():
            return _solve_diffusion(system, max_states)
        case ReactionNetwork():
            return _solve_network(system, max_states, tolerance)
        case _:
            raise TypeError(f"no law is known for a {type(system).__name__}")


def _solve_network(network: ReactionNetwork, max_states: int, tolerance: float) -> TableLaw | PoissonLaw:
    if max_states and (closed_form := solve_monomolecular(network)) is not None:
        return closed_form
    law = solve_master_equation(network, max_states, tolerance)
    if law.is_known:
        return law
    for species in closed_sets(network)[:-1]:
        part = subsystem(network, species)
        if not part.reactions:  # such as a catalyst, whose count is constant
            continue
        larger = solve_master_equation(part, max_states, tolerance)
        if not larger.is_known:
            break
        law = dataclasses.replace(larger, columns=np.array(species, dtype=np.int64), reason=law.reason)
    return law


def _solve_walk(walk: AdaptiveWalk, max_states: int) -> TableLaw:
    times = np.arange(walk.points, dtype=float)
    if walk.genotypes > max_states:
        reason = too_many(f"the walk has {spaced(walk.genotypes)} genotypes", max_states)
        return unknown_law(times, len(walk.species), reason)
    states, probabilities = adaptive_walk.law(walk)
    occurring = probabilities.max(0) > NEGLIGIBLE
    lost = probabilities[:, ~occurring].sum(1)
    return TableLaw(times, states[occurring], probabilities[:, occurring], lost)


def _solve_diffusion(diffusion: Diffusion, max_states: int) -> Law:
    times, size = np.arange(diffusion.points, dtype=float), len(diffusion.species)
    if not max_states:
        return unknown_law(times, size, too_many("", max_states))
    law = solve_gaussian(diffusion)
    return law if law is not None else unknown_law(times, size, "the diffusion's law is not known to be normal")

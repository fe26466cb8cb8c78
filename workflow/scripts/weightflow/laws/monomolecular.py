"""Monomolecular networks: molecules appear, convert and vanish independently of each other.

From an empty or Poisson distributed start, the counts stay independent and Poisson distributed, and their means solve
the linear rate equations (Jahnke & Huisinga 2007, J. Math. Biol. 54, 1–26, theorem 1).
"""

import numpy as np
from scipy.integrate import solve_ivp

from weightflow.laws.law import PoissonLaw
from weightflow.systems.expressions import affine
from weightflow.systems.reaction_network import Reaction, ReactionNetwork

_SOME_TIME = 0.6180339887  # share of the whole time, irrational so that terms do not cancel by chance


def solve_monomolecular(network: ReactionNetwork) -> PoissonLaw | None:
    """The exact law of a monomolecular network that starts empty or Poisson distributed; None for any other."""
    times = np.arange(network.points) * network.step
    spread = network.poisson | (network.initial == 0)
    if not spread.all() or not all(_is_monomolecular(r, _SOME_TIME * times[-1]) for r in network.reactions):
        return None
    changes = np.stack([reaction.change for reaction in network.reactions], 1)
    moving = any(reaction.propensity.depends_on_time for reaction in network.reactions)
    fixed = None if moving else _rates(network, 0.0)

    def velocity(t: float, means: np.ndarray) -> np.ndarray:
        rates = _rates(network, t) if fixed is None else fixed
        return changes @ (rates[:, 0] + rates[:, 1:] @ means)

    accuracy = {"rtol": 1e-9, "atol": 1e-12, "max_step": network.step}
    solution = solve_ivp(velocity, times[[0, -1]], network.initial, method="LSODA", t_eval=times, **accuracy)
    return PoissonLaw(np.arange(network.points, dtype=float), np.maximum(solution.y.T, 0.0))


def _rates(network: ReactionNetwork, t: float) -> np.ndarray:
    """(r, 1 + d): of each reaction the constant part of its rate, and that per molecule of each species."""
    return np.array([affine(r.propensity, len(network.species), t) for r in network.reactions], dtype=float)


def _is_monomolecular(reaction: Reaction, t: float) -> bool:
    """Whether a reaction is ∅ → A at a constant rate, or A → B or A → ∅ at a rate proportional to A."""
    rate = affine(reaction.propensity, len(reaction.change), t)
    if rate is None:
        return False
    gone, made = np.flatnonzero(reaction.change == -1), np.flatnonzero(reaction.change == 1)
    if len(gone) > 1 or len(made) > 1 or np.abs(reaction.change).sum() != len(gone) + len(made):
        return False
    by = np.flatnonzero(rate[1:])
    return not len(by) if not len(gone) else rate[0] == 0 and set(by) <= set(gone)

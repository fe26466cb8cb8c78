"""Moment paths of a given system, from its propensities in the states of the snapshots around an interval."""

from collections.abc import Mapping, Sequence

import numpy as np

from weightflow.systems.local_rates import local_rates
from weightflow.systems.reaction_network import ReactionNetwork
from weightflow.systems.system import System
from weightflow.transport.moment_path import MomentPath, linear_noise

MOST_VARIABLES = 30  # their third moments are a table of 27 000 numbers


def has_rates(system: System | None, variables: int) -> bool:
    """Whether kinetic teachers apply: the variables are the species of a given reaction network, and not too many."""
    return isinstance(system, ReactionNetwork) and variables == len(system.species) <= MOST_VARIABLES


def kinetic_paths(
    system: System | None,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    rng: np.random.Generator,
    intervals: Sequence[int] | None = None,
) -> Mapping[int, MomentPath]:
    """Moment paths by interval; none where `has_rates` is false.

    Args:
        system: of the data set, if any.
        snapshots: K arrays (N_k, d) of observed training states.
        times: (K,) grid steps, the clock of simulated data.
        rng: chooses states for averages.
        intervals: indices; None takes all.
    """
    if not (isinstance(system, ReactionNetwork) and has_rates(system, snapshots[0].shape[1])):
        return {}
    chosen = range(len(snapshots) - 1) if intervals is None else intervals
    return {
        k: linear_noise(local_rates(system, snapshots[k : k + 2], times[k : k + 2], rng), snapshots[k]) for k in chosen
    }

"""The kinds of systems."""

from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.diffusion import Diffusion
from weightflow.systems.reaction_network import ReactionNetwork

System = ReactionNetwork | AdaptiveWalk | Diffusion


def steps_label(step: float) -> str:
    """Label of a time axis that counts the steps of a system's grid, with their length in units of physical time."""
    return "time step" if step == 1 else f"time step ({step:g} units)"

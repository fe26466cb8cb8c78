"""The kinds of systems."""

from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.diffusion import Diffusion
from weightflow.systems.reaction_network import ReactionNetwork

System = ReactionNetwork | AdaptiveWalk | Diffusion

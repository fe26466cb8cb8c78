"""How learning rates fall while something is fitted."""

import math


def cosine_decay(step: int, steps: int, final: float) -> float:
    """Share of the learning rate at a step: down from 1 along half a cosine, towards `final` after `steps`."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * step / steps))

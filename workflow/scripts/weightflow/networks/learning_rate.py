"""Decay of learning rates during training."""

import math


def cosine_decay(step: int, steps: int, final: float) -> float:
    """Factor of the learning rate at a step: half a cosine from 1 down to `final` after `steps`."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * step / steps))


def decay(schedule: str, step: int, steps: int, final: float) -> float:
    """Factor of the learning rate at a step: 1 for a constant schedule, else that of `cosine_decay`."""
    return 1.0 if schedule == "constant" else cosine_decay(step, steps, final)

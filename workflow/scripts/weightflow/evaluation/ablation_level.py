"""Rows of an ablation study. Light: the rules read it."""

from typing import NamedTuple

BASE = "base"  # the factor of a base model itself


class Level(NamedTuple):
    """One row of an ablation study.

    Attributes:
        factor: what is changed; `BASE` for a base model itself, factors joined by '--' for a combination.
        level: to what; the base's own name for itself.
        base: the model that is changed.
        model: the run that has these settings.
    """

    factor: str
    level: str
    base: str
    model: str

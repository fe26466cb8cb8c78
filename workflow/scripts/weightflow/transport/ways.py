"""The ways of cells between snapshots, by their names in configurations; growing_paths.py has the curves."""

from dataclasses import dataclass

STRAIGHT, MEAN, MONOTONE, SPLINE = "straight", "mean", "monotone", "spline"


@dataclass(frozen=True)
class Way:
    """A way between two snapshots.

    Attributes:
        description: what it is.
    """

    description: str


WAYS = {
    STRAIGHT: Way("lines between two snapshots"),
    MEAN: Way("lines, shifted by the natural spline through the means of all snapshots"),
    MONOTONE: Way("monotone cubic curves (PCHIP) through the cells of four snapshots"),
    SPLINE: Way("natural cubic splines through the cells of four snapshots"),
}

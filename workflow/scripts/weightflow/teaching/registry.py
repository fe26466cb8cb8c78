"""The members of the family of teachers, by their names in configurations."""

from dataclasses import dataclass

from weightflow.registry import Lazy

DISCRETE, CONTINUOUS = "discrete", "continuous"  # kinds of data sets


@dataclass(frozen=True)
class Member:
    """A member of the family of teachers.

    Attributes:
        description: what it does.
        states: function of (interpolant, teacher, interval k, share of the interval (one number or one per variable),
            particles (n, d) at this share, rng) to (n, d) real values.
        kinds: kinds of data sets that it applies to.
        defaults: kinds of data sets whose default candidates include it.
        settings: which of `noise`, `share`, `rate`, `growth` and `way` it uses.
        first_only: whether it is compared in the first interval only, where it shares the states with the best others.
        of_systems: whether it needs the propensities of the data set's system.
        forgetful: whether states between two snapshots depend on one of them alone.
    """

    description: str
    states: Lazy
    kinds: tuple[str, ...] = (DISCRETE, CONTINUOUS)
    defaults: tuple[str, ...] = (DISCRETE,)
    settings: tuple[str, ...] = ("rate",)
    first_only: bool = False
    of_systems: bool = False
    forgetful: bool = False


MEMBERS: dict[str, Member] = {
    "displacement": Member(
        "moves coupled states along a spline",
        Lazy("weightflow.teaching.members", "displacement"),
    ),
    "bridge": Member(
        "moves coupled states along a spline, with Brownian noise",
        Lazy("weightflow.teaching.members", "bridge"),
        settings=("noise", "rate"),
    ),
    "poisson": Member(
        "moves coupled counts along a spline, with random jumps",
        Lazy("weightflow.teaching.members", "poisson"),
        kinds=(DISCRETE,),
        settings=("noise", "rate"),
    ),
    "mixture": Member(
        "takes states of the neighbouring snapshots",
        Lazy("weightflow.teaching.members", "mixture"),
        defaults=(DISCRETE, CONTINUOUS),
        forgetful=True,
    ),
    "blend": Member(
        "takes a share of the states from the mixture and the rest from the bridge",
        Lazy("weightflow.teaching.members", "blend"),
        settings=("noise", "share", "rate"),
    ),
    "relaxing": Member(
        "draws counts with moments of births and deaths, averaged over the rates that the first three snapshots allow",
        Lazy("weightflow.teaching.members", "relaxing"),
        kinds=(DISCRETE,),
        settings=(),
        first_only=True,
    ),
    "kinetic": Member(
        "draws counts with the moments that follow from the system's propensities in the snapshots' states",
        Lazy("weightflow.teaching.members", "kinetic"),
        kinds=(DISCRETE,),
        settings=(),
        of_systems=True,
    ),
    "growing": Member(
        "moves real values on paths between unbalanced couplings, in which cells divide and die, with Brownian noise",
        Lazy("weightflow.teaching.members", "growing"),
        kinds=(CONTINUOUS,),
        defaults=(CONTINUOUS,),
        settings=("noise", "growth", "way"),
    ),
}

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
        default: kind of data sets whose default candidates include it.
        settings: which of `noise`, `share` and `rate` it uses.
        first_only: whether it is compared in the first interval only, where it stands beside the best other member.
        of_systems: whether it needs the propensities of the data set's system.
    """

    description: str
    states: Lazy
    kinds: tuple[str, ...] = (DISCRETE, CONTINUOUS)
    default: str = DISCRETE
    settings: tuple[str, ...] = ("rate",)
    first_only: bool = False
    of_systems: bool = False


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
    # Real values have one teacher by default. Snapshots of cells are few: without one of them the gap is much wider
    # than the gaps to fill, so a choice on left-out snapshots would favour too much noise.
    "growing": Member(
        "moves real values between unbalanced couplings, in which cells divide and die, averaged over growth strengths",
        Lazy("weightflow.teaching.members", "growing"),
        kinds=(CONTINUOUS,),
        default=CONTINUOUS,
        settings=(),
    ),
}

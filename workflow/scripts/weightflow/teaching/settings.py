"""Settings of teachers."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.settings import ANumber, AsWritten, AText, ByShape, NameIn, Settings, Share, Unique
from weightflow.teaching.registry import MEMBERS

Rate = Annotated[Annotated[float, Field(ge=0, le=100), AsWritten, ANumber] | Annotated[Literal["own"], AText], ByShape]


class TeacherSettings(Settings):
    """States between the snapshots, made from the observed training snapshots alone.

    Of a family of teachers, the one under which left-out interior snapshots are most likely is taken, in the first
    interval and in all others; single values leave no choice.
    """

    members: Unique[Annotated[str, NameIn(MEMBERS)]] | None = None
    """Teachers to choose from. null takes all that suit the data set's kind; an empty list means no teacher, so that
    only snapshots teach."""
    noises: Annotated[Unique[Annotated[float, Field(ge=0, le=100), AsWritten]], Field(min_length=1)] = (
        0.1,
        0.25,
        0.5,
        1.0,
    )
    """Noise levels c of the bridges to choose from; along straight ways, 1 lets a spread grow from a point like √t."""
    shares: Annotated[Unique[Share], Field(min_length=1)] = (0.5,)
    """Parts of the states that a blend takes from the mixture, to choose from."""
    rates: Annotated[Unique[Rate], Field(min_length=1)] = (0, 1, 2, 4, 8, "own")
    """Rates of an exponential relaxation in the first interval to choose from, per length of that interval; 0 moves
    evenly, and with own every variable relaxes at the rate that the means of the first three snapshots show."""
    points: Annotated[int, Field(ge=1, le=1000)] = 20
    """Times taught in each interval between snapshots, and twice as many in the first."""

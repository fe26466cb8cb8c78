"""Settings of teachers."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.settings import ANumber, AsWritten, AText, ByShape, NameIn, Settings, Share, Unique
from weightflow.teaching.registry import MEMBERS
from weightflow.transport.ways import WAYS

Levels = Unique[Annotated[float, Field(ge=0, le=100), AsWritten]]
Rate = Annotated[Annotated[float, Field(ge=0, le=100), AsWritten, ANumber] | Annotated[Literal["own"], AText], ByShape]


class TeacherSettings(Settings):
    """States between and after the snapshots, made from the observed training snapshots.

    Kinetic teachers know the system, too. The settings list candidates. Of real values every candidate gives a part of
    the states; the parts make left-out interior snapshots likeliest, and are shrunk towards equal ones. Of counts the
    teacher with the highest likelihood of left-out interior snapshots is chosen, once for the first interval and once
    for all others; of equally good ones the kinetic teacher. A list of one value leaves nothing to choose. Left-out
    snapshots say little about fast changes in the first interval. There the teacher of counts is kinetic whatever its
    score, if the data set names a reaction network of at most 30 species and its path from the first snapshot arrives
    near the second. Without such a network half of the states are relaxing, unless the scores refute one half.
    """

    members: Unique[Annotated[str, NameIn(MEMBERS)]] | None = None
    """Teachers to choose from. null takes all for the data set's kind; an empty list means no teacher: training then
    uses the snapshots only. A list without kinetic leaves the system's propensities out, as a comparison with methods
    that know only snapshots may need."""
    noises: Annotated[Levels, Field(min_length=1)] | None = None
    """Candidate noise levels c. Of the bridges of counts: on straight paths, with c = 1 the spread of a point grows
    like √t. Of growing: parts of the variance per unit of time of the steps between cells. null takes 0.1, 0.25, 0.5, 1
    for counts and 0, 0.5 for real values."""
    growths: Annotated[Levels, Field(min_length=1)] = (0, 1, 10)
    """Candidate strengths of the division and death of cells; 0 keeps all cells."""
    ways: Annotated[Unique[Annotated[str, NameIn(WAYS)]], Field(min_length=1)] = tuple(WAYS)
    """Candidate ways of cells."""
    shares: Annotated[Unique[Share], Field(min_length=1)] = (0.5,)
    """Candidate shares of the states that a blend takes from the mixture."""
    rates: Annotated[Unique[Rate], Field(min_length=1)] = (0, 1, 2, 4, 8, "own")
    """Candidate rates of exponential relaxation of counts in the first interval, per length of that interval. 0 is
    uniform motion; own estimates the rate of every variable from the means of the first three snapshots. Real values
    have curved ways instead."""
    slowings: Levels = (0, 1, 3, 30)
    """Rates at which the states slow down past the last snapshot, where the quantiles of every variable go on along
    their last lines, to half of the range of the snapshots. A rate is per length of the last step, which begins at the
    latest snapshot that is a tenth of this range earlier. 0 is a straight line, a large rate stands still; the
    likelihood of the last snapshot, predicted from those before it, weights the rates. An empty list teaches nothing
    past the last snapshot."""
    points: Annotated[int, Field(ge=1, le=1000)] = 20
    """Times of the teacher in each interval between snapshots; the first interval has twice as many."""

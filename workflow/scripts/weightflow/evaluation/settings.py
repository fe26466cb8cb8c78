"""Settings of the comparison with the truth."""

from typing import Annotated

from pydantic import Field

from weightflow.settings import AsWritten, Settings


class ExactSettings(Settings):
    """The exact law of data sets with a system; predictions are compared with it where it is known.

    It is a closed form, or a table of states: the finite state projection of the master equation (of all species, or
    of as many as evolve by themselves), or the genotypes of an adaptive walk.
    """

    max_states: Annotated[int, Field(ge=0, le=10_000_000)] = 200_000
    """Most states of a table; a system that needs more has no exact law, unless a closed form or that of some of its
    species. 0 switches the comparison off."""
    tolerance: Annotated[float, Field(gt=0, le=0.01), AsWritten] = 1e-06
    """Most probability that may be lost by the last time."""


class EvaluationSettings(Settings):
    """How predictions are compared with the truth."""

    samples: Annotated[int, Field(ge=10, le=1_000_000)] = 1000
    """Samples drawn from each model at each time; distances between joint distributions use at most as many states of
    the truth, drawn at random."""
    exact: ExactSettings = ExactSettings()
    joint_every: Annotated[int, Field(ge=1)] | None = None
    """Distances between samples of joint distributions (w1_joint, w2_joint, mmd, mmd_median), the costly ones, are
    computed at every n-th time of the grid, from the first on; all others at every time. null takes the n that
    leaves about 20 times, and every time where there are fewer."""
    leave_one_out: bool = False
    """Whether summary.csv and the report include how well each interior snapshot is predicted from all the others;
    `snakemake leave-one-out` writes leave_one_out.csv with any config."""

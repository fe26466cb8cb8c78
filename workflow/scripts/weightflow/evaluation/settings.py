"""Settings of the comparison with the truth."""

from typing import Annotated

from pydantic import Field

from weightflow.settings import AsWritten, Settings, Share


class ExactSettings(Settings):
    """The exact law of data sets with a system, for comparison with predictions.

    It is a closed form or a table of states. The table is the finite state projection of the master equation, of all
    species or of a subset that evolves independently of the others, or holds the genotypes of an adaptive walk.
    """

    max_states: Annotated[int, Field(ge=0, le=10_000_000)] = 200_000
    """Largest number of states of a table. A system that needs more has an exact law only in closed form, or for some
    of its species. 0 switches the comparison off."""
    tolerance: Annotated[float, Field(gt=0, le=0.01), AsWritten] = 1e-06
    """Largest probability that the truncation may lose by the last time."""


class EvaluationSettings(Settings):
    """How predictions are compared with the truth."""

    samples: Annotated[int, Field(ge=10, le=1_000_000)] = 1000
    """Samples drawn from each model at each time; distances between joint distributions use at most as many random
    states of the truth."""
    exact: ExactSettings = ExactSettings()
    joint_every: Annotated[int, Field(ge=1)] | None = None
    """The costly distances between samples of joint distributions (w1_joint, w2_joint, mmd, mmd_median) are computed at
    every n-th time of the grid, starting with the first; all other metrics at every time. null chooses n for about 20
    times, or takes all times if there are fewer."""
    bands: Share = 0.9
    """Probability that a true probability, mean or answer lies in its band, in figures and tables."""
    leave_one_out: bool = False
    """Whether summary.csv and the report include leave-one-out scores: each interior snapshot predicted from all the
    others. `snakemake leave-one-out` writes leave_one_out.csv with any config."""

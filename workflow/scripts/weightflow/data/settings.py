"""Settings of data sets."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.formats.settings import FileSettings
from weightflow.limits import MOST_COUNTS, MOST_STATES
from weightflow.settings import AsWritten, Common, FilePath, Many, Number, Settings

States = Annotated[int, Field(ge=2, le=MOST_STATES)]


class DatasetSettings(FileSettings):
    """One data set."""

    system: Annotated[FilePath | None, Common] = None
    """Name of a system in resources/systems, or path of your own .yaml. Without a file, it simulates the training part
    and the held-out part; with a file, only the held-out part, and variables and times of both must agree."""
    kind: Annotated[Literal["discrete", "continuous"], Common] = "discrete"
    """discrete for counts, continuous for real values, also those of a diffusion."""
    time_label: str = "time step"
    """Label of the time axis in figures and predictions, with its unit, such as time (days). For dates the default is
    day (since 2020-02-29), with the first of them; for a time_column of another name than time, that name; for the
    grid of a system its step, such as time step (0.25 units)."""
    scale: Literal["none", "training", "all"] = "none"
    """Standardisation of real values: none; training, to mean 0 and variance 1 over the training states; all, over all
    states of the file including held-out ones, as in published protocols, but without times that are held back.
    Distances between joint distributions, couplings, kernels and likelihoods are in these units, so variables of
    different units need a scale; predictions are in the file's units."""
    components: Annotated[int, Field(ge=1)] | None = None
    """Number of principal components of real values, fitted to the observed training states; null keeps the variables.
    Metrics compare the components; predictions contain both."""
    states: States | None = None
    """Number L of counts 0 … L−1 in the range of every variable; null takes, for each variable, the largest observed
    count plus a tenth, at least plus 4 (or twice a smaller count). Beyond the range a geometric tail continues. A bound
    by ranges or by a conserved total goes before."""
    ranges: dict[str, Annotated[int, Field(ge=1, le=MOST_COUNTS)]] = Field({})
    """Largest possible count by variable, such as {gene: 1}; larger ones have probability zero. Variables that are not
    named have no upper bound, unless a conserved total gives one."""
    relations: Literal["found", "none"] = "found"
    """Linear relations that hold in all states, such as a conserved total: found in the observed training states or in
    the system's reactions, and kept by the models; none ignores them."""
    observe_every: Annotated[int, Field(ge=1), Common] = 1
    """The models are trained on every n-th time, starting with the first; the times between test the prediction. 1
    leaves no times for testing; for data with few times see evaluation.leave_one_out."""
    observe_at: Annotated[Many[Number], Field(min_length=1)] | None = None
    """Times of the observed snapshots, such as [0, 3, 10], instead of every n-th one; for a system, numbers of steps of
    its grid."""
    hold_back: Annotated[int, Field(ge=0)] = 0
    """Number of last times that are not observed and test the extrapolation. At least 2 snapshots must remain."""
    trajectories: Annotated[int, Field(ge=2, le=1_000_000)] = 1000
    """Trajectories simulated for training; of a diffusion, cells at each time."""
    cells: Annotated[Many[Annotated[int, Field(ge=2, le=1_000_000)]], Field(min_length=1)] | None = None
    """Number of cells at each observed time of a diffusion, one for each; null takes trajectories at all of them."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of the simulated trajectories, or of the split of a file; independent of the seeds of the models."""
    heldout: Annotated[float, Field(ge=0, le=1_000_000), AsWritten] | None = None
    """Held-out part, never used for training. A whole number is a number of trajectories, simulated from the system
    with another seed; a fraction below 1 is split off the file; 0 means none; null means 1000 trajectories with a
    system, and a fifth of the file without one."""
    reference: Literal["heldout", "training"] = "heldout"
    """Part that sample metrics compare with; training reproduces the protocol of the released code."""


class DataSettings(Settings):
    """The training data of a model."""

    share: Annotated[float, Field(gt=0, le=1), AsWritten] = 1.0
    """Share of each observed training snapshot; for paired data, of the trajectories. A smaller share is a subset of a
    larger one."""

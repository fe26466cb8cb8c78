"""Settings of data sets."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.formats.settings import FileSettings
from weightflow.settings import AsWritten, Common, FilePath, Settings

States = Annotated[int, Field(ge=2, le=65_536)]


class DatasetSettings(FileSettings):
    """One data set."""

    system: Annotated[FilePath | None, Common] = None
    """Name of a system in resources/systems, or the path of your own .yaml. Without a file the training part is
    simulated from it; with one, only the held-out part is, and the file's variables and times must be the system's."""
    kind: Annotated[Literal["discrete", "continuous"], Common] = "discrete"
    """discrete for counts, continuous for real values."""
    time_label: str = "time step"
    """What times are called in figures and predictions, with their unit, such as time (days)."""
    scale: Literal["none", "training", "all"] = "none"
    """Scale of real values: none leaves them as they are; training gives every variable mean 0 and variance 1 over the
    training states; all does so over all states of the file, held-out ones too, as published protocols do (but not
    those of times that are held back). Distances between joint distributions, couplings, kernels and likelihoods are in
    these units, so variables of different units need a scale; predictions are written in the file's."""
    components: Annotated[int, Field(ge=1)] | None = None
    """Principal components that real values are reduced to, fitted to the observed training states; null keeps the
    variables. Metrics are those of the components; predictions hold them and the variables."""
    states: States | None = None
    """Number L of states per variable, counts 0 … L−1; null takes a tenth above the largest observed count, and at
    least 4 more, within max_states."""
    max_states: States = 4096
    """Counts of this size or more are refused before training; the softmax has one output per state."""
    observe_every: Annotated[int, Field(ge=1), Common] = 1
    """Every n-th time is a snapshot the method sees, from the first on; the times between judge it."""
    hold_back: Annotated[int, Field(ge=0)] = 0
    """How many of the last times are not observed. Models and baselines predict them from the snapshots before, and
    are judged by them. At least 3 snapshots must be left."""
    trajectories: Annotated[int, Field(ge=2, le=1_000_000)] = 1000
    """Trajectories simulated for training."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of the simulated trajectories, or of the split of a file; independent of the seeds of the models."""
    heldout: Annotated[Annotated[float, Field(ge=0, le=1_000_000), AsWritten] | None, Common] = None
    """Held-out part, never trained on. A whole number is how many trajectories are simulated from the system with
    another seed; a fraction below 1 is split off the file; 0 means none; null simulates 1000 where there is a system,
    and splits off a fifth of the file where there is none."""
    reference: Literal["heldout", "training"] = "heldout"
    """Part that sample metrics compare with; training reproduces the protocol of the released code."""


class DataSettings(Settings):
    """What the model learns from."""

    share: Annotated[float, Field(gt=0, le=1), AsWritten] = 1.0
    """Part of each observed training snapshot; of paired data, the same trajectories in all of them. A smaller share is
    part of a larger one."""

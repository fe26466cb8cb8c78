"""Settings of uncertainty bands."""

from typing import Annotated

from pydantic import Field

from weightflow.populations.settings import VelocitySettings
from weightflow.settings import AsWritten, Count, Positive, Settings, Share, Steps


class BandFlowSettings(VelocitySettings):
    """Flow matching over the members of the ensemble, conditional on time.

    The flow has the members' places about the curves through them.
    """

    batch: Count = 128
    """Networks of a step."""
    ema: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.995
    """Share of the moving average of the velocity's weights that each step keeps."""
    source: Positive = 1.0
    """Standard deviation of the noise, in units of the networks' own."""


class BandSettings(Settings):
    """Bands about the marginals of one data set."""

    model: str | None = None
    """Model whose backbone, share of the data and training of anchors (but for the steps and the batch) the ensemble
    has; null takes the first."""
    members: Annotated[int, Field(ge=3, le=10_000)] = 20
    """Anchors for each snapshot, all of them trained side by side."""
    steps: Steps = 800
    """Optimisation steps of each member, after the common start."""
    batch: Count = 128
    """States per step; snapshots with no more are used whole."""
    clock: Annotated[float, Field(gt=0, le=1), AsWritten] = 0.5
    """Power of the time since the first snapshot in which curves between snapshots are smooth; 1 is time itself, and
    0.5 suits what starts from a point, which spreads like the root of time."""
    networks: Annotated[int, Field(ge=10, le=100_000)] = 200
    """Networks that are drawn from the flow at each time."""
    level: Share = 0.9
    """Share of the networks within a band."""
    flow: BandFlowSettings = BandFlowSettings()

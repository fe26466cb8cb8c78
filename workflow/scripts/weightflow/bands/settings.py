"""Settings of uncertainty bands."""

from typing import Annotated

from pydantic import Field

from weightflow.populations.settings import VelocitySettings
from weightflow.settings import AsWritten, Count, Positive, Settings, Share, Steps


class BandFlowSettings(VelocitySettings):
    """Flow matching over the members of the ensemble, conditional on time.

    It models the deviations of the members from the curves through them.
    """

    batch: Count = 128
    """Networks per step."""
    ema: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.995
    """Decay of the exponential moving average of the velocity's weights, per step."""
    source: Positive = 1.0
    """Standard deviation of the noise, relative to that of the networks."""


class BandSettings(Settings):
    """Bands around the marginals of one data set."""

    model: str | None = None
    """Model that gives the ensemble its backbone, share of the data and training of anchors, except steps and batch;
    null takes the first."""
    members: Annotated[int, Field(ge=3, le=10_000)] = 20
    """Anchors for each snapshot, all trained in parallel."""
    steps: Steps = 800
    """Optimisation steps of each member, after the common start."""
    batch: Count = 128
    """States per step; a snapshot with fewer states is used whole."""
    clock: Annotated[float, Field(gt=0, le=1), AsWritten] = 0.5
    """Exponent of time: curves between snapshots are smooth functions of this power of the time since the first
    snapshot. 0.5 suits a system that starts from a point and spreads like √t."""
    networks: Annotated[int, Field(ge=10, le=100_000)] = 200
    """Networks drawn from the flow at each time."""
    level: Share = 0.9
    """Share of the networks within a band."""
    flow: BandFlowSettings = BandFlowSettings()

"""Settings of the baseline with a network."""

from typing import Annotated

from pydantic import Field

from weightflow.settings import Count, NotNegative, Positive, Settings, Steps


class OtCfmSettings(Settings):
    """The baseline ot_cfm (Tong et al., TMLR 2024): a velocity network, its fit and its solver."""

    width: Annotated[int, Field(ge=1, le=4096)] = 64
    """Units of each of the three hidden layers."""
    steps: Steps = 5000
    """Optimisation steps."""
    batch: Count = 256
    """States of each interval in a step."""
    learning_rate: Positive = 0.001
    """Adam's learning rate."""
    spread: NotNegative = 0.1
    """Standard deviation σ of the noise around the straight paths, in the units in which networks see states."""
    substeps: Annotated[int, Field(ge=1, le=10_000)] = 50
    """rk4 steps in the shortest interval between snapshots."""

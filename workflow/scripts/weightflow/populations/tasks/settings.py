"""Settings of tasks."""

from typing import Annotated

from pydantic import Field

from weightflow.settings import Settings, Share


class SplitSettings(Settings):
    """Parts of the task's examples: training, validation for every choice, and test for the results."""

    validation: Share = 0.2
    """Share of the examples for validation."""
    test: Share = 0.3
    """Share of the examples for the test."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the split, the same for all seeds of the run."""

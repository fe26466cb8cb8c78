"""Settings as typed, frozen classes: what all of them have in common."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A section of a configuration. Each room defines its own in its `settings` module."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

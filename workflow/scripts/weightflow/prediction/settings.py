"""Settings of exported predictions."""

from typing import Annotated

from pydantic import Field

from weightflow.prediction.registry import EXPORT_FORMATS
from weightflow.settings import Common, Count, Many, NameIn, Number, Settings


class PredictionSettings(Settings):
    """Exported states, with the first seed.

    `snakemake predict` writes those of every model to results/DATASET/predictions/. Every run writes those of the
    method that it recommends to its file DATASET/recommended.
    """

    times: Annotated[Annotated[Many[Number], Field(min_length=1)] | None, Common] = None
    """Times of the predictions, which may lie between the data's times and, for models that continue, past the last
    snapshot; null takes the data's times, for the recommended method also times between them."""
    samples: Count = 1000
    """States drawn at each time."""
    format: Annotated[str, NameIn(EXPORT_FORMATS)] = "parquet"
    """Format of the files; they have the variables of the data file."""

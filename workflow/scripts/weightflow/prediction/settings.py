"""Settings of exported predictions."""

from typing import Annotated

from pydantic import Field

from weightflow.prediction.registry import EXPORT_FORMATS
from weightflow.settings import Common, Count, Many, NameIn, Number, Settings


class PredictionSettings(Settings):
    """What `snakemake predict` writes to results/DATASET/predictions/, of every model with the first seed."""

    times: Annotated[Annotated[Many[Number], Field(min_length=1)] | None, Common] = None
    """Times, also between those of the data and, of models that continue, past the last snapshot; null takes the
    data's."""
    samples: Count = 1000
    """States drawn at each time."""
    format: Annotated[str, NameIn(EXPORT_FORMATS)] = "parquet"
    """Format of the files, in the file's own variables."""

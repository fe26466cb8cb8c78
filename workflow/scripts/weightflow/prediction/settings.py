"""Settings of exported predictions."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.settings import Common, Count, Many, Number, Settings


class PredictionSettings(Settings):
    """What `snakemake predict` writes to results/DATASET/predictions/, of every model with the first seed."""

    times: Annotated[Annotated[Many[Number], Field(min_length=1)] | None, Common] = None
    """Times, also between those of the data and, of models that continue, past the last snapshot; null takes the
    data's."""
    samples: Count = 1000
    """States drawn at each time."""
    format: Literal["h5ad", "parquet"] = "parquet"
    """h5ad is AnnData, with the values where the file had them (X, a layer or an obsm key), parquet a table with a row
    for each state; both in the file's own variables."""

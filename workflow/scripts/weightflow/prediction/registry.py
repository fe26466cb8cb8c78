"""File formats of predicted states, by their names in configurations."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class ExportFormat:
    """A format of predicted states; its name is the suffix of its files.

    Attributes:
        description: what a file holds.
        write: function of (path, `Exported` states).
    """

    description: str
    write: Lazy


EXPORT_FORMATS: dict[str, ExportFormat] = {
    "h5ad": ExportFormat(
        "AnnData, with the values in the matrix that the data file uses (X, a layer or an obsm key)",
        Lazy("weightflow.prediction.exports", "write_h5ad"),
    ),
    "parquet": ExportFormat(
        "a table with a row for each state",
        Lazy("weightflow.prediction.exports", "write_parquet"),
    ),
}

"""The formats of users' files, by their suffixes."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class Reader:
    """A format of users' files.

    Attributes:
        description: content of a file.
        read: function of (path, settings of the data set) to its `RawSnapshots`.
        annotated: whether its matrices have names, so that predictions can be written to the matrix of the states.
    """

    description: str
    read: Lazy
    annotated: bool = False


_TABLE = Lazy("weightflow.formats.tables", "read_table")

READERS: dict[str, Reader] = {
    ".npy": Reader("an array of trajectories, times and variables", Lazy("weightflow.formats.arrays", "read_npy")),
    ".npz": Reader("arrays by name: states, and the time of each", Lazy("weightflow.formats.arrays", "read_npz")),
    ".csv": Reader("a table with a row for each state, separated by commas, semicolons or tabs", _TABLE),
    ".csv.gz": Reader("such a table, compressed", _TABLE),
    ".tsv": Reader("the same; tabs are tried first", _TABLE),
    ".tsv.gz": Reader("such a table, compressed", _TABLE),
    ".parquet": Reader("a table with a row for each state", _TABLE),
    ".h5ad": Reader(
        "AnnData, with a cell for each state", Lazy("weightflow.formats.h5ad", "read_h5ad"), annotated=True
    ),
}
TABLES = tuple(suffix for suffix, reader in READERS.items() if reader.read is _TABLE)  # formats with rows of states

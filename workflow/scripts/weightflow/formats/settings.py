"""Settings of data files."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.settings import (
    AList,
    ANumber,
    AText,
    ByShape,
    Common,
    FilePath,
    Many,
    Number,
    Settings,
    Sha256,
    Unique,
    Url,
)

Files = Annotated[Annotated[FilePath, AText] | Annotated[Unique[FilePath], Field(min_length=1), AList], ByShape]
Variables = Annotated[
    Annotated[Unique[str], Field(min_length=1), AList] | Annotated[int, Field(ge=1), ANumber], ByShape
]


class FileSettings(Settings):
    """The data files, and how they are read."""

    file: Annotated[Files | None, Common] = None
    """Your data: an .npy, .npz, .csv, .tsv (also .gz), .parquet or .h5ad file, or a list of files whose states are
    joined; null if the data are simulated. Relative paths start in the working folder or, if there is no such file, in
    the folder of the config; ~ is the home folder."""
    url: Annotated[Annotated[Url, AText] | Annotated[Many[Url], AList], ByShape] | None = None
    """Address from which a missing file is downloaded (http, https, ftp or file), or a list with one for each file; an
    existing file is never replaced."""
    sha256: Annotated[Annotated[Sha256, AText] | Annotated[Many[Sha256], AList], ByShape] | None = None
    """Checksum of the file or of the unpacked content of a .gz, or a list with one for each file; a file with another
    checksum is refused."""
    matrix: str = "X"
    """Array of an .npz, or matrix of an .h5ad (X, raw/X, layers/NAME or obsm/NAME), with the states."""
    axes: Annotated[Unique[Literal["trajectory", "time", "variable"]], Field(min_length=3, max_length=3)] = (
        "trajectory",
        "time",
        "variable",
    )
    """The three axes of a .npy array, in order."""
    time_column: Annotated[str, Common] = "time"
    """Column of a table, array of an .npz or column of an .h5ad's obs with the time of each state: numbers, also as
    text or categories, or dates (2020-02-29, 20200229), which become days since the first. Predictions use the same
    name."""
    times: Many[Number] | None = None
    """Times of a .npy array; null means 0, 1, 2, …"""
    variables: Variables | None = None
    """Names of the variables; from a table or an .h5ad, only these are read. A number n takes the first n, null all;
    without names, a table's row numbers, ids, texts and empty columns are left out, as the run prints. The names are
    those of the file, or x1, x2, …"""

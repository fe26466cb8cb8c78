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
    """Where the states of a data set are read from, and how."""

    file: Annotated[Files | None, Common] = None
    """Your data, .npy, .npz, .csv, .tsv (also .gz), .parquet or .h5ad, or a list of files whose states are joined; null
    where the data are simulated."""
    url: Annotated[Annotated[Url, AText] | Annotated[Many[Url], AList], ByShape] | None = None
    """Where the file is fetched from when it is not there (http, https, ftp or file), or a list of those of the files;
    a file that is there is never replaced."""
    sha256: Annotated[Annotated[Sha256, AText] | Annotated[Many[Sha256], AList], ByShape] | None = None
    """Checksum of the file, or a list of those of the files; when given, other files are refused, fetched ones too."""
    matrix: str = "X"
    """Array of an .npz, or matrix of an .h5ad (X, layers/NAME or obsm/NAME), that holds the states."""
    axes: Annotated[Unique[Literal["trajectory", "time", "variable"]], Field(min_length=3, max_length=3)] = (
        "trajectory",
        "time",
        "variable",
    )
    """Meaning of a .npy array's three axes, in order."""
    time_column: Annotated[str, Common] = "time"
    """Column of a table, array of an .npz or column of an .h5ad's obs that holds the time of each state: numbers, also
    as text or categories. Predictions are written with times of this name."""
    times: Many[Number] | None = None
    """Times of a .npy array; null counts 0, 1, 2, …"""
    variables: Variables | None = None
    """Names of the variables (of a table or an .h5ad, those to use); a number n takes the first n, null all, with the
    names the file has or x1, x2, …"""

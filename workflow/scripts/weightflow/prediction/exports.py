"""Export of predicted states: `.parquet` tables and AnnData's `.h5ad`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weightflow.data.representation import Representation
from weightflow.prediction.registry import EXPORT_FORMATS
from weightflow.storage import atomic

if TYPE_CHECKING:
    from anndata import AnnData

_NAME = "weightflow"  # key of the metadata


@dataclass(frozen=True)
class StatesInTime:
    """States at several times.

    Attributes:
        times: (T,).
        states: T arrays (n_t, d).
        variables: d names.
        representation: map from the file's values to states; None if they are equal.
    """

    times: np.ndarray
    states: Sequence[np.ndarray]
    variables: Sequence[str]
    representation: Representation | None = None


@dataclass(frozen=True)
class FileLayout:
    """Names in a file of states.

    Attributes:
        time_column: column of the times.
        matrix: matrix of an .h5ad: X, layers/NAME or obsm/NAME.
    """

    time_column: str = "time"
    matrix: str = "X"


@dataclass(frozen=True)
class Exported:
    """Content of a file of states, one row for each state.

    Attributes:
        times: table of one column.
        values: table of the file's own variables.
        states: table of scaled variables or components; None if they equal `values`.
        matrix: matrix of an .h5ad that holds the values.
        about: metadata on the states' origin.
    """

    times: pd.DataFrame
    values: pd.DataFrame
    states: pd.DataFrame | None
    matrix: str
    about: dict[str, Any]


PLAIN = FileLayout()


def write_states(
    path: str | Path, sampled: StatesInTime, layout: FileLayout = PLAIN, about: Mapping[str, Any] | None = None
) -> None:
    """Write samples at several times.

    Both formats hold values in the file's own variables: scaling and principal components are inverted, without the
    discarded components. A `.parquet` has one row per state: its time, the variables, then the components, if any; the
    metadata are in `attrs`, as pandas reads them. An `.h5ad` has one cell per state: its time in `obs`, the values in
    the matrix of the original file, and scaled states or components in `obsm["X_states"]`; the metadata are in
    `uns["weightflow"]`.

    Args:
        path: with the suffix of one of `EXPORT_FORMATS`.
        sampled: the samples.
        layout: names in the file.
        about: metadata on the states' origin; values other than texts and numbers are written as JSON.
    """
    write = EXPORT_FORMATS[Path(path).suffix.removeprefix(".")].write.load()
    with atomic(path) as temporary:
        write(temporary, _exported(sampled, layout, about or {}))


def _exported(sampled: StatesInTime, layout: FileLayout, about: Mapping[str, Any]) -> Exported:
    representation = sampled.representation
    when = np.repeat(np.asarray(sampled.times, dtype=float), [len(s) for s in sampled.states])
    pooled = np.concatenate(list(sampled.states))
    values = states = pd.DataFrame(pooled, columns=list(sampled.variables))
    if representation is not None:
        values = pd.DataFrame(representation.values(pooled), columns=list(representation.names))
    return Exported(
        times=pd.DataFrame({layout.time_column: when}),
        values=values,
        states=None if representation is None else states,
        matrix=layout.matrix,
        about={k: v if isinstance(v, str | int | float) else json.dumps(v) for k, v in about.items()},
    )


def write_parquet(path: Path, exported: Exported) -> None:
    """A table: the time, the variables, then the components, if any."""
    table, states = pd.concat([exported.times, exported.values], axis=1), exported.states
    if states is not None and list(states) != list(exported.values):
        taken = set(table.columns)
        named = [f"{name} (component)" if name in taken else name for name in states]
        table = pd.concat([table, states.set_axis(named, axis=1)], axis=1)
    table.attrs[_NAME] = exported.about
    table.to_parquet(path)


def write_h5ad(path: Path, exported: Exported) -> None:
    """AnnData: times in `obs`, values in their matrix, states in `obsm`."""
    _anndata(exported).write_h5ad(path)


def to_anndata(sampled: StatesInTime, layout: FileLayout = PLAIN, about: Mapping[str, Any] | None = None) -> "AnnData":
    """Samples at several times as AnnData, as `write_states` writes them."""
    return _anndata(_exported(sampled, layout, about or {}))


def _anndata(exported: Exported) -> "AnnData":
    import anndata  # slow, and needed here only

    times, values = exported.times, exported.values
    cells, variables = times.set_axis([f"cell{i}" for i in range(len(times))]), pd.DataFrame(index=values.columns)
    group, _, name = exported.matrix.partition("/")
    match group:
        case "layers":
            made = anndata.AnnData(None, obs=cells, var=variables, layers={name: values.to_numpy()})
        case "obsm":
            made = anndata.AnnData(None, obs=cells, obsm={name: values.to_numpy()})
        case _:
            made = anndata.AnnData(values.to_numpy(), obs=cells, var=variables)
    if exported.states is not None:
        made.obsm["X_states"] = exported.states.to_numpy()
    made.uns[_NAME] = exported.about
    return made

"""Predicted states in the formats that people go on with: `.parquet` tables and AnnData's `.h5ad`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.data.representation import Representation
from weightflow.prediction.registry import EXPORT_FORMATS
from weightflow.storage import atomic

_NAME = "weightflow"  # of what tells where the states are from


@dataclass(frozen=True)
class StatesInTime:
    """States at several times.

    Attributes:
        times: (T,).
        states: T arrays (n_t, d).
        variables: d names.
        representation: how states are made from the file's values; None where they are these.
    """

    times: np.ndarray
    states: Sequence[np.ndarray]
    variables: Sequence[str]
    representation: Representation | None = None


@dataclass(frozen=True)
class FileLayout:
    """Where a file of states keeps what.

    Attributes:
        time_column: name of the times.
        matrix: of an .h5ad: X, layers/NAME or obsm/NAME.
    """

    time_column: str = "time"
    matrix: str = "X"


@dataclass(frozen=True)
class Exported:
    """States as a file has them, a row for each.

    Attributes:
        times: table of one column.
        values: table of the file's own variables.
        states: table of scaled variables or components that stand for these values; None where they are the same.
        matrix: of an .h5ad that the values belong to.
        about: what made them.
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

    Both formats hold values in the file's own variables: scaling is undone, and so are principal components, as far as
    those left out allow. A `.parquet` has a row for each state: its time, the variables, then the components, if any.
    An `.h5ad` has a cell for each state: its time in `obs`, the values where the file had them, and in
    `obsm["X_states"]` the states, where these are scaled or components. What made them is in `uns["weightflow"]` of the
    one and in the `attrs` that pandas reads of the other.

    Args:
        path: with the suffix of one of `EXPORT_FORMATS`.
        sampled: the samples.
        layout: the file's.
        about: what made them; whatever is no text or number is written as JSON.
    """
    path, representation = Path(path), sampled.representation
    when = np.repeat(np.asarray(sampled.times, dtype=float), [len(s) for s in sampled.states])
    pooled = np.concatenate(list(sampled.states))
    values = states = pd.DataFrame(pooled, columns=list(sampled.variables))
    if representation is not None:
        values = pd.DataFrame(representation.values(pooled), columns=list(representation.names))
    exported = Exported(
        times=pd.DataFrame({layout.time_column: when}),
        values=values,
        states=None if representation is None else states,
        matrix=layout.matrix,
        about={k: v if isinstance(v, str | int | float) else json.dumps(v) for k, v in (about or {}).items()},
    )
    write = EXPORT_FORMATS[path.suffix.removeprefix(".")].write.load()
    with atomic(path) as temporary:
        write(temporary, exported)


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
    import anndata  # takes a second, for those who ask for such files alone

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
    made.write_h5ad(path)

"""Predicted states in the formats that people go on with: `.parquet` tables and AnnData's `.h5ad`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.data.representation import Representation
from weightflow.storage import atomic

FORMATS = ("h5ad", "parquet")
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
        path: ending in .h5ad or .parquet.
        sampled: the samples.
        layout: the file's.
        about: what made them; whatever is no text or number is written as JSON.
    """
    path, variables, representation = Path(path), list(sampled.variables), sampled.representation
    when = np.repeat(np.asarray(sampled.times, dtype=float), [len(s) for s in sampled.states])
    when = pd.DataFrame({layout.time_column: when})
    pooled = np.concatenate(list(sampled.states))
    values = pd.DataFrame(pooled, columns=variables)
    if representation is not None:
        values = pd.DataFrame(representation.values(pooled), columns=list(representation.names))
    told = {k: v if isinstance(v, str | int | float) else json.dumps(v) for k, v in (about or {}).items()}
    with atomic(path) as temporary:
        if path.suffix == ".parquet":
            table = pd.concat([when, values], axis=1)
            if representation is not None and variables != list(representation.names):
                taken = set(table.columns)
                named = [f"{name} (component)" if name in taken else name for name in variables]
                table = pd.concat([table, pd.DataFrame(pooled, columns=named)], axis=1)
            table.attrs[_NAME] = told
            table.to_parquet(temporary)
        else:
            represented = None if representation is None else pooled
            _write_h5ad(temporary, when, values, represented, layout.matrix, told)


def _write_h5ad(
    path: Path,
    times: pd.DataFrame,
    values: pd.DataFrame,
    represented: np.ndarray | None,
    matrix: str,
    about: dict[str, Any],
) -> None:
    import anndata  # takes a second, for those who ask for such files alone

    cells, variables = times.set_axis([f"cell{i}" for i in range(len(times))]), pd.DataFrame(index=values.columns)
    group, _, name = matrix.partition("/")
    match group:
        case "layers":
            made = anndata.AnnData(None, obs=cells, var=variables, layers={name: values.to_numpy()})
        case "obsm":
            made = anndata.AnnData(None, obs=cells, obsm={name: values.to_numpy()})
        case _:
            made = anndata.AnnData(values.to_numpy(), obs=cells, var=variables)
    if represented is not None:
        made.obsm["X_states"] = represented
    made.uns[_NAME] = about
    made.write_h5ad(path)

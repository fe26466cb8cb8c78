"""Predicted states in the formats that people go on with: `.parquet` tables and AnnData's `.h5ad`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from weightflow.representation import Representation
from weightflow.storage import atomic

FORMATS = ("h5ad", "parquet")


def write_states(
    path: str | Path,
    times: np.ndarray,
    states: Sequence[np.ndarray],
    variables: Sequence[str],
    representation: Representation | None = None,
) -> None:
    """Write samples at several times.

    A `.parquet` has a row for each state: `time`, then the variables. An `.h5ad` has a cell for each state, its `time`
    in `obs`, the variables in `X`; where the data were scaled or reduced, `X` holds the values in the file's own
    variables and `obsm["X_states"]` the states.

    Args:
        path: ending in .h5ad or .parquet.
        times: (T,).
        states: T arrays (n_t, d).
        variables: d names.
        representation: how the states are made from the file's values.
    """
    path, when = Path(path), np.repeat(np.asarray(times, dtype=float), [len(s) for s in states])
    pooled = np.concatenate(list(states))
    with atomic(path) as temporary:
        if path.suffix == ".parquet":
            pd.DataFrame(pooled, columns=list(variables)).assign(time=when)[["time", *variables]].to_parquet(temporary)
        else:
            _write_h5ad(temporary, when, pooled, variables, representation)


def _write_h5ad(
    path: Path, when: np.ndarray, states: np.ndarray, variables: Sequence[str], representation: Representation | None
) -> None:
    import anndata  # takes a second, for those who ask for such files alone

    cells = pd.DataFrame({"time": when}, index=[f"cell{i}" for i in range(len(when))])
    if representation is None:
        made = anndata.AnnData(states, obs=cells, var=pd.DataFrame(index=list(variables)))
    else:
        values = representation.values(states)
        made = anndata.AnnData(values, obs=cells, var=pd.DataFrame(index=representation.names))
        made.obsm["X_states"] = states
    made.write_h5ad(path)

"""Exported states against what pandas and anndata read back."""

import anndata
import numpy as np
import pandas as pd
import pytest

from weightflow.exports import write_states
from weightflow.representation import Representation

TIMES, NAMES = np.array([0.5, 2.25]), ["a", "b"]


@pytest.fixture
def states(rng):
    return [rng.standard_normal((3, 2)), rng.standard_normal((5, 2))]


def test_a_table_has_a_row_for_each_state(states, tmp_path):
    write_states(tmp_path / "made.parquet", TIMES, states, NAMES)
    table = pd.read_parquet(tmp_path / "made.parquet")
    assert list(table) == ["time", *NAMES]
    assert table["time"].tolist() == [0.5] * 3 + [2.25] * 5
    np.testing.assert_array_equal(table[NAMES], np.concatenate(states))


def test_counts_stay_whole(tmp_path):
    write_states(tmp_path / "made.parquet", TIMES, [np.array([[1, 2]]), np.array([[3, 4]])], NAMES)
    assert (pd.read_parquet(tmp_path / "made.parquet")[NAMES].dtypes == np.int64).all()


def test_anndata_has_a_cell_for_each_state(states, tmp_path):
    write_states(tmp_path / "made.h5ad", TIMES, states, NAMES)
    cells = anndata.read_h5ad(tmp_path / "made.h5ad")
    assert cells.obs["time"].tolist() == [0.5] * 3 + [2.25] * 5
    assert list(cells.var_names) == NAMES
    np.testing.assert_array_equal(cells.X, np.concatenate(states))


def test_represented_states_come_back_in_the_files_variables(states, tmp_path, rng):
    made = Representation(["x", "y", "z"], rng.standard_normal(3), rng.standard_normal((2, 3)))
    write_states(tmp_path / "made.h5ad", TIMES, states, NAMES, made)
    cells = anndata.read_h5ad(tmp_path / "made.h5ad")
    assert list(cells.var_names) == ["x", "y", "z"]
    np.testing.assert_allclose(cells.X, made.values(np.concatenate(states)))
    np.testing.assert_array_equal(cells.obsm["X_states"], np.concatenate(states))


@pytest.mark.parametrize("suffix", [".parquet", ".h5ad"])
def test_the_same_states_give_the_same_bytes(states, tmp_path, suffix):
    for name in ("one", "two"):
        write_states(tmp_path / f"{name}{suffix}", TIMES, states, NAMES)
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()

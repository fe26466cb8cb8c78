"""Exported states against what pandas and anndata read back."""

import anndata
import numpy as np
import pandas as pd
import pytest

from weightflow.data.representation import Representation
from weightflow.prediction.exports import FileLayout, StatesInTime, write_states

TIMES, NAMES = np.array([0.5, 2.25]), ["a", "b"]


@pytest.fixture
def states(rng):
    return [rng.standard_normal((3, 2)), rng.standard_normal((5, 2))]


def test_a_table_has_a_row_for_each_state(states, tmp_path):
    write_states(tmp_path / "made.parquet", StatesInTime(TIMES, states, NAMES))
    table = pd.read_parquet(tmp_path / "made.parquet")
    assert list(table) == ["time", *NAMES]
    assert table["time"].tolist() == [0.5] * 3 + [2.25] * 5
    np.testing.assert_array_equal(table[NAMES], np.concatenate(states))


def test_counts_stay_whole(tmp_path):
    write_states(tmp_path / "made.parquet", StatesInTime(TIMES, [np.array([[1, 2]]), np.array([[3, 4]])], NAMES))
    assert (pd.read_parquet(tmp_path / "made.parquet")[NAMES].dtypes == np.int64).all()


def test_anndata_has_a_cell_for_each_state(states, tmp_path):
    write_states(tmp_path / "made.h5ad", StatesInTime(TIMES, states, NAMES))
    cells = anndata.read_h5ad(tmp_path / "made.h5ad")
    assert cells.obs["time"].tolist() == [0.5] * 3 + [2.25] * 5
    assert list(cells.var_names) == NAMES
    np.testing.assert_array_equal(cells.X, np.concatenate(states))


@pytest.fixture
def made(rng):
    """Two components of three variables, with a way back."""
    return Representation(
        ["x", "y", "z"], rng.standard_normal(3), rng.standard_normal((2, 3)), rng.standard_normal((3, 2))
    )


def test_represented_states_come_back_in_the_files_variables(states, tmp_path, made):
    write_states(tmp_path / "made.h5ad", StatesInTime(TIMES, states, NAMES, made))
    cells = anndata.read_h5ad(tmp_path / "made.h5ad")
    assert list(cells.var_names) == ["x", "y", "z"]
    np.testing.assert_allclose(cells.X, made.values(np.concatenate(states)))
    np.testing.assert_array_equal(cells.obsm["X_states"], np.concatenate(states))


@pytest.mark.parametrize(("matrix", "part"), [("layers/spliced", "layers"), ("obsm/X_pca", "obsm")])
def test_values_go_back_to_where_they_came_from(states, tmp_path, matrix, part):
    write_states(tmp_path / "made.h5ad", StatesInTime(TIMES, states, NAMES), FileLayout("day", matrix))
    cells = anndata.read_h5ad(tmp_path / "made.h5ad")
    assert cells.X is None
    assert cells.obs["day"].tolist() == [0.5] * 3 + [2.25] * 5
    assert list(cells.var_names) == (NAMES if part == "layers" else [])
    np.testing.assert_array_equal(getattr(cells, part)[matrix.partition("/")[2]], np.concatenate(states))


def test_an_embedding_that_was_scaled_comes_back_unscaled(states, tmp_path):
    scaled = Representation(NAMES, np.array([1.0, 2.0]), np.diag([0.5, 0.1]), np.diag([2, 10]))
    write_states(tmp_path / "made.h5ad", StatesInTime(TIMES, states, NAMES, scaled), FileLayout(matrix="obsm/X_pca"))
    cells = anndata.read_h5ad(tmp_path / "made.h5ad")
    np.testing.assert_allclose(cells.obsm["X_pca"], np.concatenate(states) * [2, 10] + [1, 2])
    np.testing.assert_array_equal(cells.obsm["X_states"], np.concatenate(states))


def test_a_table_has_the_files_variables_and_then_the_components(states, tmp_path, made):
    write_states(tmp_path / "made.parquet", StatesInTime(TIMES, states, NAMES, made), FileLayout("day"))
    table = pd.read_parquet(tmp_path / "made.parquet")
    assert list(table) == ["day", "x", "y", "z", *NAMES]
    np.testing.assert_allclose(table[["x", "y", "z"]], made.values(np.concatenate(states)))
    np.testing.assert_array_equal(table[NAMES], np.concatenate(states))


def test_a_scaled_variable_is_in_a_table_once(states, tmp_path):
    scaled = Representation(NAMES, np.array([1.0, 2.0]), np.diag([0.5, 0.1]), np.diag([2, 10]))
    write_states(tmp_path / "made.parquet", StatesInTime(TIMES, states, NAMES, scaled))
    table = pd.read_parquet(tmp_path / "made.parquet")
    assert list(table) == ["time", *NAMES]
    np.testing.assert_allclose(table[NAMES], np.concatenate(states) * [2, 10] + [1, 2])


@pytest.mark.parametrize("suffix", [".parquet", ".h5ad"])
def test_files_say_what_made_them(states, tmp_path, suffix):
    path = tmp_path / f"made{suffix}"
    about = {"model": "m", "seed": 3, "settings": {"steps": None}}
    write_states(path, StatesInTime(TIMES, states, NAMES), about=about)
    found = anndata.read_h5ad(path).uns if suffix == ".h5ad" else pd.read_parquet(path).attrs
    assert dict(found["weightflow"]) == {"model": "m", "seed": 3, "settings": '{"steps": null}'}


@pytest.mark.parametrize("suffix", [".parquet", ".h5ad"])
def test_the_same_states_give_the_same_bytes(states, tmp_path, suffix):
    for name in ("one", "two"):
        write_states(tmp_path / f"{name}{suffix}", StatesInTime(TIMES, states, NAMES))
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()

"""Single cells: what is read from good .h5ad files, and a sentence for every bad one."""

import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy.sparse import csc_matrix, csr_matrix

from tests.conftest import with_changes
from weightflow.formats.h5ad import read_h5ad

X = np.array([[1, 0, 2], [0, 0, 3], [4, 5, 0], [6, 0, 0]])
HOURS = [2.5, 0.0, 2.5, 1.0]
GROUPED = [[[0, 0, 3]], [[6, 0, 0]], [[1, 0, 2], [4, 5, 0]]]


def cells(x: np.ndarray | None = X, hours: list = HOURS, names: list[str] | None = None, **parts) -> AnnData:
    obs = pd.DataFrame({"time": hours, "batch": 1}, [f"cell{i}" for i in range(4)])
    return AnnData(x, obs, pd.DataFrame(index=names or ["u", "v", "w"]), **parts)


@pytest.fixture
def written(tmp_path):
    """The path of a written file."""

    def write(content: AnnData):
        content.write_h5ad(tmp_path / "cells.h5ad")
        return tmp_path / "cells.h5ad"

    return write


@pytest.mark.parametrize("dtype", [int, np.float32, np.uint8])
@pytest.mark.parametrize("kind", [np.asarray, csr_matrix, csc_matrix])
def test_cells_are_grouped_by_time(written, dataset_settings, kind, dtype):
    raw = read_h5ad(written(cells(kind(X.astype(dtype)))), dataset_settings)
    assert raw.times.tolist() == [0, 1, 2.5]
    assert raw.variables == ["u", "v", "w"]
    assert [states.tolist() for states in raw.states] == GROUPED
    assert raw.states[0].dtype == dtype
    assert not raw.paired


@pytest.mark.parametrize(
    "hours",
    [
        [str(h) for h in HOURS],
        pd.Categorical(HOURS),
        pd.Categorical([str(h) for h in HOURS]),
    ],
)
def test_times_may_be_text_or_categories(written, dataset_settings, hours):
    raw = read_h5ad(written(cells(hours=hours)), dataset_settings)
    assert raw.times.tolist() == [0, 1, 2.5]
    assert [states.tolist() for states in raw.states] == GROUPED


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix, csc_matrix])
def test_a_layer_has_the_variables_of_the_file(written, dataset_settings, kind):
    settings = with_changes(dataset_settings, matrix="layers/spliced", variables=["w", "u"])
    raw = read_h5ad(written(cells(None, layers={"spliced": kind(X)})), settings)
    assert raw.variables == ["w", "u"]
    assert raw.states[2].tolist() == [[2, 1], [0, 4]]


def test_an_embedding_has_names_of_its_own(written, dataset_settings):
    settings = with_changes(dataset_settings, matrix="obsm/X_pca", time_column="time")
    raw = read_h5ad(written(cells(obsm={"X_pca": X[:, :2] / 2})), settings)
    assert raw.variables == ["x1", "x2"]
    assert raw.states[2].tolist() == [[0.5, 0], [2, 2.5]]


def test_an_embedding_may_be_a_table(written, dataset_settings):
    table = pd.DataFrame(X[:, :2], [f"cell{i}" for i in range(4)], ["pc1", "pc2"])
    settings = with_changes(dataset_settings, matrix="obsm/pca", variables=["pc2"])
    raw = read_h5ad(written(cells(obsm={"pca": table})), settings)
    assert raw.variables == ["pc2"]
    assert raw.states[2].tolist() == [[0], [5]]


@pytest.mark.filterwarnings("ignore:.*names are not unique")
def test_names_may_repeat_where_no_one_asks_for_them(written, dataset_settings):
    file = written(cells(names=["u", "u", "w"]))
    assert read_h5ad(file, with_changes(dataset_settings, variables=["w"])).states[0].tolist() == [[3]]


def test_attributes_may_be_bytes_as_r_writes_them(written, dataset_settings):
    path = written(cells(csr_matrix(X)))
    with h5py.File(path, "a") as file:
        places = [file]
        file.visititems(lambda _, element: places.append(element))
        for element in places:
            for name in {"encoding-type", "encoding-version"} & set(element.attrs):
                element.attrs[name] = np.bytes_(element.attrs[name])
    raw = read_h5ad(path, dataset_settings)
    assert raw.variables == ["u", "v", "w"]
    assert [states.tolist() for states in raw.states] == GROUPED


def test_a_file_that_is_open_for_writing_is_named_as_locked(written, dataset_settings, refused):
    path = written(cells())
    held = f"import h5py, sys; file = h5py.File({str(path)!r}, 'r+'); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with refused(r"cells\.h5ad: is locked by a program that has it open for writing, such as a notebook; close it"):
            read_h5ad(path, dataset_settings)
        process.stdin.close()


@pytest.mark.parametrize("kind", [csr_matrix, csc_matrix])
def test_sparse_numbers_of_half_precision_are_read(written, dataset_settings, kind):
    path = written(cells(kind(X.astype(np.float32))))
    with h5py.File(path, "a") as file:
        values = file["X/data"][()].astype(np.float16)
        del file["X/data"]
        file["X/data"] = values
    raw = read_h5ad(path, with_changes(dataset_settings, variables=["w", "u"]))
    assert [states.tolist() for states in raw.states] == [[[3, 0]], [[0, 6]], [[2, 1], [0, 4]]]


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_the_raw_matrix_has_variables_of_its_own(written, dataset_settings, kind):
    content = cells(kind(X.astype(float)))
    content.raw = content
    content = content[:, ["w"]].copy()
    raw = read_h5ad(path := written(content), with_changes(dataset_settings, matrix="raw/X"))
    assert raw.variables == ["u", "v", "w"]
    assert [states.tolist() for states in raw.states] == GROUPED
    assert read_h5ad(path, dataset_settings).variables == ["w"]


MIXED = pd.DataFrame({"a": [1, 2, 3, 4], "b": list("wxyz")}, [f"cell{i}" for i in range(4)])
WITH_NAN = csr_matrix(np.where(X == 5, np.nan, X))


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        (cells(), {"time_column": "day"}, "obs has no 'day'; set time_column to one of time, batch"),
        (cells(), {"matrix": "layers/raw"}, "no matrix 'layers/raw'; set matrix to one of X"),
        (
            cells(layers={"spliced": X}, obsm={"X_pca": X}),
            {"matrix": "obsm/X_umap"},
            "no matrix 'obsm/X_umap'; set matrix to one of X, layers/spliced, obsm/X_pca",
        ),
        (cells(None, layers={"spliced": X}), {}, "no matrix 'X'; set matrix to one of layers/spliced"),
        (cells(None), {}, r"no matrix 'X'; set matrix to one of \(none\)"),
        (cells(), {"matrix": "obs"}, "no matrix 'obs'"),
        (cells(), {"variables": ["u", "gene"]}, "no variable 'gene'; the key variables may name u, v, w"),
        (cells(names=["u", "v", "u"]), {}, "the variable u is there twice; rename one of them"),
        (cells(names=["u", "v", "u"]), {"variables": ["u"]}, "the variable u is there twice"),
        (cells(obsm={"m": MIXED}), {"matrix": "obsm/m"}, "the matrix 'obsm/m' holds object, not numbers only"),
        (cells(X.astype(complex)), {}, "the matrix 'X' holds complex128, not numbers only"),
        (cells(obsm={"m": np.zeros((4, 2, 2))}), {"matrix": "obsm/m"}, r"the matrix 'obsm/m' has shape \(4, 2, 2\)"),
        (cells(WITH_NAN), {}, "the matrix 'X' holds NaN among its sparse values"),
        (cells(layers={"s": WITH_NAN}), {"matrix": "layers/s"}, "the matrix 'layers/s' holds NaN among its sparse"),
        (cells(hours=["0", "1", "noon", "2"]), {}, "obs 'time' holds 'noon', which is no number"),
        (cells(hours=pd.Categorical(["E8", "E8", "E9", "E9"])), {}, "obs 'time' holds 'E8', which is no number"),
        (cells(hours=[0.0, np.nan, 1.0, 2.0]), {}, "obs 'time' has gaps"),
        (cells()[:0].copy(), {}, "obs 'time' is empty"),
        (cells(), {"times": [0.0]}, "the file has its own times in 'time'"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*names are not unique")
def test_bad_cells_are_refused_by_name(written, dataset_settings, refused, content, changes, sentence):
    with refused(rf"cells\.h5ad: {sentence}"):
        read_h5ad(written(content), with_changes(dataset_settings, **changes))


def rewritten(path, key: str, values: np.ndarray, **options) -> None:
    """Put other values in the place of an array, past anndata's own checks."""
    with h5py.File(path, "a") as file:
        attributes = dict(file[key].attrs)
        del file[key]
        file.create_dataset(key, data=values, **options).attrs.update(attributes)


@pytest.mark.parametrize(("key", "shape"), [("X", (3, 3)), ("X", (4, 2)), ("layers/l", (5, 3)), ("obsm/m", (3, 2))])
def test_a_matrix_that_does_not_fit_its_cells_is_refused(written, dataset_settings, refused, key, shape):
    path = written(cells(layers={"l": X}, obsm={"m": X[:, :2]}))
    rewritten(path, key, np.ones(shape))
    sentence = rf"cells\.h5ad: the matrix '{key}' has shape \({shape[0]}, {shape[1]}\), and there are 4 cells"
    with refused(sentence):
        read_h5ad(path, with_changes(dataset_settings, matrix=key))


def test_damaged_values_are_refused_by_name(written, dataset_settings, refused):
    path = written(cells())
    rewritten(path, "X", np.arange(12.0).reshape(4, 3), chunks=(4, 3), compression="gzip")
    with h5py.File(path) as file:
        start, size = (chunk := file["X"].id.get_chunk_info(0)).byte_offset, chunk.size
    content = bytearray(path.read_bytes())
    content[start : start + size] = bytes(size)
    path.write_bytes(bytes(content))
    with refused(r"cells\.h5ad: 'X' is damaged"):
        read_h5ad(path, dataset_settings)


def test_files_of_an_old_anndata_are_refused(tmp_path, dataset_settings, refused):
    with h5py.File(tmp_path / "cells.h5ad", "w") as file:  # anndata 0.6 and before: compound arrays as tables
        file["obs"] = np.array([(b"a", 0.0), (b"b", 1.0)], dtype=[("index", "S1"), ("time", float)])
        file["var"] = np.array([(b"u",)], dtype=[("index", "S1")])
        file["X"] = np.ones((2, 1))
    with refused(r"cells\.h5ad: written by an anndata before 0\.7"):
        read_h5ad(tmp_path / "cells.h5ad", dataset_settings)


@pytest.mark.parametrize("hours", [["D3", "D3", "D5", "D7"], ["day 3", "day 3", "day 5", "day 7"]])
@pytest.mark.parametrize("kind", [list, pd.Categorical])
def test_times_with_words_are_refused(written, dataset_settings, refused, hours, kind):
    with refused(rf"cells\.h5ad: obs 'time' holds '{hours[0]}', which is no number; write times as numbers"):
        read_h5ad(written(cells(hours=kind(hours))), dataset_settings)


def test_truth_values_and_negative_times_are_read(written, dataset_settings):
    found = read_h5ad(written(cells(X > 0, hours=[-1.5, 0, 2, 2])), dataset_settings)
    assert found.times.tolist() == [-1.5, 0, 2]
    assert found.states[2].tolist() == [[True, True, False], [True, False, False]]


def test_nan_in_a_sparse_variable_that_no_one_asks_for_is_let_be(written, dataset_settings):
    assert read_h5ad(written(cells(WITH_NAN)), with_changes(dataset_settings, variables=["u"])).states[0].tolist() == [
        [0]
    ]


@pytest.mark.parametrize("content", [b"", b"time,a\n0,1\n", b"\x89HDF\r\n\x1a\n"])
def test_what_is_no_hdf5_is_refused_by_name(saved, dataset_settings, refused, content):
    with refused(r"cells\.h5ad: not a readable \.h5ad \(HDF5\) file; write it again with anndata"):
        read_h5ad(saved("cells.h5ad", content), dataset_settings)


@pytest.mark.parametrize("members", [[], ["X"], ["obs"], ["var"], ["obs", "var", "X"]])
def test_hdf5_of_another_kind_is_refused_by_name(tmp_path, dataset_settings, refused, members):
    with h5py.File(tmp_path / "cells.h5ad", "w") as file:
        for name in members:
            file[name] = np.zeros(3)
    with refused(r"cells\.h5ad: HDF5, but not AnnData: there is no "):
        read_h5ad(tmp_path / "cells.h5ad", dataset_settings)

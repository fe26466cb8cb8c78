"""Users' files, by their suffixes, alone and joined."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from tests.conftest import with_changes
from weightflow.errors import InputError
from weightflow.formats.reading import read_raw_snapshots
from weightflow.formats.registry import READERS
from weightflow.prediction.exports import FileLayout, StatesInTime, write_states

STATES, HOURS = np.array([[5, 6], [1, 2], [3, 4]]), np.array([2.5, 0.0, 2.5])


@pytest.fixture
def written(tmp_path):
    """The same three states in a file of each kind that has times of its own."""
    table = pd.DataFrame({"time": HOURS, "x1": STATES[:, 0], "x2": STATES[:, 1]})
    table.to_csv(tmp_path / "data.csv", index=False)
    table.to_csv(tmp_path / "data.tsv", index=False, sep="\t")
    table.to_csv(tmp_path / "data.csv.gz", index=False)
    table.to_csv(tmp_path / "data.tsv.gz", index=False, sep="\t")
    table.to_parquet(tmp_path / "data.parquet")
    np.savez(tmp_path / "data.npz", X=STATES, time=HOURS)
    cells = AnnData(
        STATES.astype(float), pd.DataFrame({"time": HOURS}, ["a", "b", "c"]), pd.DataFrame([], ["x1", "x2"])
    )
    cells.write_h5ad(tmp_path / "data.h5ad")
    return tmp_path


@pytest.mark.parametrize("suffix", sorted(set(READERS) - {".npy"}))
def test_every_kind_of_file_holds_the_same(written, dataset_settings, suffix):
    found = read_raw_snapshots(written / f"data{suffix}", dataset_settings)
    assert found.times.tolist() == [0, 2.5]
    assert found.variables == ["x1", "x2"]
    assert [states.tolist() for states in found.states] == [[[1, 2]], [[5, 6], [3, 4]]]


def test_an_array_of_trajectories_is_read_by_its_suffix(saved, dataset_settings):
    found = read_raw_snapshots(str(saved("data.npy", np.zeros((5, 3, 2)))), dataset_settings)
    assert found.times.tolist() == [0, 1, 2]
    assert found.paired


def test_files_of_several_kinds_are_joined(written, dataset_settings):
    suffixes = [".h5ad", ".csv", ".npz"]
    found = read_raw_snapshots([written / f"data{suffix}" for suffix in suffixes], dataset_settings)
    assert found.times.tolist() == [0, 2.5]
    assert [states.tolist() for states in found.states] == [[[1, 2]] * 3, [[5, 6], [3, 4]] * 3]


@pytest.mark.parametrize("suffix", [".h5ad", ".parquet"])
@pytest.mark.parametrize("matrix", ["X", "layers/log", "obsm/X_pca"])
def test_what_is_written_as_a_prediction_is_read_again(tmp_path, dataset_settings, suffix, matrix):
    states = [STATES[:1].astype(float), STATES[1:] / 2]
    made = StatesInTime(np.array([0.25, 7]), states, ["x1", "x2"])
    write_states(tmp_path / f"made{suffix}", made, FileLayout("day", matrix))
    found = read_raw_snapshots(
        tmp_path / f"made{suffix}", with_changes(dataset_settings, matrix=matrix, time_column="day")
    )
    assert (found.times.tolist(), found.variables) == ([0.25, 7], ["x1", "x2"])
    assert [s.tolist() for s in found.states] == [s.tolist() for s in states]


def test_joined_files_are_named_where_they_do_not_agree(written, saved, dataset_settings):
    other = saved("other.csv", "time,x1,y\n0,1,2\n")
    with pytest.raises(InputError, match=r"other\.csv: has the variables x1, y, and .*data\.npz has x1, x2;"):
        read_raw_snapshots([written / "data.npz", other], dataset_settings)


def test_a_missing_file_is_refused_by_name(tmp_path, dataset_settings):
    with pytest.raises(InputError, match=r"none\.npy: there is no such file; check the data set's key 'file'"):
        read_raw_snapshots(tmp_path / "none.npy", dataset_settings)


def test_an_unknown_suffix_is_refused_by_name(saved, dataset_settings):
    known = r"use \.npy, \.npz, \.csv, \.csv\.gz, \.tsv, \.tsv\.gz, \.parquet, \.h5ad\."
    with pytest.raises(InputError, match=rf"data\.doc: its suffix is not known; {known}"):
        read_raw_snapshots(saved("data.doc", "text"), dataset_settings)


@pytest.mark.parametrize("suffix", [".xlsx", ".ODS"])
def test_a_workbook_is_refused_with_the_way_to_save_it(saved, dataset_settings, refused, suffix):
    with refused(rf"data\{suffix}: it is a workbook, which is not read; save its sheet as CSV in UTF-8"):
        read_raw_snapshots(saved(f"data{suffix}", "text"), dataset_settings)


@pytest.mark.parametrize("suffix", sorted(set(READERS) - {".npy"}))
def test_a_suffix_may_be_in_capitals(written, dataset_settings, suffix):
    path = (written / f"data{suffix}").rename(written / f"DATA{suffix.upper()}")
    assert [states.tolist() for states in read_raw_snapshots(path, dataset_settings).states] == [
        [[1, 2]],
        [[5, 6], [3, 4]],
    ]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".parquet", ".npz", ".h5ad"])
def test_dates_are_days_in_every_kind_of_file(tmp_path, dataset_settings, suffix):
    days = ["2020-03-01", "2020-02-28", "2020-03-01"]
    table = pd.DataFrame({"time": days, "x1": STATES[:, 0], "x2": STATES[:, 1]})
    path = tmp_path / f"data{suffix}"
    match suffix:
        case ".parquet":
            table.astype({"time": "datetime64[ns]"}).to_parquet(path)
        case ".npz":
            np.savez(path, X=STATES, time=np.array(days, dtype="datetime64[D]"))
        case ".h5ad":
            obs = pd.DataFrame({"time": pd.Categorical(days)}, ["a", "b", "c"])
            AnnData(STATES.astype(float), obs, pd.DataFrame([], ["x1", "x2"])).write_h5ad(path)
        case _:
            table.to_csv(path, index=False, sep="\t" if "tsv" in suffix else ",")
    found = read_raw_snapshots(path, dataset_settings)
    assert found.times.tolist() == [0, 2]
    assert found.time_label == "day (since 2020-02-28)"
    assert [states.tolist() for states in found.states] == [[[1, 2]], [[5, 6], [3, 4]]]


def test_dates_of_an_array_are_days(saved, dataset_settings):
    settings = with_changes(dataset_settings, times=[20200228, 20200229, 20200301])
    assert read_raw_snapshots(saved("data.npy", np.zeros((5, 3, 2))), settings).times.tolist() == [0, 1, 2]

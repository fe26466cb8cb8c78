"""Tables of snapshots: what is read from good ones, and a sentence for every bad one."""

import numpy as np
import pandas as pd
import pytest

from weightflow.table_files import read_table

TABLE = pd.DataFrame({"b": [1, 2, 3, 4], "time": [2.5, 0, 2.5, 1], "a": [10, 20, 30, 40]})
PARQUET = {
    "plain": TABLE,
    "times as text": TABLE.astype({"time": str}),
    "times as categories": TABLE.astype({"time": "category"}),
    "times that may be missing": TABLE.astype({"time": "Float64"}),
    "values that may be missing": TABLE.astype({"a": "Int64"}),
    "small numbers": TABLE.astype({"a": "uint8", "b": "float32"}),
}


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_text_is_grouped_by_time(saved, dataset_settings, suffix, separator, start):
    text = start + TABLE.to_csv(index=False, sep=separator)
    recording = read_table(saved(f"data{suffix}", text), dataset_settings)
    assert recording.times.tolist() == [0, 1, 2.5]
    assert recording.variables == ["b", "a"]
    assert [states.tolist() for states in recording.states] == [[[2, 20]], [[4, 40]], [[1, 10], [3, 30]]]
    assert not recording.paired


@pytest.mark.parametrize("table", PARQUET.values(), ids=PARQUET)
def test_parquet_is_grouped_by_time(saved, dataset_settings, table):
    recording = read_table(saved("data.parquet", table), dataset_settings)
    assert recording.times.tolist() == [0, 1, 2.5]
    assert recording.variables == ["b", "a"]
    assert [states.tolist() for states in recording.states] == [[[2, 20]], [[4, 40]], [[1, 10], [3, 30]]]
    assert recording.states[0].dtype.kind in "if"


def test_tables_use_the_columns_that_are_named(saved, dataset_settings):
    settings = dataset_settings | {"variables": ["a"], "time_column": "hour"}
    recording = read_table(saved("data.csv", "hour,name,a,name\n0,x,1,y\n1,y,2,z\n"), settings)
    assert [states.tolist() for states in recording.states] == [[[1]], [[2]]]


def test_whole_numbers_of_a_table_stay_whole(saved, dataset_settings):
    recording = read_table(saved("data.csv", "time,a\n0,1\n1,2\n"), dataset_settings)
    assert recording.states[0].dtype.kind == "i"


@pytest.mark.parametrize(
    ("text", "changes", "sentence"),
    [
        ("", {}, "not a readable table"),
        ("hour,a\n0,1\n", {}, "no column 'time'; set time_column to one of hour, a"),
        ("time,a\n0,1\n", {"variables": ["b"]}, "no column 'b'; the key variables may name time, a"),
        ("time\n0\n", {}, "there is no column beside 'time'"),
        ("time,a\n", {}, "the column 'time' is empty"),
        ("time,a\n0,x\n", {}, "the column 'a' holds text"),
        ("time,a,b\n0,1,2\n1,2,x\n", {}, "the column 'b' holds text"),
        ("time,a\nnoon,1\n", {}, "the column 'time' holds 'noon', which is no number; write times as numbers"),
        ("time,a\n0,True\n", {}, "the column 'a' holds text"),
        ("time,a\n,1\n0,2\n", {}, "the column 'time' has gaps"),
        ("time,a,b,a\n0,1,2,3\n", {}, "the variable a is there twice; rename one of them"),
        ("time,a,time\n0,1,2\n", {"variables": ["a"]}, "the variable time is there twice"),
        ("time,a\n0,1\n", {"times": [0.0]}, "the file has its own times in 'time'; remove the key times"),
        ("time,a\n0,1\n1,2,3,4\n", {}, "not a readable table"),
        (bytes(range(256)), {}, "not a readable table"),
        ("time,a\n0,ä\n".encode("latin-1"), {}, "not a readable table"),
    ],
)
def test_a_bad_text_is_refused_by_name(saved, dataset_settings, refused, text, changes, sentence):
    with refused(rf"data\.csv: {sentence}"):
        read_table(saved("data.csv", text), dataset_settings | changes)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a readable table"),
        (b"time,a\n0,1\n", "not a readable table"),
        (TABLE.rename(columns={"time": "hour"}), "no column 'time'; set time_column to one of b, hour, a"),
        (TABLE.astype({"a": str}), "the column 'a' holds text"),
        (TABLE.astype({"a": bool}), "the column 'a' holds text"),
        (TABLE.assign(time=pd.Timestamp("2020-01-01")), "the column 'time' holds dates"),
        (TABLE.assign(time=["0", "1", None, "2"]), "the column 'time' has gaps"),
        (TABLE[:0], "the column 'time' is empty"),
    ],
)
def test_a_bad_parquet_file_is_refused_by_name(saved, dataset_settings, refused, content, sentence):
    with refused(rf"data\.parquet: {sentence}"):
        read_table(saved("data.parquet", content), dataset_settings)


def test_missing_values_of_a_parquet_file_are_nan(saved, dataset_settings):
    table = TABLE.assign(a=pd.array([1, None, 3, 4], dtype="Int64"))
    assert np.isnan(read_table(saved("data.parquet", table), dataset_settings).states[0][0, 1])

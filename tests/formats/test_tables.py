"""Tables of snapshots: what is read from good ones, and a sentence for every bad one."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.conftest import with_changes
from weightflow.formats.tables import read_table

TABLE = pd.DataFrame({"b": [1, 2, 3, 4], "time": [2.5, 0, 2.5, 1], "a": [10, 20, 30, 40]})
PARQUET = {
    "plain": TABLE,
    "times as text": TABLE.astype({"time": str}),
    "times as categories": TABLE.astype({"time": "category"}),
    "times that may be missing": TABLE.astype({"time": "Float64"}),
    "values that may be missing": TABLE.astype({"a": "Int64"}),
    "times as its index": TABLE.set_index("time"),
    "small numbers": TABLE.astype({"a": "uint8", "b": "float32"}),
}


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_text_is_grouped_by_time(saved, dataset_settings, suffix, separator, start):
    text = start + TABLE.to_csv(index=False, sep=separator)
    raw = read_table(saved(f"data{suffix}", text), dataset_settings)
    assert raw.times.tolist() == [0, 1, 2.5]
    assert raw.variables == ["b", "a"]
    assert [states.tolist() for states in raw.states] == [[[2, 20]], [[4, 40]], [[1, 10], [3, 30]]]
    assert not raw.paired


@pytest.mark.parametrize("table", PARQUET.values(), ids=PARQUET)
def test_parquet_is_grouped_by_time(saved, dataset_settings, table):
    raw = read_table(saved("data.parquet", table), dataset_settings)
    assert raw.times.tolist() == [0, 1, 2.5]
    assert raw.variables == ["b", "a"]
    assert [states.tolist() for states in raw.states] == [[[2, 20]], [[4, 40]], [[1, 10], [3, 30]]]
    assert raw.states[0].dtype.kind in "if"


@pytest.mark.parametrize(("suffix", "separator"), [(".csv.gz", ","), (".tsv.gz", "\t")])
def test_compressed_text_is_read(saved, dataset_settings, suffix, separator):
    path = saved(f"data{suffix}", gzip.compress(TABLE.to_csv(index=False, sep=separator).encode()))
    assert read_table(path, dataset_settings).states[2].tolist() == [[1, 10], [3, 30]]


@pytest.mark.parametrize("cut", [5, -4])
def test_a_truncated_compressed_file_is_refused_by_name(saved, dataset_settings, refused, cut):
    path = saved("data.csv.gz", gzip.compress(TABLE.to_csv(index=False).encode())[:cut])
    with refused(r"data\.csv\.gz: not a readable table"):
        read_table(path, dataset_settings)


def test_a_file_that_says_it_is_compressed_must_be(saved, dataset_settings, refused):
    with refused(r"data\.csv\.gz: compressed files end in \.gz"):
        read_table(saved("data.csv.gz", "time,a\n0,1\n"), dataset_settings)


def test_spaces_after_separators_and_around_names_do_not_count(saved, dataset_settings):
    raw = read_table(saved("data.csv", " time, a ,b\n0, 1, 2\n"), dataset_settings)
    assert raw.variables == ["a", "b"]
    assert raw.states[0].tolist() == [[1, 2]]


def test_row_numbers_without_a_name_are_let_be_where_the_variables_are_named(saved, dataset_settings):
    raw = read_table(saved("data.csv", ",time,a\n7,0,1\n"), with_changes(dataset_settings, variables=["a"]))
    assert raw.states[0].tolist() == [[1]]


def test_row_names_that_the_header_leaves_out_are_no_variable(saved, dataset_settings):
    raw = read_table(saved("data.csv", "time,a\nc1,0,1\nc2,0,2\n"), dataset_settings)  # as R writes them
    assert raw.states[0].tolist() == [[1], [2]]


def test_a_column_twice_in_a_parquet_file_is_refused(tmp_path, dataset_settings, refused):
    columns = [pa.array([0.0, 1.0])] * 3
    pyarrow.parquet.write_table(pa.table(columns, names=["time", "a", "a"]), tmp_path / "data.parquet")
    with refused(r"data\.parquet: the variable a is there twice; rename one of them"):
        read_table(tmp_path / "data.parquet", dataset_settings)


def test_tables_use_the_columns_that_are_named(saved, dataset_settings):
    settings = with_changes(dataset_settings, variables=["a"], time_column="hour")
    raw = read_table(saved("data.csv", "hour,name,a,name\n0,x,1,y\n1,y,2,z\n"), settings)
    assert [states.tolist() for states in raw.states] == [[[1]], [[2]]]


def test_whole_numbers_of_a_table_stay_whole(saved, dataset_settings):
    raw = read_table(saved("data.csv", "time,a\n0,1\n1,2\n"), dataset_settings)
    assert raw.states[0].dtype.kind == "i"


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
        ("time,a\n0,True\n", {}, "the column 'a' holds bool; it must hold numbers only"),
        ('time,a\n0,"1,000"\n', {}, r"the column 'a' holds text \('1,000'\)"),
        ("time;a\n0;1,5\n", {}, "the columns are separated by semicolons; separate those of a .csv by commas"),
        ("time\ta\n0\t1\n", {}, "the columns are separated by tabs"),
        (",time,a\n1,0,1\n", {}, "the column 1 has no name, as of row numbers; name it"),
        (gzip.compress(b"time,a\n0,1\n", mtime=0), {}, "compressed files end in .gz, and others do not; rename it"),
        ("time,a\n0,1\n".encode("utf-16"), {}, "not a readable table; it is not text in UTF-8"),
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
        read_table(saved("data.csv", text), with_changes(dataset_settings, **changes))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a readable table"),
        (b"time,a\n0,1\n", "not a readable table"),
        (TABLE.rename(columns={"time": "hour"}), "no column 'time'; set time_column to one of b, hour, a"),
        (TABLE.astype({"a": str}), "the column 'a' holds text"),
        (TABLE.astype({"a": bool}), "the column 'a' holds bool"),
        (TABLE.assign(a=[[1], [2], [3], [4]]), "the column 'a' holds text"),
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

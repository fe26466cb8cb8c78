"""Tables of snapshots: what is read from good ones, and a sentence for every bad one."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import with_changes
from weightflow.data.settings import DatasetSettings
from weightflow.formats.raw_snapshots import since_first
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
    assert "left out: the row names, which the first line does not name" in raw.notes


@st.composite
def dialects(draw) -> tuple[str, bytes]:
    """A file's name, and the table below as some program writes it."""
    separator, mark = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(".,"))
    index = draw(st.sampled_from([None, "", "Unnamed: 0", "R"]))
    surplus = 0 if index == "R" else draw(st.integers(0, 2))
    empty, end = draw(st.none() | st.integers(1, 3)), draw(st.sampled_from(["\n", "\r\n"]))

    def line(values: list[str], row: str | None, more: int = surplus) -> str:
        values = [*values[:empty], "", *values[empty:]] if empty else values
        values = values if row is None else [row, *values]
        return separator.join([f'"{value}"' if separator in value else value for value in values] + [""] * more)

    text = [line(["time", "a", "b", "name"], None if index == "R" else index, draw(st.sampled_from([0, surplus])))]
    for number, values in enumerate(FRACTIONS, start=1):
        shown = [f"{value:g}".replace(".", mark) for value in values]
        text.append(line([*shown, f"c{number}"], None if index is None else str(number)))
    for place in sorted(draw(st.lists(st.integers(1, len(text)), max_size=3)), reverse=True):
        text.insert(place, draw(st.sampled_from(["", line([""] * 4, None if index is None else "")])))
    if draw(st.booleans()):
        text.insert(0, f"sep={separator}")
    suffix = draw(st.sampled_from([".csv", ".tsv", ".CSV", ".csv.gz"]))
    content = (end.join(text) + end).encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    return f"data{suffix}", gzip.compress(content, mtime=0) if suffix == ".csv.gz" else content


FRACTIONS = [(0, 1.5, 12), (2.5, -3.25, 7), (0, 0.25, 7), (1, 1000, 3)]


@given(dialects())
def test_a_table_is_the_same_however_it_is_written(tmp_path_factory, written):
    name, content = written
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    raw = read_table(path, DatasetSettings(file="data.csv"))
    assert raw.times.tolist() == [0, 1, 2.5]
    assert raw.variables == ["a", "b"]
    assert [states.tolist() for states in raw.states] == [[[1.5, 12], [0.25, 7]], [[1000, 3]], [[-3.25, 7]]]


def test_the_notes_say_how_a_table_was_read(saved, dataset_settings):
    text = '"";"time";"actin";"name"\n"1";0;2,512;x\n"2";1;0,5;y\n;;;\n'
    assert read_table(saved("data.csv", text), dataset_settings).notes == (
        "columns separated by semicolons, decimal mark ','",
        "left out: 1 empty rows",
        "times: the column 'time'",
        "left out: column 1 (no name, as of row numbers), name (text); to keep a column, name it in the key variables",
    )


ROWS = 24
LEFT_OUT = {
    "row numbers": ("rows", range(ROWS)),
    "row numbers from 1": ("rows", range(1, ROWS + 1)),
    "numbers of the states at each time": ("number", [n for n in range(8) for _ in range(3)]),
    "trajectories": ("trajectory", [n // 3 + 5 for n in range(ROWS)]),
    "replicates": ("Replicate", [n % 2 for n in range(ROWS)]),
    "ids": ("cell_id", range(100, 100 + ROWS)),
    "texts": ("barcode", [f"AAC{n}-1" for n in range(ROWS)]),
    "nothing": ("remark", [None] * ROWS),
}
KEPT = {
    "counts": ("mRNA", [n % 5 for n in range(ROWS)]),
    "numbers past a gap": ("grown", [n + (n > 20) for n in range(ROWS)]),
    "real values": ("cell_id", [n + 0.5 for n in range(ROWS)]),
    "few row numbers": None,
}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("kind", LEFT_OUT)
def test_columns_that_are_no_variables_are_left_out_unless_they_are_named(tmp_path, dataset_settings, kind, suffix):
    name, values = LEFT_OUT[kind]
    table = pd.DataFrame({name: list(values), "time": [n % 3 for n in range(ROWS)], "a": [n % 4 for n in range(ROWS)]})
    table.to_csv(path := tmp_path / "data.csv", index=False)
    if suffix == ".parquet":
        table.to_parquet(path := tmp_path / "data.parquet")
    raw = read_table(path, dataset_settings)
    assert raw.variables == ["a"]
    assert any(note.startswith(f"left out: {name} (") for note in raw.notes)
    assert read_table(path, with_changes(dataset_settings, variables=1)).variables == ["a"]
    if kind not in ("texts", "nothing"):
        assert read_table(path, with_changes(dataset_settings, variables=[name])).variables == [name]


@pytest.mark.parametrize("kind", KEPT)
def test_columns_that_may_be_variables_are_kept(tmp_path, dataset_settings, kind):
    name, values = KEPT[kind] or ("rows", range(ROWS))
    table = pd.DataFrame({name: list(values), "time": [n % 3 for n in range(ROWS)], "a": 1})
    table = table if KEPT[kind] else table[:10]
    table.to_csv(tmp_path / "data.csv", index=False)
    assert read_table(tmp_path / "data.csv", dataset_settings).variables == [name, "a"]


def test_a_chosen_column_is_named_beside_those_that_are_not(saved, dataset_settings):
    settings = with_changes(dataset_settings, variables=["trajectory"])
    raw = read_table(saved("data.csv", "time,trajectory,a\n0,1,2\n"), settings)
    assert raw.states[0].tolist() == [[1]]
    assert raw.notes[-1] == "not chosen: a"


@pytest.mark.parametrize("dates", [["2020-02-28", "2020-03-01"], ["20200228", "20200301"]])
def test_dates_are_seconds_until_they_are_counted_from_the_first(saved, dataset_settings, dates):
    raw = read_table(saved("data.csv", f"time,a\n{dates[0]},1\n{dates[1]},2\n"), dataset_settings)
    assert raw.dates
    assert since_first(raw).times.tolist() == [0, 2]


def test_a_column_of_dates_beside_the_times_is_left_out(saved, dataset_settings):
    raw = read_table(saved("data.parquet", TABLE.assign(day=pd.Timestamp("2020-01-01"))), dataset_settings)
    assert raw.variables == ["b", "a"]
    assert raw.notes[-1] == "left out: day (dates); to keep a column, name it in the key variables"


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
        ("time;a;b\n0;1,5;2.5\n", {}, r"the column 'a' has decimal commas \('1,5'\) and the column 'b' decimal points"),
        ("time;a\n0;1,500\n1;2,250\n", {}, r"the column 'a' holds text \('1,500'\), where the comma may separate thou"),
        ("time;a\n0;1.500,5\n", {}, r"the column 'a' holds text \('1.500,5'\)"),
        ("time;a\n0;1,5\n1;2.5\n", {}, r"the column 'a' holds text \('1,5'\)"),
        ("hour;a\n0;1\n", {}, "no column 'time'; set time_column to one of hour, a"),
        ("time,a,\n0,1,2\n", {}, "the column 3 has no name; name it, or list the key variables"),
        (
            "time,id,name\n0,1,\n",
            {},
            r"no column beside 'time' is a variable: id \(an id, by its name\), name \(empty\)",
        ),
        ("time,a,b\n0,1,<5\n", {}, r"the column 'b' holds text \('<5'\); it must hold numbers only, so correct it, or"),
        ("time,a\n29.02.2020,1\n", {}, "the column 'time' holds '29.02.2020', which is no number"),
        ("time,a\n2020-02-30,1\n", {}, "the column 'time' holds '2020-02-30', which is no number"),
        ("time,a\n0,1,2\n1,2\n", {}, "there are rows of more values than the 2 columns"),
        (gzip.compress(b"time,a\n0,1\n", mtime=0), {}, "compressed files end in .gz, and others do not; rename it"),
        ("time,a\n0,1\n".encode("utf-32"), {}, "no column 'time'|not a readable table"),
        ("time,a\n,1\n0,2\n", {}, "the column 'time' has gaps"),
        ("time,a,b,a\n0,1,2,3\n", {}, "the variable a is there twice; rename one of them"),
        ("time,a,time\n0,1,2\n", {"variables": ["a"]}, "the variable time is there twice"),
        ("time,a\n0,1\n", {"times": [0.0]}, "the file has its own times in 'time'; remove the key times"),
        ("time,a\n0,1\n1,2,3,4\n", {}, "there are rows of more values than the 2 columns; mend them"),
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
        (TABLE.assign(time=pd.Timedelta("3h")), "the column 'time' holds durations; write times as numbers"),
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

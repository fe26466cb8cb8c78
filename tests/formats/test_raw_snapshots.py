"""Raw snapshots: times of any writing, snapshots of any sizes, and files that are joined."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.formats.raw_snapshots import (
    RawSnapshots,
    check_names,
    default_names,
    group_by_time,
    join,
    listed,
    numeric_times,
    read_times,
    since_first,
)

HOURS = [3.0, 0.5, 3.0]


def raw(times: list[float], rows: list[list[list[int]]], names: list[str] | None = None) -> RawSnapshots:
    states = [np.array(snapshot) for snapshot in rows]
    return RawSnapshots(np.array(times), states, names or default_names(states[0].shape[1]), paired=True)


@pytest.mark.parametrize(
    "values",
    [
        HOURS,
        np.array(HOURS, np.float32),
        ["3", "0.5", " 3.0"],
        np.array(["3", "0.5", "3"]),
        pd.Series(HOURS, dtype="category"),
        pd.Series(["3", "0.5", "3"], dtype="category"),
        pd.Series(["3", "0.5", "3"], dtype="string"),
        pd.Series(HOURS, dtype="Float64"),
        pd.Categorical(["3", "0.5", "3"], categories=["3", "1", "0.5"], ordered=True),
    ],
)
def test_times_are_numbers_however_they_are_written(values):
    found = numeric_times(values, "here")
    assert found.dtype == float
    assert found.tolist() == HOURS


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "here is empty"),
        ([1, None], "here has gaps"),
        ([1.0, np.nan], "here has gaps"),
        (pd.Series([1, None], dtype="Int64"), "here has gaps"),
        (pd.Series(["1", None], dtype="category"), "here has gaps"),
        (["1", "day 3", "x"], "here holds 'day 3', which is no number"),
        (["1", "day\n3"], "here holds"),
        (pd.Series(["E7.5", "E8"], dtype="category"), "here holds 'E7.5', which is no number"),
        (pd.to_timedelta(["3h"]), "here holds durations; write times as numbers"),
        (["2020-01-01", "day 3"], "here holds '2020-01-01', which is no number; .* as dates such as 2020-02-29"),
        (["01/02/2020"], "here holds '01/02/2020', which is no number"),
        ([[1], [2]], r"here holds \[1\]; write times as numbers"),
    ],
)
def test_times_that_are_no_numbers_are_refused(refused, values, sentence):
    with refused(f"^{sentence}"):
        read_times(pd.Series(values), "here")


DAYS = [0.0, 2.0, 1.0, 2.0]  # from 28 February 2020, whose next day is the 29th


@pytest.mark.parametrize(
    "values",
    [
        [20200228, 20200301, 20200229, 20200301],
        np.array([20200228.0, 20200301.0, 20200229.0, 20200301.0]),
        ["20200228", "20200301", "20200229", "20200301"],
        [202002281200, 202003011200, 202002291200, 202003011200],
        ["2020-02-28", "2020-03-01", "2020-02-29", "2020-03-01"],
        ["2020-02-28T12:00:00", "2020-03-01 12:00", "2020-02-29T12:00:00Z", "2020-03-01T14:00+02:00"],
        pd.to_datetime(["2020-02-28", "2020-03-01", "2020-02-29", "2020-03-01"]),
        pd.to_datetime(["2020-02-28", "2020-03-01", "2020-02-29", "2020-03-01"]).tz_localize("Europe/Berlin"),
        pd.Categorical(["2020-02-28", "2020-03-01", "2020-02-29", "2020-03-01"]),
    ],
)
def test_dates_are_times_in_seconds_and_then_in_days(values):
    found, dates = read_times(pd.Series(values), "here")
    assert dates
    assert ((found - found.min()) / 86_400).tolist() == DAYS
    raw = since_first(group_by_time(found, np.arange(4)[:, None], ["a"], dates, ["one"]))
    assert raw.times.tolist() == [0, 1, 2]
    assert [states.ravel().tolist() for states in raw.states] == [[0], [2], [1, 3]]
    assert raw.time_label.startswith("day (since 2020-02-2")
    assert raw.notes == ("one", f"the times are dates, read as days since {raw.time_label[11:-1]}")
    assert since_first(raw) is raw


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 20200228],
        [20200228, 20200230],
        [1583020800, 1583107200],
        [2019, 2020],
        [20200228.5, 20200229],
        [-20200228, 20200229],
        [12345678, 87654321],
        [np.inf, 1.0],
    ],
)
def test_other_numbers_are_no_dates(values):
    found, dates = read_times(values, "here")
    assert not dates
    assert found.tolist() == values


def test_the_summary_is_what_a_user_checks_before_training():
    raw = RawSnapshots(np.array([0, 1583020800.0]), [np.zeros((2, 2))] * 2, ["S", "I"], False, ("decimal mark ','",))
    assert raw.summary().splitlines() == [
        "times (2): 0, 1583020800",
        "states at each time: 2",
        "variables (2): S, I",
        "decimal mark ','",
    ]


def test_names_that_are_there_twice_are_refused(refused):
    check_names(["a", "b"], "here")
    with refused("^here: the variable b is there twice; rename one of them"):
        check_names(["a", "b", "c", "b", "c"], "here")


def test_a_message_names_a_few():
    assert listed([]) == "(none)"
    assert listed(["a", 2]) == "a, 2"
    assert listed(default_names(15)).endswith("x12 and 3 more")


@given(times=st.lists(st.sampled_from([0.0, 0.1, 2.5, 1e6]), min_size=1, max_size=30))
def test_grouping_keeps_every_state_at_its_time_and_in_order(times):
    states = np.arange(2 * len(times)).reshape(-1, 2)
    found = group_by_time(np.array(times), states, ["a", "b"])
    assert found.times.tolist() == sorted(set(times))
    assert not found.paired
    for time, snapshot in zip(found.times, found.states, strict=True):
        assert snapshot.tolist() == states[np.array(times) == time].tolist()


def test_one_file_stays_as_it_is():
    one = raw([0, 1], [[[1]], [[2]]])
    assert join([one], ["a.npy"]) is one


def test_joined_files_share_their_times():
    one, two = raw([0, 2], [[[1]], [[2], [3]]]), raw([1, 2], [[[4]], [[5]]])
    found = join([one, two], ["a.npy", "b.npy"])
    assert found.times.tolist() == [0, 1, 2]
    assert [states[:, 0].tolist() for states in found.states] == [[1], [4], [2, 3, 5]]
    assert not found.paired


def test_joined_trajectories_stay_whole_at_the_same_times():
    one, two = raw([0, 1], [[[1], [2]], [[3], [4]]]), raw([0, 1], [[[5]], [[6]]])
    found = join([one, two], ["a.npy", "b.npy"])
    assert found.paired
    assert [states[:, 0].tolist() for states in found.states] == [[1, 2, 5], [3, 4, 6]]


def test_joined_files_count_from_the_first_date_of_all():
    parts = [group_by_time(np.array([day * 86_400.0]), np.array([[day]]), ["a"], True, ["read"]) for day in (3, 1)]
    found = since_first(join(parts, ["a.csv", "b.csv"]))
    assert found.times.tolist() == [0, 2]
    assert found.notes == ("a.csv: read", "b.csv: read", "the times are dates, read as days since 1970-01-02")


def test_joined_files_have_dates_in_all_or_in_none(refused):
    dated, plain = (group_by_time(np.array([1.0]), np.array([[1]]), ["a"], dates) for dates in (True, False))
    for parts in ([dated, plain], [plain, dated]):
        names = ["dated.csv" if part.dates else "plain.csv" for part in parts]
        with refused(r"^dated\.csv: has dates, and plain\.csv has numbers as times"):
            join(parts, names)


def test_joined_files_of_other_variables_are_refused(refused):
    one, two = raw([0], [[[1, 2]]]), raw([0], [[[1, 2]]], ["x2", "x1"])
    with refused(r"^b\.npy: has the variables x2, x1, and a\.npy has x1, x2; files that are joined must agree"):
        join([one, two], ["a.npy", "b.npy"])

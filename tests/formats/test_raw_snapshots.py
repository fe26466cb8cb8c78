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
        (pd.to_datetime(["2020-01-01"]), "here holds dates; write times as numbers"),
        (pd.to_timedelta(["3h"]), "here holds dates"),
    ],
)
def test_times_that_are_no_numbers_are_refused(refused, values, sentence):
    with refused(f"^{sentence}"):
        numeric_times(values, "here")


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


def test_joined_files_of_other_variables_are_refused(refused):
    one, two = raw([0], [[[1, 2]]]), raw([0], [[[1, 2]]], ["x2", "x1"])
    with refused(r"^b\.npy: has the variables x2, x1, and a\.npy has x1, x2; files that are joined must agree"):
        join([one, two], ["a.npy", "b.npy"])

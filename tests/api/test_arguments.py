"""Arguments of Python's functions: whole numbers, paths, one or several values, dates as times."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weightflow.api.arguments import checked_seed, in_data_units, path_text, several, whole

DAYS = "day (since 2024-03-01 12:00)"


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_are_pythons_and_numpys(value):
    assert whole(value, 1, "f", "count") == checked_seed(value, "f") == 3


@pytest.mark.parametrize("value", [0, 8, 2.0, True, "3", None, [3]])
def test_other_numbers_are_refused_with_their_range(refused, value):
    with refused("^f: .* is no count; give a whole number from 1 to 7"):
        whole(value, 1, "f", "count", most=7)


@pytest.mark.parametrize("path", [None, 3, "", b"a.csv", pd.DataFrame()])
def test_what_is_no_path_is_refused(refused, path):
    with refused("^read: .* is no path of a file"):
        path_text(path, "read")


def test_a_path_is_text_or_an_object():
    assert path_text(Path("a.csv"), "read") == path_text("a.csv", "read") == "a.csv"
    assert path_text("~/a.csv", "read") == str(Path.home() / "a.csv")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [(1.5, [1.5]), ("S", ["S"]), ([1, 2], [1, 2]), (np.array([1, 2]), [1, 2]), (np.array(3), [3]), (range(2), [0, 1])],
)
def test_a_single_value_is_a_list_of_one(values, wanted):
    assert several(values) == wanted


@pytest.mark.parametrize(
    "dates", [["2024-03-02", "2024-03-04 12:00"], pd.DatetimeIndex(["2024-03-02 00:00", "2024-03-04 12:00"])]
)
def test_dates_become_days_since_the_first(dates):
    np.testing.assert_allclose(in_data_units(dates, DAYS, "at"), [0.5, 3])
    assert in_data_units(dates[0], DAYS, "at") == 0.5


def test_numbers_stay_as_they_are():
    times = [1, 2.5]
    assert in_data_units(times, DAYS, "at") is times
    assert in_data_units(20240302, DAYS, "at") == 20240302


@pytest.mark.parametrize(
    ("times", "label", "pattern"),
    [
        ("2024-03-02", "time step", "at: '2024-03-02' is no number as the data's times"),
        ("noon", DAYS, "'noon', which is no number"),
        (["2024-03-02", 3], DAYS, "is no number"),
        ("3.5", DAYS, "'3.5' is no number"),
    ],
)
def test_other_texts_are_no_times(refused, times, label, pattern):
    with refused(pattern):
        in_data_units(times, label, "at")

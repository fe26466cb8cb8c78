"""Tables of states with their times are scored row by row, and refused where no model is defined."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.prediction.test_fitted import LEVELS, TIMES, fitted
from weightflow.data.representation import Representation
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Reals
from weightflow.formats.settings import FileSettings
from weightflow.prediction.scored_states import read_scored, score_states, write_scored

TABLE = pd.DataFrame({"id": list("abc"), "day": [1.5, 0, 1.5], "I": [1, 2, 3], "S": [0, 0, 4]})
SETTINGS = FileSettings(time_column="day")


@pytest.fixture
def data(rng) -> Snapshots:
    part = [rng.integers(0, LEVELS, (30, 2)) for _ in TIMES]
    return Snapshots(TIMES, part, part, np.ones(3, bool), ["S", "I"], Counts(LEVELS), "heldout", "day")


@pytest.fixture
def path(tmp_path):
    TABLE.to_csv(tmp_path / "states.csv", index=False)
    return tmp_path / "states.csv"


def test_each_row_has_the_likelihood_at_its_time(data, path, tmp_path):
    table = read_scored(path, SETTINGS, data, [])
    model = fitted(data)
    found = score_states(table, data, [model])
    assert list(found) == [*TABLE, "model-seed3"]
    for row in found.itertuples():
        (density,) = model.along(np.array([row.day]), 0, 1)
        assert found.loc[row.Index, "model-seed3"] == pytest.approx(
            density.log_prob(np.array([[row.S, row.I]]))[0], rel=1e-5
        )
    for kind in ("csv", "tsv", "parquet"):
        write_scored(tmp_path / f"out.{kind}", found)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), found, rtol=1e-9)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.tsv", sep="\t"), found, rtol=1e-9)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out.parquet"), found)


def test_a_count_that_no_model_has_is_scored_as_impossible(data, tmp_path):
    TABLE.assign(S=[0, 0, 99]).to_csv(tmp_path / "far.csv", index=False)
    found = score_states(read_scored(tmp_path / "far.csv", SETTINGS, data, []), data, [fitted(data)])
    assert np.isneginf(found["model-seed3"]).tolist() == [False, False, True]


def test_scaled_values_are_scored_in_the_units_of_the_file(tmp_path):
    made = Representation(["S", "I"], np.array([10.0, 20]), np.diag([0.5, 0.25]), np.diag([2.0, 4]))
    part = [made.states(np.random.default_rng(0).normal(15, 3, (30, 2))) for _ in TIMES]
    data = Snapshots(TIMES, part, [], np.ones(3, bool), ["S", "I"], Reals.of(part), "training", "day", made)
    pd.DataFrame({"day": [1.0], "S": [12.0], "I": [16.0]}).to_csv(tmp_path / "one.csv", index=False)
    table = read_scored(tmp_path / "one.csv", SETTINGS, data, [])
    np.testing.assert_allclose(made.states(table.values), [[1.0, -1.0]])


MISTAKES = {
    "no column": (lambda t: t.drop(columns="I"), [], "no column 'I'; it needs day, S, I"),
    "no time": (lambda t: t.drop(columns="day"), [], "no column 'day'"),
    "too early": (lambda t: t.assign(day=[-1, 0, 1]), [], "the time -1 is before the first snapshot 0"),
    "past the end": (lambda t: t.assign(day=[0, 1, 9]), ["cde"], "the time 9 is past .* where cde must end"),
    "a fraction": (lambda t: t.assign(S=[0.5, 1, 1]), [], "holds 0.5, .* counts; give whole numbers"),
    "a gap": (lambda t: t.assign(S=[np.nan, 1, 1]), [], "the column 'S' has gaps"),
    "text": (lambda t: t.assign(S=["x", "1", "1"]), [], "the column 'S' holds text"),
    "no rows": (lambda t: t[:0], [], "there are no states"),
    "dates": (lambda t: t.assign(day=["2020-01-01"] * 3), [], "holds dates"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_one_sentence(data, tmp_path, refused, case):
    change, ends, pattern = MISTAKES[case]
    change(TABLE).to_csv(tmp_path / "states.csv", index=False)
    with refused(pattern):
        read_scored(tmp_path / "states.csv", SETTINGS, data, ends)


def test_dates_count_from_the_first_of_the_data_set(data, tmp_path):
    dated = dataclasses.replace(data, time_label="day (since 2020-01-01)")
    TABLE.assign(day=["2020-01-02", "2020-01-01", "2020-01-03"]).to_csv(tmp_path / "states.csv", index=False)
    assert read_scored(tmp_path / "states.csv", SETTINGS, dated, []).times.tolist() == [1, 0, 2]


def test_a_missing_file_and_another_kind_are_refused(data, tmp_path, refused):
    with refused("there is no such file"):
        read_scored(tmp_path / "none.csv", SETTINGS, data, [])
    (tmp_path / "states.npy").write_bytes(b"")
    with refused("is no table"):
        read_scored(tmp_path / "states.npy", SETTINGS, data, [])

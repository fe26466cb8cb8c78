"""Names of folds, and the snapshots that they leave out."""

import numpy as np
import pytest

from weightflow.data.folds import fold_name, fold_of, interior
from weightflow.data.preparation import assemble
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import Snapshots, read_snapshots, write_snapshots
from weightflow.formats.raw_snapshots import RawSnapshots


@pytest.mark.parametrize("dataset", ["cells", "cells-2", "a-without-b"])
def test_a_folds_name_tells_its_data_set_and_snapshot(dataset):
    assert fold_of(fold_name(dataset, 12)) == (dataset, 12)
    assert fold_of(dataset) == (dataset, None)


def test_the_first_and_the_last_snapshot_stay():
    assert list(interior(5)) == [1, 2, 3]
    assert list(interior(2)) == []


def prepared(times: int, rng: np.random.Generator, fold: int | None = None, **settings) -> Snapshots:
    """A data set, or a fold of one, of so many snapshots of two real variables."""
    states = list(rng.normal(size=(times, 30, 2)))
    raw = RawSnapshots(np.arange(times), states, ["a", "b"], paired=False)
    chosen = DatasetSettings(kind="continuous", reference="training", **settings)
    return assemble(raw, None, chosen, 0, rng, fold)


def test_a_fold_leaves_out_one_observed_snapshot(rng):
    fold = prepared(7, rng, observe_every=2, fold=1)
    assert fold.is_observed.tolist() == [True, False, False, False, True, False, True]
    assert fold.left_out == 2
    assert prepared(7, rng, observe_every=2).left_out is None


def test_a_fold_leaves_out_none_of_what_is_held_back(rng):
    whole = prepared(11, rng, observe_every=2, hold_back=2)
    assert np.flatnonzero(whole.is_observed).tolist() == [0, 2, 4, 6, 8]
    folds = [prepared(11, rng, observe_every=2, hold_back=2, fold=k) for k in interior(5)]
    assert [fold.left_out for fold in folds] == [2, 4, 6]
    assert not any(fold.is_observed[9:].any() for fold in folds)


def test_what_a_fold_leaves_out_is_in_its_file(tmp_path, rng):
    for fold in (prepared(7, rng, observe_every=2, fold=1), prepared(7, rng, observe_every=2)):
        write_snapshots(tmp_path / "snapshots.safetensors", fold, {})
        assert read_snapshots(tmp_path / "snapshots.safetensors").left_out == fold.left_out

"""Folds: what they are called, and what they leave out."""

import numpy as np
import pytest

from weightflow.folds import fold_name, fold_of, interior, left_out_place
from weightflow.snapshots import observed_mask


@pytest.mark.parametrize("dataset", ["cells", "cells-2", "a-without-b"])
def test_a_folds_name_tells_its_data_set_and_snapshot(dataset):
    assert fold_of(fold_name(dataset, 12)) == (dataset, 12)
    assert fold_of(dataset) == (dataset, None)


def test_the_first_and_the_last_snapshot_stay():
    assert list(interior(5)) == [1, 2, 3]
    assert list(interior(2)) == []


def test_a_fold_leaves_out_one_observed_snapshot():
    assert observed_mask(7, 2).tolist() == [True, False, True, False, True, False, True]
    assert observed_mask(7, 2, fold=1).tolist() == [True, False, False, False, True, False, True]


def test_a_fold_leaves_out_none_of_what_is_held_back():
    observed = observed_mask(9, 2, hold_back=2)
    assert np.flatnonzero(observed).tolist() == [0, 2, 4, 6]
    left_out = [np.flatnonzero(observed & ~observed_mask(9, 2, 2, k)).tolist() for k in interior(int(observed.sum()))]
    assert left_out == [[2], [4]]
    assert not observed_mask(9, 2, 2, fold=1)[7:].any()


def test_the_place_that_a_fold_leaves_out_counts_all_times():
    assert left_out_place({"observe_every": 4, "fold": 2}) == 8
    assert left_out_place({"observe_every": 4}) is None

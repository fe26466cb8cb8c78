"""Quantiles on straight lines, on cases worked by hand."""

import dataclasses

import numpy as np
import pytest

from weightflow.baselines.clouds import predict_baseline


def test_quantiles_between_snapshots_are_between_theirs_and_states_are_kept_valid(counts):
    low, high = np.full((200, 2), 2), np.full((100, 2), 5)
    seen = np.array([True, False, True, False, False, False])
    data = dataclasses.replace(counts, training=[low, low, high, high, high, high], is_observed=seen)
    found = predict_baseline("quantiles", data, 10, 0).samples
    assert (found[0] == 2).all()
    assert (found[2] == 5).all()
    assert np.isin(found[1], [3, 4]).all()
    assert found[1].mean() == pytest.approx(3.5, abs=0.15)
    assert (found[-1] == counts.space.levels - 1).all()
    assert found[-1].dtype.kind == "i"
    falling = dataclasses.replace(data, training=[high, low, low, low, low, low])
    assert (predict_baseline("quantiles", falling, 10, 0).samples[-1] == 0).all()

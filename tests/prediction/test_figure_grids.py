"""Grids for figures: variables of joint probabilities, fine times, and the counts of a bin."""

import numpy as np
import pytest

from weightflow.prediction.figure_grids import FINE_POINTS, FigureGrids, bin_counts, fine_times


def test_grids_show_the_pair_they_are_of_in_its_order():
    grids = FigureGrids(joints=np.full((3, 4, 4), 0.0625), pair=np.array([0, 2]))
    assert [pair for pair in [(0, 1), (0, 2), (2, 0), (1, 2)] if grids.show(pair)] == [(0, 2)]
    assert not FigureGrids().show((0, 1))


def test_fine_times_span_the_observed_range():
    fine = fine_times(np.array([0.0, 1.0, 4.0, 5.0]))
    assert len(fine) == FINE_POINTS
    assert fine[0] == 0
    assert fine[-1] == 5
    assert (np.diff(fine) > 0).all()


@pytest.mark.parametrize(("states", "bins", "counts"), [(40, 40, 1), (40, 20, 2), (41, 20, 3), (7, 1, 7)])
def test_bins_share_all_states(states, bins, counts):
    assert bin_counts(states, bins) == counts

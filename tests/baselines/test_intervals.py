"""Where times lie between observed snapshots, the last of them included."""

import dataclasses

import numpy as np

from weightflow.baselines.intervals import lines, neighbours


def test_a_time_has_its_share_of_the_way_to_the_next_snapshot(counts):
    k, share = neighbours(counts)  # times 0, 1, 2, 3, 5, 7, of which 0, 2 and 7 are observed
    assert k.tolist() == [0, 0, 1, 1, 1, 2]
    np.testing.assert_allclose(share, [0, 0.5, 0, 0.2, 0.6, 0])


def test_past_the_last_snapshot_neighbours_end_and_lines_go_on(counts):
    late = dataclasses.replace(counts, is_observed=np.array([True, True, True, False, False, False]))
    assert neighbours(late)[0].tolist() == [0, 1, 2, 2, 2, 2]
    np.testing.assert_allclose(neighbours(late)[1], [0, 0, 0, 1, 1, 1])
    k, share = lines(late)
    assert k.tolist() == [0, 1, 1, 1, 1, 1]
    np.testing.assert_allclose(share, [0, 0, 1, 2, 4, 6])

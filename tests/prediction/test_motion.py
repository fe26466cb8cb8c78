"""Times and pairs of pictures, and files of motions."""

import numpy as np
import pytest

from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.prediction.motion import PICTURES, Motion, picture_times, read_motion, varying_pairs, write_motion


def observed(times, *columns) -> Snapshots:
    times = np.asarray(times, dtype=float)
    part = [np.array(columns).T if columns else np.zeros((3, 2), int)] * len(times)
    return Snapshots(
        times,
        part,
        [],
        np.ones(len(times), bool),
        [f"x{i}" for i in range(part[0].shape[1])],
        Counts(9),
        "training",
        "day",
    )


@pytest.mark.parametrize("times", [[0, 1], [0, 2, 7], [0, 1, 2, 3, 30], np.arange(11), [3, 3.5, 90]])
def test_pictures_are_at_snapshots_and_between_them(times):
    found = picture_times(observed(times))
    assert len(found) == PICTURES
    assert (np.diff(found) > 0).all()
    assert (found[0], found[-1]) == (times[0], times[-1])
    assert np.isin(found, times).sum() < PICTURES


def test_pairs_are_of_variables_that_vary():
    still, moves = [1, 1, 1], [0, 1, 2]
    assert varying_pairs(observed([0, 1], still, moves, moves, still, moves)) == [(1, 2), (1, 4), (2, 4)]
    assert varying_pairs(observed([0, 1], still, moves)) == [(0, 1)]
    assert varying_pairs(observed([0, 1], moves)) == []


def test_a_file_gives_the_motion_back(tmp_path, rng):
    arrays = (
        rng.random((4,)),
        rng.random((4, 2)),
        rng.random((4, 5, 2)),
        rng.random(3),
        np.array([[0, 1]]),
        rng.random((3, 1, 2, 2)),
    )
    write_motion(tmp_path / "m.safetensors", Motion(*arrays))
    read = read_motion(tmp_path / "m.safetensors")
    for name, array in zip(("times", "means", "quantiles", "picture_times", "pairs", "joints"), arrays, strict=True):
        np.testing.assert_array_equal(getattr(read, name), array)

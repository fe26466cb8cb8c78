"""Bands: their file, and the times between theirs."""

import numpy as np
import pytest

from weightflow.bands.bands import Bands, read_bands, read_evidence, write_bands
from weightflow.errors import InputError

TIMES = np.array([0.0, 1.0, 3.0])


@pytest.fixture
def bands(rng) -> Bands:
    marginals = np.sort(rng.uniform(0.01, 0.5, (3, 3, 2, 5)), axis=0)
    return Bands(TIMES, marginals, np.zeros((0, 0)), np.zeros((3, 3, 2)), np.zeros((3, 3, 1)), ("often",), 0.9)


def test_bands_come_back_from_their_file(bands, tmp_path):
    path = tmp_path / "bands.safetensors"
    write_bands(path, bands, error_ratio=0.5, missed=[0.25, 0.5])
    found = read_bands(path)
    assert (found.level, found.questions) == (0.9, ("often",))
    for name in ("times", "marginals", "edges", "means", "events"):
        np.testing.assert_array_equal(getattr(found, name), getattr(bands, name))
    assert read_evidence(path) == (0.5, (0.25, 0.5))


def test_bands_of_another_shape_are_refused(bands, tmp_path):
    write_bands(tmp_path / "b.safetensors", Bands(TIMES[:2], *list(vars(bands).values())[1:]))
    with pytest.raises(InputError):
        read_bands(tmp_path / "b.safetensors")


def test_between_the_times_log_odds_are_interpolated(bands):
    np.testing.assert_allclose(bands.marginals_at(1.0), bands.marginals[:, 1])
    odds = np.log(bands.marginals / (1 - bands.marginals))
    found = bands.marginals_at(2.5)
    np.testing.assert_allclose(np.log(found / (1 - found)), 0.25 * odds[:, 1] + 0.75 * odds[:, 2])
    np.testing.assert_allclose(bands.marginals_at(3.0), bands.marginals[:, 2])

"""Outlines of data sets: everything except the states."""

import numpy as np
import pytest

from weightflow.data.outline import read_outline
from weightflow.data.snapshots import write_snapshots
from weightflow.errors import InputError
from weightflow.storage import write_tensors


def test_an_outline_is_that_of_the_snapshots(counts, tmp_path):
    write_snapshots(tmp_path / "snapshots.safetensors", counts, {})
    found = read_outline(tmp_path / "snapshots.safetensors")
    assert np.array_equal(found.times, counts.times)
    assert np.array_equal(found.observed_times, counts.observed_times)
    assert found.variables == counts.variables
    assert found.sizes.tolist() == [5, 7, 4, 6, 5, 8]
    assert found.observed_sizes.tolist() == counts.observed_sizes.tolist() == [5, 4, 8]


def test_another_file_is_refused_by_name(tmp_path):
    write_tensors(tmp_path / "other.safetensors", "prediction", {"times": np.zeros(1)})
    with pytest.raises(InputError, match=r"other\.safetensors: expected snapshots, found prediction"):
        read_outline(tmp_path / "other.safetensors")
    write_tensors(tmp_path / "empty.safetensors", "snapshots", {})
    with pytest.raises(InputError, match=r"empty\.safetensors: a part of the file is missing or does not fit"):
        read_outline(tmp_path / "empty.safetensors")

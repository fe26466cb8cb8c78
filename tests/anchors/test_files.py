"""Anchors are read back as they were written, and what is no set of anchors is refused."""

import numpy as np
import pytest

from weightflow.anchors.files import (
    read_anchor,
    read_anchors,
    read_start,
    write_anchor,
    write_anchors,
    write_start,
)
from weightflow.errors import InputError
from weightflow.storage import write_tensors

TIMES = np.array([0.0, 1.0, 4.0])


def test_a_start_and_a_single_anchor_are_read_back(tmp_path):
    weights = np.random.default_rng(0).normal(size=7).astype(np.float32)
    write_start(tmp_path / "start.safetensors", weights, device="cpu")
    assert np.array_equal(read_start(tmp_path / "start.safetensors"), weights)
    write_anchor(tmp_path / "anchor.safetensors", 2.5, weights)
    time, found = read_anchor(tmp_path / "anchor.safetensors")
    assert time.tolist() == [2.5]
    assert np.array_equal(found, weights)


def test_more_than_a_thousand_anchors_keep_their_order(tmp_path):
    for k in (998, 999, 1000, 1001):
        write_anchor(tmp_path / f"anchor-{k:03d}.safetensors", float(k), np.zeros(2))
    assert read_anchors(tmp_path)[0].tolist() == [998, 999, 1000, 1001]


def test_written_anchors_are_read_back(tmp_path):
    weights = np.random.default_rng(0).normal(size=(12, 7)).astype(np.float32)
    times = np.sort(np.random.default_rng(1).random(12))
    write_anchors(tmp_path, times, weights)
    found_times, found = read_anchors(tmp_path)
    assert np.array_equal(found_times, times)
    assert np.array_equal(found, weights)


def test_a_folder_without_anchors_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no anchors; delete it and run again"):
        read_anchors(tmp_path)


def test_anchors_of_different_networks_are_refused(tmp_path):
    write_anchors(tmp_path, TIMES, np.zeros((3, 7)))
    write_tensors(tmp_path / "anchor-001.safetensors", "anchor", {"weights": np.zeros(8), "time": np.zeros(1)})
    with pytest.raises(InputError, match="holds anchors of different sizes; delete it and run again"):
        read_anchors(tmp_path)


def test_a_truncated_anchor_is_refused_by_name(tmp_path):
    write_anchors(tmp_path, TIMES, np.zeros((3, 7)))
    path = tmp_path / "anchor-002.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"anchor-002\.safetensors: the file is truncated"):
        read_anchors(tmp_path)

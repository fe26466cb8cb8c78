"""Names of released files, in the order of their times."""

import pytest

from weightflow.networks.released_names import anchor_files, path_fault, release_fault


@pytest.fixture
def folder(tmp_path):
    for name in ("feat_t0.pt", "feat_t20.pt", "feat_t100.pt", "feat_tx.pt", "phi.pth"):
        (tmp_path / name).touch()
    return tmp_path


def test_anchors_are_in_the_order_of_time(folder):
    assert list(anchor_files(folder)) == [0, 20, 100]


def test_uneven_times_are_refused_for_a_latent_path():
    assert "not evenly spaced" in path_fault([0.0, 20.0, 100.0])
    assert path_fault([0.0, 50.0, 100.0]) == ""


def test_anchors_of_other_times_are_refused(folder, tmp_path_factory):
    assert release_fault(folder, [0.0, 20.0, 100.0]) == ""
    assert "at the times 0, 20, 100, and the observed snapshots are at 0, 50, 100" in release_fault(
        folder, [0.0, 50.0, 100.0]
    )
    assert "has no anchors" in release_fault(tmp_path_factory.mktemp("empty"), [0.0])

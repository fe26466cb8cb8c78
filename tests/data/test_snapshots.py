"""The canonical data set: what its parts are, what is written and what is read back."""

import dataclasses

import numpy as np
import pytest

from weightflow.data.snapshots import Snapshots, observed_count, read_snapshots, read_training, write_snapshots
from weightflow.data.state_space import Counts
from weightflow.errors import InputError


def test_every_stage_that_learns_reads_observed_states_alone(root):
    """Others predict from them, judge, draw or tell, or time themselves; of the anchors' they take times and space.

    A task takes one observed snapshot, whose held-out states are the part that no choice is made by (next_count.py).
    """
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in (root / "workflow" / "scripts").glob("*.py")}
    whole = {name for name, text in scripts.items() if "read_snapshots(" in text}
    judging = ("predict_", "evaluate_", "plot_", "animate_", "tabulate_", "write_report", "calibrate_")
    judging += ("answer_questions", "score_states", "check_states", "describe_motion", "hand_over")
    assert {name for name in whole if not name.startswith(judging)} == {
        "gather_anchors",
        "build_weight_graph",
        "prepare_task",
    }
    assert sum("read_training(" in text for text in scripts.values()) >= 8


def test_a_written_data_set_is_read_back_whole(counts, tmp_path):
    write_snapshots(tmp_path / "snapshots.safetensors", counts, {"file": "data.npy"})
    assert observed_count(tmp_path / "snapshots.safetensors") == 3
    again = read_snapshots(tmp_path / "snapshots.safetensors")
    for field in dataclasses.fields(counts):
        found, expected = getattr(again, field.name), getattr(counts, field.name)
        if field.name in ("training", "heldout"):
            assert [s.tolist() for s in found] == [s.tolist() for s in expected]
        else:
            np.testing.assert_array_equal(found, expected)


@pytest.fixture
def paired():
    """Nine times of 40 trajectories whose states tell which trajectory they are of; every other time is observed."""
    states = [np.stack([np.arange(40), np.full(40, t)], axis=1) for t in range(9)]
    seen = np.arange(9) % 2 == 0
    return Snapshots(np.arange(9.0), states, states, seen, ["which", "when"], Counts(50), "training", "day")


def test_a_share_keeps_the_same_trajectories_in_every_observed_snapshot(paired):
    kept = paired.thinned(0.25)
    rows = [snapshot[:, 0].tolist() for snapshot in kept.observed]
    assert [len(own) for own in rows] == [10] * 5
    assert all(own == rows[0] for own in rows)
    assert rows[0] == sorted(rows[0])
    assert [len(snapshot) for snapshot in kept.training] == [10, 40] * 4 + [10]


def test_a_smaller_share_is_part_of_a_larger_one(paired):
    some, more = (set(paired.thinned(share).observed[0][:, 0]) for share in (0.2, 0.5))
    assert some < more
    assert paired.thinned(1.0) is paired


def test_snapshots_of_different_sizes_are_thinned_each(counts):
    larger = dataclasses.replace(counts, training=[np.repeat(s, 3, axis=0) for s in counts.training])
    assert [len(s) for s in larger.thinned(0.5).observed] == [round(1.5 * len(s)) for s in counts.observed]


def test_a_share_that_leaves_too_few_states_is_refused(counts):
    with pytest.raises(InputError, match=r"data\.share: 0.6 leaves 3 of the 5 training states at time 0, and 4 are"):
        counts.thinned(0.6)


def test_a_share_is_read_from_the_file(paired, tmp_path):
    write_snapshots(tmp_path / "snapshots.safetensors", paired, {})
    read = read_training(tmp_path / "snapshots.safetensors", 0.5)
    assert [len(snapshot) for snapshot in read.observed] == [20] * 5


def test_a_data_set_without_a_heldout_part_is_read_back(counts, tmp_path):
    write_snapshots(tmp_path / "snapshots.safetensors", dataclasses.replace(counts, heldout=[]), {})
    assert read_snapshots(tmp_path / "snapshots.safetensors").heldout == []


def test_a_truncated_data_set_is_refused_by_name(counts, tmp_path):
    path = tmp_path / "snapshots.safetensors"
    write_snapshots(path, counts, {})
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"snapshots\.safetensors: the file is truncated"):
        read_snapshots(path)


@pytest.mark.parametrize(
    ("columns", "pair"),
    [([3, 4, 5], (0, 1)), ([2, 2, 4, 4], (2, 3)), ([2, 4, 1], (0, 1)), ([4, 2, 4], (0, 2)), ([9], (0,))],
)
def test_the_shown_pair_takes_more_than_two_values(columns, pair):
    states = np.stack([np.arange(20) % values for values in columns], axis=1)
    names = [f"x{i}" for i in range(len(columns))]
    data = Snapshots(np.arange(3.0), [states] * 3, [], np.ones(3, bool), names, Counts(10), "training", "day")
    assert data.pair == pair

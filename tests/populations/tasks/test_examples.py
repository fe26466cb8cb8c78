"""A user's own examples: labels keep their names, and what cannot be learned is refused in one sentence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.image_samples import picture, write
from weightflow.populations.tasks.examples import (
    check_other,
    in_order,
    label_names,
    own_task,
    read_examples,
    selected,
)
from weightflow.populations.tasks.selection import Selection
from weightflow.populations.tasks.settings import ExampleSettings, SplitSettings
from weightflow.populations.tasks.task import PARTS, read_task, write_task

SPLIT = SplitSettings(validation=0.2, test=0.3, seed=4)
FLOWERS = pd.DataFrame({"width": np.arange(30) / 2, "length": np.arange(30.0) % 7, "kind": list("cab") * 10})


def own(path: Path, **further):
    return read_examples(ExampleSettings(file=str(path), **further))


def of_table(saved, frame: pd.DataFrame, **further):
    return own(saved("a.csv", frame.to_csv(index=False)), label="kind", **further)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["b", "a"], ("a", "b")),
        ([10, 9], ("9", "10")),
        ([2.0, -1.0], ("-1", "2")),
        (np.array([b"b", b"a"]), ("a", "b")),
        ([True, False], ("False", "True")),
        (["10", "9", "x"], ("10", "9", "x")),
        (np.array([300, 2], np.uint16), ("2", "300")),
    ],
)
def test_labels_are_numbered_in_order(labels, names):
    found = label_names(np.asarray(labels), "a.csv")
    assert in_order(found) == names
    assert len(found) == len(labels)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["a", None], "the example 2 has no label"),
        ([1.0, np.nan], "the example 2 has no label"),
        ([1.0, 1.5], "labels are texts or whole numbers, not 1.5; check the key label"),
        (["a", " "], "the label ' ' is empty or cannot be shown"),
        (["a", "b\n"], r"the label 'b\\n' is empty or cannot be shown"),
        ([[1], [2, 3]], r"labels are texts or whole numbers, not \[1\]"),
        ([pd.Timestamp(0)], "labels are texts or whole numbers, not 1970"),
    ],
)
def test_labels_of_no_use_are_refused(refused, labels, sentence):
    given = np.empty(len(labels), dtype=object)
    given[:] = labels
    with refused(f"^a.csv: {sentence}"):
        label_names(given, "a.csv")


NAMES = st.lists(st.integers(-5, 5) | st.text("abcß 1", min_size=1).filter(str.strip), min_size=2, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES.filter(lambda names: len(set(map(str, names))) > 1), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_label_and_labels_round_trip(tmp_path, names, random):
    rows = [(f"{i}.5", name) for i, name in enumerate(names * 5)]
    shuffled = random.sample(rows, len(rows))
    found = []
    for content in (rows, shuffled):
        frame = pd.DataFrame(content, columns=["width", "kind"]).astype({"width": float, "kind": str})
        frame.to_parquet(tmp_path / "a.parquet")
        found.append(own(tmp_path / "a.parquet", label="kind"))
    assert found[0].labels == found[1].labels
    assert found[0].counts() == found[1].counts()
    for content, examples in zip((rows, shuffled), found, strict=True):
        assert [examples.labels[number] for number in examples.everything.labels] == [str(name) for _, name in content]


def test_a_task_keeps_the_names_of_its_labels(saved, tmp_path):
    examples = of_table(saved, FLOWERS)
    write_task(tmp_path / "task.safetensors", own_task(examples, SPLIT, "none"))
    task = read_task(tmp_path / "task.safetensors")
    assert (task.labels, task.classes, task.shape) == (("a", "b", "c"), 3, (2,))
    for part in PARTS:
        inputs, labels = getattr(task, part).inputs, getattr(task, part).labels
        assert [task.labels[label] for label in labels] == FLOWERS["kind"][(2 * inputs[:, 0]).astype(int)].tolist()
    scaled = own_task(examples, SPLIT, "training").training.inputs
    np.testing.assert_allclose([scaled.mean(0), scaled.std(0)], [[0, 0], [1, 1]], atol=1e-6)


def test_columns_far_from_zero_keep_their_digits(saved):
    examples = of_table(saved, FLOWERS.assign(width=1e9 + np.arange(30.0) % 4))
    assert len(np.unique(own_task(examples, SPLIT, "training").training.inputs[:, 0])) == 4


def test_what_was_read_is_told(saved):
    lines = of_table(saved, FLOWERS).summary().splitlines()
    assert lines[:3] == ["examples: 30", "shape of an input: 2", "labels (3): a (10), b (10), c (10)"]
    images = saved("b.npz", {"x": np.zeros((4, 3, 2)), "y": [0, 1, 0, 1]})
    lines = own(images, test_file=str(images)).summary().splitlines()
    assert lines[:2] == [
        "examples: 4, and 4 of the test part",
        "shape of an input: 1 × 3 × 2 (channels, height and width)",
    ]
    assert len(lines) == 5  # what both files share, once


def test_the_test_part_of_the_authors_is_kept(saved):
    test = saved("test.csv", FLOWERS[["kind", "length", "width"]][:4].assign(extra="x").to_csv(index=False))
    examples = of_table(saved, FLOWERS, test_file=str(test))
    task = own_task(examples, SPLIT, "none")
    np.testing.assert_array_equal(task.test.inputs, FLOWERS[["width", "length"]][:4])
    assert [task.labels[label] for label in task.test.labels] == list("cabc")
    assert len(task.training.labels) + len(task.validation.labels) == 30


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (FLOWERS.assign(kind="d"), r"test\.csv: has the label 'd', which .*a\.csv does not have"),
        (FLOWERS[["width", "kind"]], r"test\.csv: no column 'length'; set inputs to one of width, kind"),
    ],
)
def test_another_test_part_is_refused(saved, refused, test, sentence):
    path = saved("test.csv", test.to_csv(index=False))
    with refused(sentence):
        of_table(saved, FLOWERS, test_file=str(path))


def test_test_images_of_another_size_are_refused(saved, refused):
    images, others = (saved(f"{s}.npz", {"x": np.zeros((4, s, s)), "y": [0, 1, 0, 1]}) for s in (3, 4))
    with refused(r"4\.npz: its inputs have shape \(1, 4, 4\), and those of .*3\.npz \(1, 3, 3\)"):
        own(images, test_file=str(others))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"x": np.zeros((4, 2)), "y": [0, 1, 0]}, "holds 4 inputs and 3 labels; give one label for each input"),
        ({"x": np.zeros((4, 2)), "y": [7] * 4}, "all examples have the label '7'; two labels are the least"),
        ({"x": np.zeros((0, 2)), "y": []}, r"holds no examples, or examples without inputs, shape \(0, 2\)"),
        ({"x": np.zeros((2, 0)), "y": [0, 1]}, r"holds no examples, or examples without inputs, shape \(2, 0\)"),
        ({"x": [[0.0], [np.nan]], "y": [0, 1]}, "holds NaN or infinity in the example 2; fill the gaps"),
        ({"x": [[0.0], [-np.inf]], "y": [0, 1]}, "holds NaN or infinity in the example 2"),
        ({"x": [[0.0], [1e30]], "y": [0, 1]}, r"holds inputs larger than 1e\+18; give them in another unit"),
        ({"x": np.zeros((10_001, 1)), "y": np.arange(10_001)}, "has 10001 labels, and 10000 is the most"),
    ],
)
def test_bad_examples_are_refused(saved, refused, content, sentence):
    with refused(rf"a\.npz: {sentence}"):
        own(saved("a.npz", content))


def test_a_missing_file_and_a_second_test_part_are_refused(saved, refused, tmp_path):
    with refused(r"none\.csv: there is no such file; check the path"):
        own(tmp_path / "none.csv", label="kind")
    with refused(r"none: there is no such folder; check the path"):
        read_examples(ExampleSettings(folder=str(tmp_path / "none")))


def test_shares_that_leave_a_label_out_are_refused_with_the_file(saved, refused):
    with refused(r"a\.csv: of 3 examples a share of .* change the shares or the seed of split"):
        own_task(of_table(saved, FLOWERS[:3]), SPLIT, "training")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "own: expected a subfolder of images for each label"),
        ({"a.png": picture((1, 2, 3))}, "own: expected a subfolder of images for each label"),
        ({"a/1.png": picture((1, 2, 3)), "2.png": picture((1, 2, 3))}, "and no images beside them"),
        (
            {"a/1.png": picture((1, 2, 3)), "b/2.txt": b""},
            r"own/b: has no images \(\.png, .*\); add images of the label",
        ),
        (
            {"a/1.png": picture((1, 2, 3)), "b/1.png": picture((1, 2, 3), (3, 2))},
            r"b/1\.png: the image has shape \(2, 3, 3\)",
        ),
        ({"a/1.png": b"no image"}, r"a/1\.png: the image: is truncated or damaged, or not a PNG or JPEG"),
        ({"a/1.png": picture((1, 2, 3))}, "own: all examples have the label 'a'"),
    ],
)
def test_bad_folders_are_refused(tmp_path, refused, files, sentence):
    (tmp_path / "own").mkdir()
    for name, content in files.items():
        write(tmp_path / "own" / name, content)
    with refused(sentence):
        read_examples(ExampleSettings(folder=str(tmp_path / "own")))


def test_another_task_of_another_shape_is_refused(refused):
    where = "populations.p.transfer.tasks.1"
    check_other("iris", (4,), [4], where)
    with refused(r"populations\.p\.transfer\.tasks\.1: inputs of iris have shape \(4,\), and the examples \(5,\)"):
        check_other("iris", (4,), [5], where)


def test_some_labels_of_a_users_examples_are_kept_by_their_names(saved, refused):
    examples = of_table(saved, FLOWERS)
    chosen = Selection(classes=("c", "a"))
    found = selected(examples, chosen)
    assert (found.labels, found.counts()) == (("c", "a"), {"c": 10, "a": 10})
    task = own_task(examples, SPLIT, "none", chosen)
    assert (task.labels, task.classes) == (("c", "a"), 2)
    assert sum(len(getattr(task, part).labels) for part in PARTS) == 20
    with refused("classes: unknown label 'd'"):
        own_task(examples, SPLIT, "none", Selection(classes=("a", "d")))
    with refused("resize: an input has shape .* and is no image"):
        selected(examples, Selection(resize=8))

"""Tasks are split by their seed alone, scaled by what is trained on, and kept whole."""

from dataclasses import replace

import numpy as np
import pytest

from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import PARTS, Labelled, read_task, split_task, write_task

SETTINGS = SplitSettings(validation=0.2, test=0.3, seed=4)


def numbered(number: int, shape: tuple[int, ...] = (), classes: int = 2) -> Labelled:
    """Examples whose every feature is a constant and their number; labels follow one another in blocks."""
    inputs = np.ones((number, *(shape or (2,))), np.float32)
    inputs[:, -1] = np.arange(number).reshape(-1, *[1] * (inputs.ndim - 2))
    return Labelled(inputs, np.repeat(np.arange(classes), -(-number // classes))[:number])


def which(part: Labelled) -> np.ndarray:
    """Places of examples in the order of their numbers."""
    return part.inputs[:, -1].reshape(len(part.labels), -1)[:, 0]


def test_parts_have_their_shares_and_no_example_twice():
    everything = numbered(50)
    task = split_task(everything, SETTINGS)
    assert [len(getattr(task, part).labels) for part in PARTS] == [25, 10, 15]
    assert len(np.unique(np.concatenate([which(getattr(task, part)) for part in PARTS]))) == 50
    assert (task.classes, task.shape) == (2, (2,))


def test_labels_stay_with_their_inputs():
    task = split_task(numbered(50), SETTINGS)
    places = np.concatenate([which(getattr(task, part)) for part in PARTS])
    labels = np.concatenate([getattr(task, part).labels for part in PARTS])
    assert labels[np.argsort(places)].tolist() == [0] * 25 + [1] * 25


def test_a_split_depends_on_its_seed_and_on_no_label():
    everything = numbered(50)
    one, again, other = (split_task(everything, SETTINGS.but(seed=seed)) for seed in (4, 4, 5))
    for part in PARTS:
        np.testing.assert_array_equal(getattr(one, part).inputs, getattr(again, part).inputs)
    assert set(which(one.test)) != set(which(other.test))
    relabelled = split_task(replace(everything, labels=np.arange(50) % 2), SETTINGS)
    np.testing.assert_array_equal(which(one.test), which(relabelled.test))


def test_tables_are_scaled_by_feature_and_constants_stay_finite():
    training = split_task(numbered(50), SETTINGS).training.inputs
    assert training.dtype == np.float32
    np.testing.assert_allclose(training.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(training.std(0), [0, 1], atol=1e-6)


def test_images_are_scaled_as_a_whole():
    training = split_task(numbered(50, (2, 3, 3)), SETTINGS).training.inputs
    np.testing.assert_allclose([training.mean(), training.std()], [0, 1], atol=1e-6)
    assert abs(training[:, 0].mean()) > 0.1


def test_inputs_may_stay_as_they_are():
    task = split_task(numbered(50), SETTINGS, scale="none")
    places = np.concatenate([which(getattr(task, part)) for part in PARTS])
    assert sorted(places.tolist()) == list(range(50))
    assert task.training.inputs.dtype == np.float32


def test_a_stratified_split_has_every_label_in_its_share():
    labels = np.repeat([0, 1, 2], [50, 30, 7])
    everything = replace(numbered(87), labels=labels)
    plain, task, other = (
        split_task(everything, SETTINGS.but(**own), scale="none")
        for own in ({}, {"stratified": True}, {"stratified": True, "seed": 5})
    )
    for part in PARTS:
        own = getattr(task, part)
        assert len(own.labels) == len(getattr(plain, part).labels)
        np.testing.assert_allclose(np.bincount(own.labels), np.bincount(labels) * len(own.labels) / 87, atol=1)
    assert sorted(np.concatenate([which(getattr(task, part)) for part in PARTS])) == sorted(which(everything))
    assert set(which(task.test)) != set(which(other.test))


def test_equal_classes_are_split_exactly():
    """Iris 80/20, as DeepWeightFlow has it: ten flowers of each species for the test."""
    everything = numbered(150, classes=3)
    task = split_task(everything, SplitSettings(validation=0.1, test=0.2, stratified=True))
    assert [np.bincount(getattr(task, part).labels).tolist() for part in PARTS] == [[35] * 3, [5] * 3, [10] * 3]


def test_of_a_test_part_of_the_authors_only_validation_is_stratified():
    task = split_task(numbered(50), SETTINGS.but(stratified=True), numbered(7))
    assert [np.bincount(getattr(task, part).labels).tolist() for part in PARTS] == [[20, 20], [5, 5], [4, 3]]


@pytest.mark.parametrize("shape", [(2,), (2, 3, 3)])
def test_the_test_part_of_the_authors_is_kept_whole_and_measures_no_scale(shape):
    everything, test = numbered(50, shape), numbered(7, shape)
    far = replace(test, inputs=1000 * test.inputs)
    near, apart = (split_task(everything, SETTINGS, own) for own in (test, far))
    assert [len(getattr(near, part).labels) for part in PARTS] == [40, 10, 7]
    np.testing.assert_array_equal(near.test.labels, test.labels)
    assert (np.diff(which(near.test)) > 0).all()
    np.testing.assert_array_equal(near.training.inputs, apart.training.inputs)
    np.testing.assert_array_equal(near.validation.inputs, apart.validation.inputs)


@pytest.mark.parametrize("stratified", [False, True])
def test_fewer_examples_are_drawn_by_the_seed_and_then_split(stratified):
    everything = replace(numbered(90), labels=np.repeat([0, 1, 2], [45, 30, 15]))
    settings = SETTINGS.but(stratified=stratified)
    few, again, other, all_of_them, more = (
        split_task(everything, settings.but(**own), scale="none")
        for own in ({"examples": 30}, {"examples": 30}, {"examples": 30, "seed": 5}, {}, {"examples": 1000})
    )
    assert [len(getattr(few, part).labels) for part in PARTS] == [15, 6, 9]
    drawn, others = (np.concatenate([which(getattr(own, part)) for part in PARTS]) for own in (few, other))
    assert len(np.unique(drawn)) == 30
    assert set(drawn) != set(others)
    labels = np.concatenate([getattr(few, part).labels for part in PARTS])
    np.testing.assert_array_equal(labels, everything.labels[drawn.astype(int)])
    if stratified:
        assert np.bincount(labels).tolist() == [15, 10, 5]
        assert (np.abs(np.bincount(few.training.labels) - [7.5, 5, 2.5]) <= 1).all()
    for part in PARTS:
        np.testing.assert_array_equal(getattr(few, part).inputs, getattr(again, part).inputs)
        np.testing.assert_array_equal(getattr(more, part).inputs, getattr(all_of_them, part).inputs)


def test_fewer_examples_leave_the_test_part_of_the_authors_whole():
    task = split_task(numbered(50), SETTINGS.but(examples=10), numbered(7))
    assert [len(getattr(task, part).labels) for part in PARTS] == [8, 2, 7]


def test_too_few_examples_for_three_parts_are_refused(refused):
    with refused("task: of 3 examples a share of .* leaves a part without examples"):
        split_task(numbered(50), SETTINGS.but(examples=3, validation=0.1))


@pytest.mark.parametrize(
    ("everything", "settings", "test"),
    [
        (numbered(50), {"validation": 0.0}, None),
        (numbered(50), {"test": 0.0}, None),
        (numbered(50), {"validation": 0.7}, None),
        (numbered(3, classes=3), {}, None),
        (numbered(50), {}, numbered(6, classes=3)),
        (numbered(50), {}, numbered(0)),
        (numbered(0), {}, None),
    ],
    ids=[
        "no validation",
        "no test",
        "no training",
        "a label not trained on",
        "a label of the test alone",
        "empty test",
        "nothing",
    ],
)
def test_parts_that_are_no_use_are_refused(refused, everything, settings, test):
    with refused("task: of .* leaves a part without examples, or training without some of the . labels"):
        split_task(everything, SETTINGS.but(**settings), test)


def test_a_task_is_read_as_it_was_written(tmp_path, refused):
    task = split_task(numbered(50, (2, 3, 3)), SETTINGS)
    write_task(tmp_path / "task.safetensors", task)
    found = read_task(tmp_path / "task.safetensors")
    assert (found.classes, found.labels) == (2, ())
    for part in PARTS:
        np.testing.assert_array_equal(getattr(found, part).inputs, getattr(task, part).inputs)
        np.testing.assert_array_equal(getattr(found, part).labels, getattr(task, part).labels)
    write_task(tmp_path / "task.safetensors", replace(task, labels=("a", "b")))
    assert read_task(tmp_path / "task.safetensors").labels == ("a", "b")
    write_task(tmp_path / "task.safetensors", replace(task, labels=("a",)))
    with refused("a part of the file is missing or does not fit"):
        read_task(tmp_path / "task.safetensors")
    write_task(tmp_path / "task.safetensors", replace(task, test=replace(task.test, inputs=task.test.inputs * np.nan)))
    with refused("holds NaN"):
        read_task(tmp_path / "task.safetensors")

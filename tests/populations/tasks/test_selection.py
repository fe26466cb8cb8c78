"""Images are resized by areas, and labels are kept by their names."""

import numpy as np
import pytest

from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.tasks.selection import Selection, kept_labels, resized, shape_in_size
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import PARTS, Labelled

SPLIT = SplitSettings(validation=0.2, test=0.3, seed=4)


def pictures(rng, *shape: int) -> Labelled:
    return Labelled(rng.random(shape, dtype=np.float32), np.zeros(len(rng.random(shape)), dtype=np.int64))


@pytest.mark.parametrize("shape", [(3, 1, 8, 8), (2, 3, 8, 12)])
def test_a_pixel_is_the_mean_of_its_area(rng, shape):
    examples = pictures(rng, *shape)
    found = resized(examples, Selection(resize=4)).inputs
    number, channels, height, width = shape
    areas = examples.inputs.reshape(number, channels, 4, height // 4, 4, width // 4)
    np.testing.assert_allclose(found, areas.mean((3, 5)), atol=1e-6)
    assert found.dtype == np.float32


def test_an_odd_ratio_keeps_the_mean_nearly_and_the_own_size_every_pixel(rng):
    examples = pictures(rng, 5, 1, 28, 28)
    assert resized(examples, Selection(resize=8)).inputs.shape == (5, 1, 8, 8)
    assert resized(examples, Selection(resize=8)).inputs.mean() == pytest.approx(examples.inputs.mean(), abs=0.02)
    np.testing.assert_array_equal(resized(examples, Selection(resize=28)).inputs, examples.inputs)
    assert resized(examples, Selection()) is examples


def test_the_middle_is_cut_out_before_resizing(rng, refused):
    examples = pictures(rng, 3, 1, 28, 30)
    middle = examples.inputs[:, :, 4:24, 5:25]
    np.testing.assert_array_equal(resized(examples, Selection(crop=20)).inputs, middle)
    areas = middle.reshape(3, 1, 10, 2, 10, 2).mean((3, 5))
    np.testing.assert_allclose(resized(examples, Selection(crop=20, resize=10)).inputs, areas, atol=1e-6)
    with refused(r"populations\.p\.crop: images of 28 × 30 are smaller; lower it"):
        resized(examples, Selection(crop=29, section="populations.p"))
    with refused(r"populations\.p\.crop: an input has shape \(4,\) and is no image"):
        resized(pictures(rng, 5, 4), Selection(crop=2, section="populations.p"))


def test_tables_are_not_resized(rng, refused):
    with refused(r"populations\.p\.resize: an input has shape \(4,\) and is no image; remove the key"):
        resized(pictures(rng, 5, 4), Selection(resize=8, section="populations.p"))
    assert shape_in_size((4,), None, 8) == (4,)
    assert shape_in_size((3, 32, 30), 20, 8) == (3, 8, 8)
    assert shape_in_size((3, 32, 30), 20, None) == (3, 20, 20)
    assert shape_in_size((1, 9, 9), None, None) == (1, 9, 9)


def test_images_beyond_the_memory_are_refused(rng, small_machine, refused):
    with refused(r"resize, of shape \(2000, 3, 1024, 1024\), would take 23.4 GiB of memory"):
        resized(pictures(rng, 2000, 3, 1, 1), Selection(resize=1024))


def test_labels_are_kept_by_number_or_name(refused):
    assert kept_labels(("cat", "dog", "eel"), Selection(classes=("eel", "cat"))) == [2, 0]
    assert kept_labels(("1", "7"), Selection(classes=(7, 1))) == [1, 0]
    assert kept_labels(("1", "7"), Selection()) is None
    with refused(r"populations\.p\.classes: unknown label 'dig'; did you mean 'dog'"):
        kept_labels(("cat", "dog"), Selection(classes=("cat", "dig"), section="populations.p"))


def test_some_labels_have_the_parts_of_the_whole_and_a_scale_of_their_own():
    whole = named_task("digits", SPLIT, {}, "none")
    low, high = (named_task("digits", SPLIT, {}, "none", Selection(classes=own)) for own in ((3, 1), (1, 8)))
    for part in PARTS:
        everything, some, others = (getattr(task, part) for task in (whole, low, high))
        own = np.isin(everything.labels, [3, 1])
        np.testing.assert_array_equal(some.inputs, everything.inputs[own])
        np.testing.assert_array_equal(some.labels, (everything.labels[own] == 1).astype(int))
        np.testing.assert_array_equal(some.inputs[some.labels == 1], others.inputs[others.labels == 0])
    assert (low.classes, low.shape) == (2, (1, 8, 8))
    scaled = named_task("digits", SPLIT, {}, "training", Selection(resize=4, classes=(0, 1))).training.inputs
    assert scaled.shape[1:] == (1, 4, 4)
    np.testing.assert_allclose([scaled.mean(), scaled.std()], [0, 1], atol=1e-5)


def test_a_label_without_examples_in_training_is_refused(refused):
    with refused("unknown label '10'"):
        named_task("digits", SPLIT, {}, selection=Selection(classes=(0, 10)))

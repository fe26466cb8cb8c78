"""Images are resized by areas and recoloured by means, and labels are kept by their names."""

import numpy as np
import pytest

from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.tasks.selection import (
    Selection,
    check_fitting,
    fitted,
    kept_labels,
    resized,
    shape_in_size,
)
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


KEY = "populations.p.autoencoder.queries.from"


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 4, 6), (3, 4, 6)])
def test_other_images_are_made_smaller_by_areas(rng, shape):
    inputs = pictures(rng, 5, shape[0], 16, 24).inputs
    found = fitted(inputs, shape, "x", KEY)
    channels, height, width = shape
    areas = inputs.reshape(5, channels, height, 16 // height, width, 24 // width)
    np.testing.assert_allclose(found, areas.mean((3, 5)), atol=1e-6)
    assert found.dtype == np.float32


def test_other_images_are_made_larger_by_the_nearest_pixel(rng):
    inputs = pictures(rng, 5, 1, 8, 8).inputs
    np.testing.assert_array_equal(fitted(inputs, (1, 16, 24), "x", KEY), inputs.repeat(2, axis=2).repeat(3, axis=3))
    for side in (14, 28):
        found = fitted(inputs, (1, side, side), "x", KEY)
        assert found.shape == (5, 1, side, side)
        np.testing.assert_array_equal(np.unique(found), np.unique(inputs))


def test_colours_become_their_mean_and_grey_every_colour(rng):
    colours, grey = pictures(rng, 4, 3, 8, 8).inputs, pictures(rng, 4, 1, 8, 8).inputs
    np.testing.assert_allclose(fitted(colours, (1, 8, 8), "x", KEY)[:, 0], colours.mean(1), atol=1e-6)
    np.testing.assert_array_equal(fitted(grey, (3, 8, 8), "x", KEY), np.concatenate([grey] * 3, axis=1))
    areas = colours.mean(1).reshape(4, 4, 2, 4, 2).mean((2, 4))
    np.testing.assert_allclose(fitted(colours, (1, 4, 4), "x", KEY)[:, 0], areas, atol=1e-6)
    assert fitted(pictures(rng, 2, 3, 32, 32).inputs, (1, 28, 28), "x", KEY).shape == (2, 1, 28, 28)
    assert fitted(grey, (3, 32, 20), "x", KEY).shape == (4, 3, 32, 20)


def test_inputs_of_the_same_shape_stay_as_they_are(rng):
    for shape in ((4,), (2, 3, 5), (1, 8, 8)):
        inputs = pictures(rng, 5, *shape).inputs
        assert fitted(inputs, shape, "x", KEY) is inputs


@pytest.mark.parametrize(
    ("given", "shape", "sentence"),
    [
        ((13,), (4,), r"inputs of x have shape \(13,\), the networks read \(4,\), and only images can be resized"),
        ((13,), (1, 8, 8), r"inputs of x have shape \(13,\), the networks read \(1, 8, 8\)"),
        ((1, 8, 8), (64,), r"inputs of x have shape \(1, 8, 8\), the networks read \(64,\)"),
        ((3, 8, 8), (2, 8, 8), "images of x have 3 channels, the networks read 2"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(rng, refused, given, shape, sentence):
    with refused(rf"populations\.p\.autoencoder\.queries\.from: {sentence}.*remove x, or name another task"):
        check_fitting(given, shape, "x", KEY)
    with refused(sentence):
        fitted(pictures(rng, 2, *given).inputs, shape, "x", KEY)


def test_fitted_images_beyond_the_memory_are_refused(rng, small_machine, refused):
    with refused(r"from, of shape \(2000, 3, 1024, 1024\), would take 23.4 GiB of memory"):
        fitted(pictures(rng, 2000, 1, 1, 1).inputs, (3, 1024, 1024), "x", KEY)


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

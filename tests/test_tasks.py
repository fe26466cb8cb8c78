"""Tasks are split by their seed alone, scaled by what is trained on, and read by name."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from image_samples import cifar, examples, folders, idx, stl, svhn, write

from weightflow.downloads import fetch
from weightflow.task_catalogue import FILES, DataSet, Source
from weightflow.tasks import BUILT_IN, PARTS, Labelled, built_in, named_task, read_task, split_task, write_task

SETTINGS = {"validation": 0.2, "test": 0.3, "seed": 4}


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
    one, again, other = (split_task(everything, SETTINGS | {"seed": seed}) for seed in (4, 4, 5))
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
        split_task(everything, SETTINGS | settings, test)


def test_a_task_is_read_as_it_was_written(tmp_path, refused):
    task = split_task(numbered(50, (2, 3, 3)), SETTINGS)
    write_task(tmp_path / "task.safetensors", task)
    found = read_task(tmp_path / "task.safetensors")
    assert found.classes == 2
    for part in PARTS:
        np.testing.assert_array_equal(getattr(found, part).inputs, getattr(task, part).inputs)
        np.testing.assert_array_equal(getattr(found, part).labels, getattr(task, part).labels)
    write_task(tmp_path / "task.safetensors", replace(task, test=replace(task.test, inputs=task.test.inputs * np.nan)))
    with refused("holds NaN"):
        read_task(tmp_path / "task.safetensors")


@pytest.mark.parametrize(
    ("name", "examples", "shape", "classes"),
    [
        ("iris", 150, (4,), 3),
        ("wine", 178, (13,), 3),
        ("breast_cancer", 569, (30,), 2),
        ("digits", 1797, (1, 8, 8), 10),
    ],
)
def test_what_comes_with_scikit_learn_is_read_by_name(name, examples, shape, classes):
    assert name in BUILT_IN
    assert len(built_in(name).labels) == examples
    task = named_task(name, SETTINGS, {})
    assert (task.shape, task.classes) == (shape, classes)


SHAPES = {"idx": (1, 4, 4), "cifar": (3, 32, 32), "stl": (3, 96, 96), "svhn": (3, 4, 4), "folders": (3, 4, 4)}


def contents(kind: str) -> tuple[list[bytes], tuple[np.ndarray, np.ndarray]]:
    """Files of a format in the order of `FILES`, and the examples of their test part."""
    training, test = (examples(number, SHAPES[kind], 2) for number in (40, 6))
    match kind:
        case "idx":
            return [
                idx(own) for pixels, labels in (training, test) for own in (pixels[:, 0], labels.astype("u1"))
            ], test
        case "cifar":
            return [cifar(training, test)], test
        case "stl":
            return [stl(training, test)], test
        case "svhn":
            return [svhn(*training), svhn(*test)], test
        case _:
            return [folders(*training)], test


@pytest.mark.parametrize("kind", FILES)
def test_images_are_fetched_and_read_by_name(tmp_path, kind):
    written, (pixels, labels) = contents(kind)
    files = {}
    for use, content in zip(FILES[kind], written, strict=True):
        url = write(tmp_path / "there" / use, content).as_uri()
        files[use] = Source(tmp_path / "here" / use, url, hashlib.sha256(content).hexdigest())
        fetch(files[use].url, files[use].path, files[use].sha256)
    task = named_task("mine", SETTINGS, {"mine": DataSet("Mine", kind, SHAPES[kind], 2, files)})
    own = kind != "folders"
    assert [len(getattr(task, part).labels) for part in PARTS] == ([32, 8, 6] if own else [20, 8, 12])
    assert (task.shape, task.classes) == (SHAPES[kind], 2)
    if own:
        np.testing.assert_array_equal(task.test.labels, labels)
        slope, offset = np.polyfit(pixels.ravel() / 255.0, task.test.inputs.ravel(), 1)
        np.testing.assert_allclose(task.test.inputs, slope * (pixels / 255) + offset, atol=1e-5)


@pytest.mark.parametrize("change", [{"shape": (3, 4, 5)}, {"classes": 1}])
def test_other_images_than_the_catalogue_says_are_refused(tmp_path, refused, change):
    path = write(tmp_path / "images.zip", contents("folders")[0][0])
    known = DataSet("Mine", "folders", (3, 4, 4), 2, {"archive": Source(path, path.as_uri(), "")})
    with refused(r"images\.zip: images have shape \(3, 4, 4\) and 2 labels, and the catalogue says"):
        named_task("mine", SETTINGS, {"mine": replace(known, **change)})


def test_an_unknown_name_is_told_the_known_ones(refused):
    known = DataSet("Digits", "idx", (1, 28, 28), 10, {})
    with refused("task: unknown name 'mnits'; did you mean 'mnist'. allowed: iris, wine, breast_cancer, digits, mnist"):
        named_task("mnits", SETTINGS, {"mnist": known})

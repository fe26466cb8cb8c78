"""Tasks are read by name, from libraries and from files of images."""

import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import data_at_hand
from tests.image_samples import cifar, examples, folders, idx, stl, svhn, write
from weightflow.formats.downloads import fetch
from weightflow.populations.tasks.by_name import built_in, fitted_task, named_task
from weightflow.populations.tasks.catalogue import DataSet, Source, read_catalogue
from weightflow.populations.tasks.registry import BUILT_IN, IMAGE_FORMATS
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import PARTS

SETTINGS = SplitSettings(validation=0.2, test=0.3, seed=4)


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
    assert BUILT_IN[name].shape == shape
    assert len(built_in(name).labels) == examples
    task = named_task(name, SETTINGS, {})
    assert (task.shape, task.classes) == (shape, classes)


@pytest.mark.parametrize("shape", [(1, 14, 14), (1, 28, 28), (3, 32, 32), (1, 4, 6)])
def test_digits_are_read_as_images_of_another_task(shape):
    task, own = fitted_task("digits", SETTINGS, {}, shape), named_task("digits", SETTINGS, {})
    assert task.shape == task.test.inputs.shape[1:] == shape
    np.testing.assert_allclose([task.training.inputs.mean(), task.training.inputs.std()], [0, 1], atol=1e-5)
    for part in PARTS:
        np.testing.assert_array_equal(getattr(task, part).labels, getattr(own, part).labels)
    raw = fitted_task("digits", SETTINGS, {}, shape, "none").training.inputs
    assert 0 <= raw.min() < raw.max() <= 16


def test_a_task_of_the_same_shape_is_the_named_one():
    one, other = fitted_task("iris", SETTINGS, {}, (4,)), named_task("iris", SETTINGS, {})
    for part in PARTS:
        np.testing.assert_array_equal(getattr(one, part).inputs, getattr(other, part).inputs)


def test_a_task_that_does_not_fit_is_refused(refused):
    with refused(r"populations\.p: inputs of wine have shape \(13,\), the networks read \(1, 8, 8\)"):
        fitted_task("wine", SETTINGS, {}, (1, 8, 8), where="populations.p")
    with refused("task: unknown name 'wines'; did you mean 'wine'"):
        fitted_task("wines", SETTINGS, {}, (1, 8, 8))


def test_inputs_of_a_named_task_may_stay_as_they_are():
    inputs = named_task("digits", SETTINGS, {}, "none").training.inputs
    assert set(np.unique(inputs)) == set(range(17))


SHAPES = {"idx": (1, 4, 4), "cifar": (3, 32, 32), "stl": (3, 96, 96), "svhn": (3, 4, 4), "folders": (3, 4, 4)}


def contents(kind: str) -> tuple[list[bytes], tuple[np.ndarray, np.ndarray]]:
    """Files of a format in the order of the registry, and the examples of their test part."""
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


@pytest.mark.parametrize("kind", IMAGE_FORMATS)
def test_images_are_fetched_and_read_by_name(tmp_path, kind):
    written, (pixels, labels) = contents(kind)
    files = {}
    for use, content in zip(IMAGE_FORMATS[kind].files, written, strict=True):
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


def test_photographs_are_read_as_smaller_grey_images(tmp_path):
    written, (pixels, labels) = contents("cifar")
    path = write(tmp_path / "archive", written[0])
    source = Source(path, path.as_uri(), hashlib.sha256(written[0]).hexdigest())
    known = {"mine": DataSet("Mine", "cifar", SHAPES["cifar"], 2, {"archive": source})}
    task = fitted_task("mine", SETTINGS, known, (1, 16, 16), "none")
    np.testing.assert_array_equal(task.test.labels, labels)
    areas = pixels.reshape(-1, 3, 16, 2, 16, 2).mean((1, 3, 5)) / 255
    np.testing.assert_allclose(task.test.inputs[:, 0], areas, atol=1e-5)
    assert fitted_task("mine", SETTINGS, known, (1, 28, 28)).shape == (1, 28, 28)


@pytest.mark.parametrize("change", [{"shape": (3, 4, 5)}, {"classes": 1}])
def test_other_images_than_the_catalogue_says_are_refused(tmp_path, refused, change):
    content = contents("folders")[0][0]
    path = write(tmp_path / "images.zip", content)
    source = Source(path, path.as_uri(), hashlib.sha256(content).hexdigest())
    known = DataSet("Mine", "folders", (3, 4, 4), 2, {"archive": source})
    with refused(r"images\.zip: images have shape \(3, 4, 4\) and 2 labels, and the catalogue says"):
        named_task("mine", SETTINGS, {"mine": replace(known, **change)})


def test_other_files_than_the_catalogue_means_are_refused_whoever_put_them_there(tmp_path, refused):
    path = write(tmp_path / "images.zip", contents("folders")[0][0])
    known = {"mine": DataSet("Mine", "folders", (3, 4, 4), 2, {"archive": Source(path, path.as_uri(), "0" * 64)})}
    with refused(r"images\.zip: its checksum is [0-9a-f]{64}, not the sha256 in the catalogue of tasks; get the right"):
        named_task("mine", SETTINGS, known)
    path.unlink()
    with refused(r"images\.zip: there is no such file"):
        named_task("mine", SETTINGS, known)


def test_files_of_the_catalogue_may_be_compressed_anew(tmp_path):
    files = {}
    for use, content in zip(IMAGE_FORMATS["idx"].files, contents("idx")[0], strict=True):
        path = write(tmp_path / use, gzip.compress(gzip.decompress(content), 1))
        own = hashlib.sha256(gzip.decompress(content)).hexdigest()
        files[use] = Source(path, path.as_uri(), "0" * 64, own)
    task = named_task("mine", SETTINGS, {"mine": DataSet("Mine", "idx", SHAPES["idx"], 2, files)})
    assert (task.shape, task.classes) == (SHAPES["idx"], 2)


def test_the_handwritten_digits_have_the_published_content(root):
    known = read_catalogue(root / "resources" / "tasks.yaml")["mnist"]
    files = {use: replace(own, path=data_at_hand(f"mnist/{own.path.name}")) for use, own in known.files.items()}
    task = named_task("mnist", SETTINGS, {"mnist": replace(known, files=files)})
    assert [len(getattr(task, part).labels) for part in PARTS] == [48_000, 12_000, 10_000]
    assert np.bincount(task.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_an_unknown_name_is_told_the_known_ones(refused):
    known = DataSet("Digits", "idx", (1, 28, 28), 10, {})
    with refused("task: unknown name 'mnits'; did you mean 'mnist'. allowed: iris, wine, breast_cancer, digits, mnist"):
        named_task("mnits", SETTINGS, {"mnist": known})

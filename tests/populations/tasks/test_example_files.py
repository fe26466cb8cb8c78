"""A user's own examples in every format, and a sentence for every bad file."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.image_samples import cifar, examples, folders, idx, picture, stl, svhn, tar, write
from weightflow.populations.tasks.example_files import array_examples, table_examples
from weightflow.populations.tasks.example_sources import example_format
from weightflow.populations.tasks.settings import ExampleSettings

FLOWERS = pd.DataFrame({"width": [1.5, 2, 3, 4], "length": [5, 6, 7, 8], "kind": ["b", "a", "b", "a"]})


def table(path: Path, label: str = "kind", **settings):
    (found,) = table_examples(path, ExampleSettings(file=str(path), label=label, **settings))
    return found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", FLOWERS.to_csv(index=False)),
        ("a.csv", FLOWERS.to_csv()),  # with row numbers
        ("a.csv", FLOWERS.to_csv(index=False, sep=";", decimal=",")),
        ("a.tsv", FLOWERS.to_csv(index=False, sep="\t")),
        ("a.csv.gz", gzip.compress(FLOWERS.to_csv(index=False).encode())),
        ("a.parquet", FLOWERS),
    ],
)
def test_rows_of_a_table_are_examples(saved, name, content):
    found = table(saved(name, content))
    np.testing.assert_array_equal(found.inputs, FLOWERS[["width", "length"]])
    assert found.labels.tolist() == ["b", "a", "b", "a"]
    assert found.names == ("width", "length")
    assert found.notes[-2:] == ("inputs: the columns width, length", "labels: the column 'kind'")


def test_inputs_of_a_table_may_be_chosen(saved):
    path = saved("a.csv", FLOWERS.assign(run=[1, 2, 3, 4], note="x").to_csv(index=False))
    assert table(path, inputs=["length", "run"]).inputs.tolist() == [[5, 1], [6, 2], [7, 3], [8, 4]]
    assert table(path, inputs="length").inputs.shape == (4, 1)
    path = saved("b.csv", FLOWERS.assign(run=[1, 2, 3, 4]).to_csv(index=False))
    found = table(path)
    assert found.names == ("width", "length")
    assert any(note.startswith("left out: run (an id, by its name)") for note in found.notes)
    assert table(path, label="length", inputs=["width"]).labels.tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("frame", "settings", "sentence"),
    [
        (FLOWERS, {"label": "kin"}, "no column 'kin'; set label to one of width, length, kind"),
        (FLOWERS, {"inputs": ["widht"]}, "no column 'widht'; set inputs to one of width, length, kind"),
        (FLOWERS.assign(colour="red"), {}, r"the column 'colour' holds text \('red'\); inputs are numbers"),
        (FLOWERS.assign(day=pd.Timestamp(0)), {}, "the column 'day' holds .*; inputs are numbers"),
        (FLOWERS.assign(width=[1, None, 2, 3]), {}, "the column 'width' has gaps; fill them"),
        (FLOWERS[:0], {}, "there are no examples; add a row for each"),
        (FLOWERS[["kind"]], {}, "there is no column of numbers beside 'kind'"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_bad_table_is_refused(saved, refused, name, frame, settings, sentence):
    path = saved(name, frame if name.endswith("parquet") else frame.to_csv(index=False))
    with refused(f"{name}: {sentence}"):
        table(path, **settings)


def arrays(path: Path, **settings):
    (found,) = array_examples(path, ExampleSettings(file=str(path), **settings))
    return found


IMAGES = np.random.default_rng(0).integers(0, 256, (6, 3, 5, 4), dtype=np.uint8)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (IMAGES[:, 0, 0], IMAGES[:, 0, 0]),
        (IMAGES[:, 0], IMAGES[:, :1]),
        (IMAGES, IMAGES),
        (IMAGES[:, :1], IMAGES[:, :1]),
        (IMAGES.transpose(0, 2, 3, 1), IMAGES),
        (IMAGES[:, :1].transpose(0, 2, 3, 1), IMAGES[:, :1]),
        (IMAGES[:, :, :3, :3], IMAGES[:, :, :3, :3]),
    ],
    ids=["features", "grey", "channels first", "one channel first", "channels last", "one channel last", "both"],
)
@pytest.mark.parametrize(("inputs", "label"), [("x", "y"), ("X", "labels"), ("inputs", "y")])
def test_arrays_are_images_or_features(saved, given, read, inputs, label):
    found = arrays(saved("a.npz", {inputs: given, label: np.arange(6), "other": np.zeros(2)}))
    np.testing.assert_array_equal(found.inputs, read)
    assert found.labels.tolist() == [0, 1, 2, 3, 4, 5]


def test_arrays_may_be_named_and_labels_a_column(saved):
    content = {"x_train": IMAGES, "y_train": np.array([["a"]] * 6), "x": IMAGES, "X": IMAGES}
    found = arrays(saved("a.npz", content), inputs="x_train", label="y_train")
    assert found.labels.tolist() == ["a"] * 6


@pytest.mark.parametrize(
    ("content", "settings", "sentence"),
    [
        ({"a": IMAGES, "y": [0] * 6}, {}, r"holds the arrays a, y, none of them x or X or inputs; set inputs to one"),
        ({"x": IMAGES, "X": IMAGES, "y": [0]}, {}, "holds the arrays x, X, y, several of them x or X or inputs"),
        ({"x": IMAGES, "classes": [0]}, {}, "holds the arrays x, classes, none of them y or labels; set label"),
        ({"x": IMAGES, "y": [0]}, {"inputs": "z"}, "no array 'z'; set inputs to one of x, y"),
        ({"x": IMAGES, "y": [0]}, {"inputs": ["x", "y"]}, "the key inputs names 2 arrays"),
        ({"x": np.array(["a"]), "y": [0]}, {}, "the array 'x' holds <U1, and inputs are numbers"),
        ({"x": IMAGES[:, 0, 0, 0], "y": [0]}, {}, r"the array 'x' has shape \(6,\); expected \(examples, features\)"),
        (
            {"x": IMAGES[:, :2], "y": [0]},
            {},
            r"the array 'x' has shape \(6, 2, 5, 4\); .* with channels, 1 or 3, in the second or",
        ),
        ({"x": IMAGES, "y": np.eye(6)}, {}, r"the array 'y' has shape \(6, 6\); give one label for each example"),
        ({"x": IMAGES, "y": np.array([None])}, {}, "the array 'y' holds Python objects, which are pickled"),
    ],
)
def test_bad_arrays_are_refused(saved, refused, content, settings, sentence):
    with refused(f"a.npz: {sentence}"):
        arrays(saved("a.npz", content), **settings)


def test_large_arrays_are_refused_before_memory_is_taken(small_machine, refused):
    np.savez_compressed("a.npz", x=np.zeros((150_000, 1000), np.uint8), y=np.zeros(150_000, np.uint8))
    with refused(r"the array 'x', of shape \(150000, 1000\), would take .* GiB of memory"):
        arrays(Path("a.npz"))


def read(path: Path, folder: bool = False):
    settings = ExampleSettings(folder=str(path)) if folder else ExampleSettings(file=str(path))
    return example_format(str(path), settings).read.load()(path, settings)


SMALL = examples(8, (3, 4, 4), 2)
LARGE = {side: [examples(number, (3, side, side)) for number in (10, 5)] for side in (32, 96)}


def test_images_of_archives_have_labels(saved):
    (found,) = read(saved("a.zip", folders(*SMALL)))
    assert found.labels.tolist() == ["class0"] * 4 + ["class1"] * 4
    (found,) = read(saved("a.mat", svhn(*SMALL)))
    assert found.labels.tolist() == SMALL[1].tolist()
    saved("train-labels-idx1.gz", idx(SMALL[1].astype("u1")))
    (found,) = read(saved("train-images-idx3.gz", idx(SMALL[0][:, 0])))
    np.testing.assert_allclose(found.inputs, SMALL[0][:, :1] / 255, rtol=1e-6)
    assert found.labels.tolist() == SMALL[1].tolist()


@pytest.mark.parametrize(("side", "make"), [(32, cifar), (96, stl)])
def test_archives_with_a_test_part_give_it(saved, refused, side, make):
    found = read(saved("a.tar.gz", make(*LARGE[side])))
    assert [part.labels.tolist() for part in found] == [labels.tolist() for _, labels in LARGE[side]]
    with refused(r"b\.tar\.gz: has no files of CIFAR-10 or STL-10"):
        read(saved("b.tar.gz", tar({"a/other.bin": b"x"})))


def test_a_folder_has_a_subfolder_of_images_for_each_label(tmp_path):
    for name, colour in (("dog/2.png", (0, 0, 255)), ("cat/b.JPG", (255, 0, 0)), ("dog/1.png", (0, 255, 0))):
        write(tmp_path / "own" / name, picture(colour, kind="JPEG" if name.endswith("JPG") else "PNG"))
    for name in ("dog/notes.txt", "about.txt", ".hidden/a.png", "cat/.a.png"):
        write(tmp_path / "own" / name, b"")
    (found,) = read(tmp_path / "own", folder=True)
    assert found.labels.tolist() == ["cat", "dog", "dog"]
    np.testing.assert_allclose(found.inputs[:, :, 0, 0], np.eye(3), atol=0.02)
    assert found.notes == ("pixels: 0 to 1", "left out: 2 files that are no images")

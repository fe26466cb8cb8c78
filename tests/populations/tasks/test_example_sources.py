"""The files of a user's examples: their formats, and labels beside images."""

from pathlib import Path

import pytest

from weightflow.populations.tasks.example_sources import example_format, files_of_examples, labels_beside
from weightflow.populations.tasks.registry import EXAMPLE_FORMATS, FOLDER, IDX
from weightflow.populations.tasks.settings import ExampleSettings


def test_a_format_is_known_by_its_suffix_and_a_folder_by_its_key(refused):
    for suffix, known in EXAMPLE_FORMATS.items():
        if suffix != FOLDER:
            assert example_format(f"a.b/mine{suffix.upper()}", ExampleSettings()) is known
    assert example_format("data.csv", ExampleSettings(folder="data.csv")) is EXAMPLE_FORMATS[FOLDER]
    with refused(r"^mine\.xlsx: its suffix is not known; use \.npz, \.csv, .*, or name a folder of images"):
        example_format("mine.xlsx", ExampleSettings(file="mine.xlsx"))


def test_labels_are_beside_the_images_of_an_idx_file(refused):
    assert labels_beside("a/train-images-idx3-ubyte.gz") == Path("a/train-labels-idx1-ubyte.gz")
    with refused(r"digits\.gz: a \.gz must be an IDX file with images in its name"):
        labels_beside("digits.gz")


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        ({}, []),
        ({"file": "a.csv"}, ["a.csv"]),
        ({"file": "a.csv", "test_file": "b.parquet"}, ["a.csv", "b.parquet"]),
        ({"folder": "a", "test_folder": "b"}, ["a", "b"]),
        ({"file": f"images{IDX}", "test_folder": "b"}, ["images.gz", "labels.gz", "b"]),
    ],
)
def test_every_file_of_the_examples_is_named(settings, files):
    assert files_of_examples(ExampleSettings(**settings)) == files

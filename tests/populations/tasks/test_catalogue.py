"""The catalogue of image data sets: its entries for downloads, and an error message for each invalid entry."""

from pathlib import Path

import pytest
import yaml

from weightflow.populations.tasks.catalogue import read_catalogue

SOURCE = {"file": "a.zip", "url": "https://example.org/a.zip", "sha256": "0" * 64}
ENTRY = {"title": "Mine", "format": "folders", "shape": [3, 4, 4], "classes": 2, "files": {"archive": SOURCE}}


def test_the_catalogue_keeps_each_file_once(root):
    catalogue = read_catalogue(root / "resources" / "tasks.yaml", "data")
    assert list(catalogue) == ["mnist", "fashion_mnist", "cifar10", "stl10", "svhn", "eurosat"]
    sources = [source for data_set in catalogue.values() for source in data_set.files.values()]
    assert len({source.path for source in sources}) == len({source.sha256 for source in sources}) == len(sources)
    assert catalogue["svhn"].files["test"].path == Path("data/svhn/test_32x32.mat")
    assert catalogue["svhn"].shape == (3, 32, 32)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[1]", r"tasks\.yaml: expected a mapping of data sets by name"),
        ("{}", r"tasks\.yaml: expected a mapping of data sets by name"),
        ({"../up": ENTRY}, "'../up' cannot be used; a name has small letters, digits"),
        ({"a": 3}, "a: 3 is not a section"),
        ({"a": ENTRY | {"format": "pickle"}}, "a.format: unknown value 'pickle'"),
        ({"a": ENTRY | {"shape": [3, 4]}}, "a.shape: .* is too short; give at least 3"),
        ({"a": ENTRY | {"shape": [3, 4, 0]}}, "a.shape.2: 0 is out of range"),
        ({"a": ENTRY | {"classes": 1}}, "a.classes: 1 is out of range"),
        ({"a": ENTRY | {"files": {}}}, "a.files: are for nothing; the format folders has files for archive"),
        ({"a": ENTRY | {"format": "svhn"}}, "a.files: are for archive; the format svhn has files for training, test"),
        (
            {"a": ENTRY | {"format": "svhn", "files": {"training": SOURCE, "test": SOURCE}}},
            "a.files: two of them have the same name",
        ),
        ({"a": ENTRY | {"files": {"archive": SOURCE | {"file": "../a.zip"}}}}, "'../a.zip' cannot be used; a file's"),
        ({"a": ENTRY | {"files": {"archive": SOURCE | {"file": ".."}}}}, "'..' cannot be used; a file's name"),
        ({"a": ENTRY | {"files": {"archive": SOURCE | {"url": "/etc/passwd"}}}}, "'/etc/passwd' cannot be used; a url"),
        ({"a": ENTRY | {"files": {"archive": SOURCE | {"sha256": "0" * 63}}}}, "cannot be used; a checksum has 64"),
        ({"a": ENTRY | {"files": {"archive": SOURCE | {"sha": 1}}}}, "a.files.archive: unknown key 'sha'; did you"),
        ({"a": {k: v for k, v in ENTRY.items() if k != "title"}}, "a: the key 'title' is missing"),
        ({"a": ENTRY | {"extra": 1}}, "a: unknown key 'extra'"),
    ],
)
def test_what_a_catalogue_may_not_say_is_refused(saved, refused, content, sentence):
    path = saved("tasks.yaml", content if isinstance(content, str) else yaml.safe_dump(content))
    with refused(sentence):
        read_catalogue(path)

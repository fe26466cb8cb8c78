"""The page on formats: its files and the code that makes them are read as it says."""

import re

import pytest

from tests.conftest import with_changes
from weightflow.data.preparation import check_states
from weightflow.formats.reading import read_raw_snapshots
from weightflow.formats.registry import READERS

OWN = {
    "cells.csv": {},
    "cells.parquet": {},
    "cells.npz": {"variables": 3},
    "counts.npy": {"kind": "discrete"},
    "cells.h5ad": {"matrix": "obsm/X_pca", "variables": 5},
}


@pytest.fixture
def made(root, tmp_path, monkeypatch):
    """The folder with every file of the page."""
    monkeypatch.chdir(tmp_path)
    page = (root / "resources" / "formats" / "README.md").read_text(encoding="utf-8")
    for language, block in re.findall(r"```(csv|python)\n(.*?)```", page, re.DOTALL):
        if language == "csv":
            (tmp_path / "cells.csv").write_text(block, encoding="utf-8")
        else:
            exec(block, {})
    return tmp_path


def test_every_format_is_on_the_page(root):
    page = (root / "resources" / "formats" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{suffix}`" in page for suffix in READERS)


def test_every_file_of_the_page_is_read(made, dataset_settings):
    assert {path.name for path in made.iterdir()} == set(OWN)
    for name, own in OWN.items():
        settings = with_changes(dataset_settings, **{"kind": "continuous", **own})
        raw = read_raw_snapshots(made / name, settings)
        check_states(raw, settings, name)
        assert raw.states[0].shape[1] == own.get("variables", len(raw.variables))

"""Files that HDF5 itself does not survive."""

import os
import struct
from pathlib import Path

import h5py
import pytest

from tests.hostile.files import h5ad
from weightflow import machine
from weightflow.formats import h5ad as reader
from weightflow.formats import hdf5_probe
from weightflow.formats.hdf5_probe import check_survives


@pytest.fixture
def cells(tmp_path, monkeypatch) -> Path:
    """A good .h5ad file."""
    monkeypatch.chdir(tmp_path)
    h5ad(lambda _: None)()
    return tmp_path / "data.h5ad"


@pytest.fixture
def endless(cells) -> Path:
    """The same with an object of size -16 in its heap, which HDF5 steps over to where it has been."""
    content = bytearray(cells.read_bytes())
    place = content.index(b"GCOL") + 24
    content[place : place + 8] = struct.pack("<q", -16)
    cells.write_bytes(content)
    return cells


def test_good_files_and_others_pass(cells, tmp_path):
    check_survives(cells)
    (tmp_path / "other.h5ad").write_text("no HDF5")
    check_survives(tmp_path / "other.h5ad")  # refused by its reader


@pytest.mark.slow
def test_a_file_that_is_read_for_ever_is_refused(endless, refused):
    with refused(r"data\.h5ad: HDF5 does not end reading it, so it is damaged; write it again"):
        check_survives(endless, seconds=3.0)


@pytest.mark.slow
def test_the_reader_of_cells_asks_first(endless, refused, monkeypatch, dataset_settings):
    monkeypatch.setattr(hdf5_probe.check_survives, "__defaults__", (3.0,))
    with refused("HDF5 does not end reading it"):
        reader.read_h5ad(endless, dataset_settings)


def test_a_file_that_crashes_the_library_is_refused(cells, refused, monkeypatch):
    monkeypatch.setattr(hdf5_probe, "_TRIAL", "import os; os.abort()")
    with refused("HDF5 crashes reading it"):
        check_survives(cells)


def test_what_links_lead_to_is_not_opened(cells, tmp_path):

    os.mkfifo(tmp_path / "pipe")  # to open it is to wait for ever
    with h5py.File(cells, "r+") as file:
        file["away"] = h5py.ExternalLink("pipe", "X")
    check_survives(cells, seconds=10.0)


@pytest.mark.slow
def test_one_long_text_that_stands_for_many_is_refused(cells, refused, monkeypatch):
    monkeypatch.setattr(machine, "memory", lambda: 2**30)
    texts = ["x" * 8_000_000] + [""] * 999  # refers to the first a thousand times, so that a megabyte says gigabytes
    with h5py.File(cells, "r+") as file:
        place = file.create_dataset("texts", data=texts, dtype=h5py.string_dtype()).id.get_offset()
    content = bytearray(cells.read_bytes())
    content[place : place + 16_000] = content[place : place + 16] * 1000
    cells.write_bytes(content)
    with refused("its texts would take more memory than half of this machine's"):
        check_survives(cells)

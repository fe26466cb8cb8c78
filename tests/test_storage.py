"""Files are whole or absent, the same content gives the same bytes, and damage is named."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors import SafetensorError
from safetensors.torch import save_file

from weightflow import storage
from weightflow.errors import InputError, WriteError
from weightflow.storage import (
    atomic,
    file_digest,
    read_json,
    read_metadata,
    read_tensors,
    write_json,
    write_table,
    write_tensors,
    write_text,
)

TENSORS = {"b": np.arange(6.0).reshape(2, 3), "a": np.array([1, 2], dtype=np.int32)}


def written(folder: Path | str, name: str = "file.safetensors", **metadata) -> Path:
    path = Path(folder) / name
    write_tensors(path, "test", TENSORS, **metadata)
    return path


def write_half(path: Path) -> None:
    """Fail in the middle of writing."""
    with atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError


@given(
    st.dictionaries(
        st.text("abc.", min_size=1, max_size=5),
        arrays(st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint8]), array_shapes(min_side=0)),
        max_size=4,
    )
)
def test_arrays_are_read_back_as_they_were_written(tensors):
    with TemporaryDirectory() as folder:
        write_tensors(Path(folder) / "file", "test", tensors)
        found = read_tensors(Path(folder) / "file", "test").tensors
    assert found.keys() == tensors.keys()
    for name, array in tensors.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_metadata_are_read_back(tmp_path):
    path = written(tmp_path, seed=3, settings={"x": [1, "two", None]})
    assert read_tensors(path, "test").metadata == {"seed": 3, "settings": {"x": [1, "two", None]}}
    assert read_metadata(path) == {"kind": "test", "seed": 3, "settings": {"x": [1, "two", None]}}


def test_arrays_that_are_not_contiguous_are_written_right(tmp_path):
    array = np.arange(12.0).reshape(3, 4).T[::2]
    write_tensors(tmp_path / "file", "test", {"a": array})
    np.testing.assert_array_equal(read_tensors(tmp_path / "file", "test").tensors["a"], array)


def test_order_of_names_does_not_change_the_bytes(tmp_path):
    write_tensors(tmp_path / "one", "test", TENSORS, first=1, second=2)
    write_tensors(tmp_path / "two", "test", dict(reversed(TENSORS.items())), second=2, first=1)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@given(st.floats(0, 1, exclude_max=True))
def test_a_file_cut_at_any_byte_is_refused_by_name(share):
    with TemporaryDirectory() as folder:
        path = written(folder, note="some metadata")
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(InputError, match=r"file\.safetensors: the file is truncated or not safetensors"):
            read_tensors(path, "test")


@given(st.binary(max_size=200))
def test_bytes_that_are_not_safetensors_are_refused_by_name(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.safetensors"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"file\.safetensors: "):
            read_tensors(path, "test")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.safetensors: the file is missing; run snakemake"):
        read_tensors(tmp_path / "none.safetensors", "test")


def test_another_kind_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"file\.safetensors: expected other, found test; delete it"):
        read_tensors(written(tmp_path), "other")


def test_a_foreign_file_of_half_precision_is_refused_by_name(tmp_path):
    path = tmp_path / "file.safetensors"
    save_file({"weights": torch.zeros(3, dtype=torch.bfloat16)}, path)
    with pytest.raises(InputError, match=r"file\.safetensors: expected test, found a foreign file"):
        read_tensors(path, "test")


@pytest.mark.parametrize("entry", ["not json", "[1]", "{}"])
def test_foreign_metadata_are_refused_by_name(tmp_path, entry):
    path = tmp_path / "file.safetensors"
    save_file({"weights": torch.zeros(3)}, path, metadata={"weightflow": entry})
    with pytest.raises(InputError, match=r"file\.safetensors: "):
        read_tensors(path, "test")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_first_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        write_half(tmp_path / "file.txt")
    assert not list(tmp_path.iterdir())


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with atomic(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path):
    path, other = tmp_path / "file[1].txt", tmp_path / "file.txt"
    killed = (
        "import os, sys\nfrom weightflow.storage import atomic\n"
        "begun = [atomic(path) for path in sys.argv[1:]]\nfor one in begun:\n    one.__enter__()\nos._exit(9)"
    )
    env = os.environ | {"PYTHONPATH": str(Path(storage.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", killed, path, other], env=env, check=False)
    left = {name for name in os.listdir(tmp_path) if name.startswith(".")}
    assert len(left) == 2
    with atomic(path) as living:
        write_text(path, "another's")  # of a process that goes on
        living.write_text("text")
    assert path.read_text() == "text"
    (remaining,) = {name for name in os.listdir(tmp_path) if name.startswith(".")}
    assert remaining.startswith(".file.txt.")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_keeps_nothing_is_told_in_one_sentence(tmp_path, number):
    with (
        pytest.raises(WriteError, match=rf"file\.txt: cannot be written \({os.strerror(number)}\); .*\.$") as told,
        atomic(tmp_path / "file.txt"),
    ):
        raise OSError(number, "in the library's words")
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_known_by_what_safetensors_says(tmp_path):
    with pytest.raises(WriteError, match="No space left"), atomic(tmp_path / "file"):
        raise SafetensorError("I/O error: No space left on device (os error 28)")


def test_other_faults_of_a_write_stay_what_they_are(tmp_path):
    with pytest.raises(ConnectionError), atomic(tmp_path / "file"):
        raise ConnectionError(errno.ECONNRESET, "reset")


def test_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "file.txt", "text")
    assert (tmp_path / "a" / "b" / "file.txt").read_text() == "text"


def test_colleagues_may_read_results(tmp_path):
    (tmp_path / "plain").touch()
    write_text(tmp_path / "file.txt", "text")
    assert (tmp_path / "file.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_tables_keep_ten_digits(tmp_path):
    write_table(tmp_path / "table.csv", pd.DataFrame({"x": [np.pi, 1e-20], "n": [1, 2]}))
    assert (tmp_path / "table.csv").read_text() == "x,n\n3.141592654,1\n1e-20,2\n"


def test_json_is_sorted_and_read_back(tmp_path):
    write_json(tmp_path / "file.json", {"b": 1, "a": [2, None]})
    assert list(json.loads((tmp_path / "file.json").read_text())) == ["a", "b"]
    assert read_json(tmp_path / "file.json") == {"b": 1, "a": [2, None]}


def test_a_files_digest_is_its_sha256(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert file_digest(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("content", ["", '{"a": ', "\x00"])
def test_damaged_json_is_refused_by_name(tmp_path, content):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(InputError, match=r"file\.json: "):
        read_json(tmp_path / "file.json")


def test_missing_json_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.json: the file is missing"):
        read_json(tmp_path / "none.json")

"""Links into a cache that workflows share get a record from what the file in the cache says of itself."""

import os
from pathlib import Path

import numpy as np

from weightflow.integrity import check_inputs, check_results
from weightflow.records import read_record
from weightflow.storage import write_tensors


def test_what_comes_from_a_cache_gets_its_record_from_itself(job, tmp_path):
    made = {"rule": "train", "wildcards": {"seed": "1"}, "params": {"code": "7"}}
    write_tensors(tmp_path / "cache" / "abc", "thing", {"x": np.ones(3)}, made_by=made)
    (tmp_path / "cache" / "abc").rename(tmp_path / "cache" / "abc.safetensors")
    (tmp_path / "results/D/x.safetensors").symlink_to(tmp_path / "cache" / "abc.safetensors")
    check_inputs(["results/D/x.safetensors"], ["results/out"])
    record = read_record("results/D/x.safetensors")
    assert (record.rule, record.wildcards, record.params) == ("train", {"seed": "1"}, {"code": "7"})
    check_inputs(["results/D/x.safetensors"], ["results/out"])


def test_a_damaged_file_of_a_cache_is_refused_where_it_is(job, refused, tmp_path):
    cached = tmp_path / "abc.safetensors"
    write_tensors(cached, "thing", {"x": np.ones(3)})
    content = bytearray(cached.read_bytes())
    content[-1] ^= 1
    cached.write_bytes(content)
    (tmp_path / "results/D/x.safetensors").symlink_to(cached)
    with refused("abc.safetensors, is damaged; delete both"):
        check_inputs(["results/D/x.safetensors"], ["results/out"])


def share(place: Path, value: float, **made) -> Path:
    """A file in a cache, and a link to it as a result in place of what is there."""
    link = Path("results/D/x.safetensors")
    write_tensors(place.with_suffix(".safetensors"), "thing", {"x": np.full(3, value)}, made_by=made)
    link.unlink(missing_ok=True)
    link.symlink_to(place.with_suffix(".safetensors"))
    return link


def test_another_file_of_the_cache_gets_another_record(job, tmp_path):
    """Settings that are changed, and changed back: no job runs, and the record is that of the work before."""
    for value in (1.0, 2.0, 1.0):
        link = share(tmp_path / f"cache-{value}", value, rule="train", params={"width": value})
        check_results()
        check_inputs([str(link)], ["results/out"])
        assert read_record(link).params == {"width": value}


def test_a_record_of_a_job_gives_way_to_one_of_the_cache(job, tmp_path):
    Path("results/D/made").unlink()
    (tmp_path / "cached").write_text("of another folder")
    Path("results/D/made").symlink_to(tmp_path / "cached")
    check_results()
    check_inputs(["results/D/made"], ["results/out"])
    assert read_record("results/D/made").rule == "unknown, from a cache"


def test_the_same_file_of_the_cache_with_other_bytes_is_damaged(job, tmp_path, refused):
    (tmp_path / "cached").write_text("a table")
    Path("results/D/table").symlink_to(tmp_path / "cached")
    check_inputs(["results/D/table"], ["results/out"])
    (tmp_path / "cached").write_text("a tabla")
    with refused("results/D/table: not what the workflow wrote"):
        check_results()
    with refused("results/D/table: is not what unknown, from a cache wrote"):
        check_inputs(["results/D/table"], ["results/out"])


def test_a_folder_of_links_is_adopted(job, tmp_path):
    os.mkdir("results/D/anchors")
    for name in ("one", "two"):
        write_tensors(tmp_path / f"{name}.safetensors", "thing", {"x": np.ones(3)}, made_by={"rule": "train"})
        Path(f"results/D/anchors/{name}.safetensors").symlink_to(tmp_path / f"{name}.safetensors")
    check_inputs(["results/D/anchors"], ["results/out"])
    assert read_record("results/D/anchors").rule == "train"

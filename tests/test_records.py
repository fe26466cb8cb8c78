"""Records tell what the workflow wrote from anything else that lies in its place."""

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

from weightflow import records
from weightflow.provenance import file_digest
from weightflow.records import check_inputs, forget, read_record, record_file, root_of, write_records
from weightflow.storage import write_tensors


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job that made results/D/made from results/D/source, and has written its records."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "PATIENCE", 0.0)
    os.makedirs("results/D/folder")
    for name in ("source", "made", "folder/one", "folder/two"):
        (tmp_path / "results/D" / name).write_text(name)
    raw = SimpleNamespace(rule="import", wildcards={}, params={"code": "1"}, input=[], output=["results/D/source"])
    made = SimpleNamespace(
        rule="make",
        wildcards={"dataset": "D", "seed": "3"},
        params={"code": "2", "steps": (1, 2)},
        input=["results/D/source"],
        output=["results/D/made", "results/D/folder"],
    )
    write_records(raw)
    write_records(made)
    return made


def test_a_record_says_what_made_an_artefact(job, tmp_path):
    record = read_record("results/D/made")
    assert (record.path, record.rule, record.wildcards["seed"]) == ("D/made", "make", "3")
    assert record.params == {"code": "2", "steps": [1, 2]}
    assert record.sha256 == file_digest("results/D/made")
    assert record.inputs == {"/D/source": file_digest("results/D/source")}
    assert "numpy" in record.versions


def test_what_was_written_is_accepted(job):
    check_inputs(["results/D/made", "results/D/folder", "results/D/source"], ["results/out"])


def test_data_of_the_users_in_a_folder_of_that_name_are_nobodys_concern(job, tmp_path):
    for folder in ("before/results/D", "results/D/deeper"):
        os.makedirs(folder)
    (tmp_path / "before/results/D/mine.csv").write_text("1")
    check_inputs(["before/results/D/mine.csv", str(tmp_path / "results/D/absolute.csv")], ["results/out"])


def test_a_result_of_another_folder_with_records_is_held_against_them(job, refused, tmp_path):
    (tmp_path / "results").rename(tmp_path / "other")
    os.makedirs("part")
    (tmp_path / "other").rename(tmp_path / "part/results")
    check_inputs(["part/results/D/made"], ["results/out"])
    (tmp_path / "part/results/D/made").write_text("x")
    with refused("part/results/D/made: is not what make wrote"):
        check_inputs(["part/results/D/made"], ["results/out"])


def test_a_record_may_be_late(job, monkeypatch):
    monkeypatch.setattr(records, "PATIENCE", 5.0)
    place = record_file("results/D/made")
    place.rename("late")
    monkeypatch.setattr(records.time, "sleep", lambda _: os.rename("late", place))
    check_inputs(["results/D/made"], ["results/out"])


def test_files_outside_results_are_nobodys_concern(job, tmp_path):
    (tmp_path / "mine.csv").write_text("1")
    check_inputs(["mine.csv", str(tmp_path / "mine.csv")], ["results/out"])
    assert root_of("mine.csv") is None


def test_times_that_snakemake_took_have_no_record(job, tmp_path):
    os.makedirs("results/D/benchmarks")
    (tmp_path / "results/D/benchmarks/x.tsv").write_text("s\n1\n")
    check_inputs(["results/D/benchmarks/x.tsv"], ["results/out"])


@pytest.mark.parametrize("name", ["made", "folder"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "foreign"])
def test_what_was_damaged_is_refused_by_name(job, refused, tmp_path, name, damage):
    file = tmp_path / "results/D" / (name if name == "made" else "folder/two")
    before, times = file.read_bytes(), file.stat()
    file.write_bytes(
        {"flipped": bytes([before[0] ^ 1]) + before[1:], "truncated": before[:-1], "foreign": b"x"}[damage]
    )
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # a disk that errs keeps the time
    with refused(f"results/D/{name}: is not what make wrote"):
        check_inputs([f"results/D/{name}"], ["results/out"])


@pytest.mark.parametrize("change", ["added", "taken away", "renamed"])
def test_a_folder_with_other_files_is_refused(job, refused, tmp_path, change):
    folder = tmp_path / "results/D/folder"
    if change == "added":
        (folder / "three").write_text("3")
    elif change == "taken away":
        (folder / "one").unlink()
    else:
        (folder / "one").rename(folder / "zero")
    with refused("results/D/folder: is not what make wrote"):
        check_inputs(["results/D/folder"], ["results/out"])


def test_an_artefact_of_another_source_is_refused(job, refused, tmp_path):
    (tmp_path / "results/D/source").write_text("another")
    write_records(SimpleNamespace(rule="import", wildcards={}, params={}, input=[], output=["results/D/source"]))
    with refused("results/D/made: was made from another results/D/source than there is now"):
        check_inputs(["results/D/made"], ["results/out"])


def test_a_source_that_is_gone_is_not_missed(job, tmp_path):
    (tmp_path / "results/D/source").unlink()
    check_inputs(["results/D/made"], ["results/out"])


def test_an_artefact_without_a_record_is_refused(job, refused):
    record_file("results/D/made").unlink()
    with refused("results/D/made: has no record of what made it"):
        check_inputs(["results/D/made"], ["results/out"])


def test_the_record_of_another_artefact_is_refused(job, refused):
    record_file("results/D/made").write_bytes(record_file("results/D/source").read_bytes())
    with refused(r"provenance/D/made.json: is not the record of results/D/made"):
        check_inputs(["results/D/made"], ["results/out"])


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", '{"path": "D/made"}', "{" * 50])
def test_a_damaged_record_is_refused(job, refused, content):
    record_file("results/D/made").write_text(content)
    with refused(r"results/provenance/D/made\.json: is not the record of results/D/made; delete both"):
        check_inputs(["results/D/made"], ["results/out"])


def test_a_job_forgets_what_it_is_about_to_write(job):
    forget(job.output)
    assert not record_file("results/D/made").exists()
    assert record_file("results/D/source").exists()


def test_records_do_not_tell_where_a_machine_keeps_things(job, tmp_path):
    (tmp_path / "data.npy").write_bytes(b"1")
    write_records(
        SimpleNamespace(
            rule="r", wildcards={}, params={}, input=[str(tmp_path / "data.npy")], output=["results/D/source"]
        )
    )
    assert list(read_record("results/D/source").inputs) == ["data.npy"]
    assert str(tmp_path) not in record_file("results/D/source").read_text()


def test_results_below_a_prefix_have_records_there():
    assert str(record_file("part/results/D/x.csv")) == "part/results/provenance/D/x.csv.json"


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


def test_records_are_sorted_json(job):
    text = record_file("results/D/made").read_text()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"

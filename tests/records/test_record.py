"""Records describe the origin of each artefact; a record of another artefact is refused."""

import json
from pathlib import Path

import pytest

from tests.conftest import write_job
from weightflow.records.digests import Made
from weightflow.records.integrity import check_inputs
from weightflow.records.record import (
    forget,
    input_digests,
    read_record,
    record_file,
    root_of,
    unless_read,
    write_records,
)
from weightflow.storage import file_digest


def test_a_record_says_what_made_an_artefact(job, tmp_path):
    record = read_record("results/D/made")
    assert (record.path, record.rule, record.wildcards["seed"]) == ("D/made", "make", "3")
    assert record.params == {"code": "2", "steps": [1, 2]}
    assert record.sha256 == file_digest("results/D/made")
    assert record.inputs == {"/D/source": file_digest("results/D/source")}
    assert "numpy" in record.versions


def test_files_outside_results_are_nobodys_concern(job, tmp_path):
    (tmp_path / "mine.csv").write_text("1")
    check_inputs(["mine.csv", str(tmp_path / "mine.csv")], ["results/out"])
    assert root_of("mine.csv") is None


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
    write_job("r", ["results/D/source"], input=[str(tmp_path / "data.npy")])
    assert list(read_record("results/D/source").inputs) == ["data.npy"]
    assert str(tmp_path) not in record_file("results/D/source").read_text()


def test_results_below_a_prefix_have_records_there():
    assert str(record_file("part/results/D/x.csv")) == "part/results/provenance/D/x.csv.json"


def test_records_are_sorted_json(job):
    text = record_file("results/D/made").read_text()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


@pytest.mark.parametrize("name", ["/../outside", "/D/../../outside", "//etc/passwd", "/", "/."])
def test_a_record_that_names_what_is_outside_is_refused(job, refused, name):
    place = record_file("results/D/made")
    place.write_text(json.dumps(json.loads(place.read_text()) | {"inputs": {name: "0" * 64}}))
    with refused("is not the record of results/D/made"):
        check_inputs(["results/D/made"], ["results/out"])


@pytest.mark.parametrize("part", ["sha256", "rule", "wildcards", "params", "inputs", "versions"])
def test_a_record_with_parts_of_other_types_is_refused(job, refused, part):
    place = record_file("results/D/made")
    place.write_text(json.dumps(json.loads(place.read_text()) | {part: [1]}))
    with refused("is not the record of results/D/made"):
        read_record("results/D/made")


def test_an_input_that_changes_during_the_work_is_told(job, refused, tmp_path):
    read = input_digests(job.input)
    (tmp_path / "results/D/source").write_text("another")
    with refused("^results/D/source: changed while make was at work; run again"):
        write_records(Made(job.rule, job.wildcards, job.params), job.output, read)


def test_files_are_told_again_once_they_are_others_than_were_read(chain):
    source, files = "results/source.json", ["a.csv", "b.csv"]
    assert unless_read({"a.csv": "1", "b.csv": None}, source) == [None, None]  # before anything is made of them
    for content in ("first", "second"):
        for file in files:
            Path(file).write_text(file + content)
        digests = input_digests(files)
        given = unless_read(digests, source)
        assert given == ([None, None] if content == "first" else list(digests.values()))
        Path(source).write_text(content)
        write_job("check", [source], input=files, params={"contents": [*given, "of a system"]})
        assert unless_read(digests, source) == given
        assert unless_read(digests | {"b.csv": None}, source) == given  # gone, and fetched again

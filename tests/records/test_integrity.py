"""Integrity checks of a job's inputs and of all results before a run: damage and undetected staleness."""

import os
from pathlib import Path

import pytest

from tests.conftest import write_job, write_result
from weightflow.records import integrity
from weightflow.records.integrity import check_inputs, check_results, recorded
from weightflow.records.record import record_file


@pytest.fixture(autouse=True)
def folder(chain, tmp_path):
    """A folder with three results."""
    return tmp_path


def test_results_as_they_were_written_are_accepted():
    check_results()
    assert [str(path) for path, _ in recorded()] == ["results/data", "results/model", "results/table"]


def test_an_empty_folder_is_accepted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    check_results()


def test_a_table_that_no_job_reads_is_checked_too(refused):
    Path("results/table").write_text("4")
    with refused("^results/table: not what the workflow wrote"):
        check_results()


def test_what_is_large_is_checked_here_where_no_job_will(refused, monkeypatch):
    monkeypatch.setattr(integrity, "LARGEST", 0)
    Path("results/model").write_text("4")  # what the table is made of
    check_results()
    Path("results/table").write_text("4")
    with refused("^results/table: not what"):
        check_results()


def test_what_concerns_no_run_of_now_is_left_alone(refused):
    Path("results/table").write_text("4")
    check_results(concerns=lambda below: below.name != "table")
    with refused("^results/table: not what"):
        check_results(concerns=lambda below: below.name == "table")


def test_several_are_named_in_one_sentence(refused):
    for name in ("data", "model", "table"):
        Path("results", name).write_text("x")
    write_result("one more", "1")
    Path("results/one more").write_text("2")
    with refused("results/data, results/model, results/one more and 1 more: not what"):
        check_results()


def test_what_has_no_record_or_is_gone_is_left_to_snakemake():
    record_file("results/model").unlink()
    Path("results/table").unlink()
    check_results()


def test_staleness_that_times_tell_is_left_to_snakemake():
    write_result("data", "other", code="a")
    later = os.stat("results/table").st_mtime + 10
    os.utime("results/data", (later, later))
    check_results()


@pytest.mark.parametrize("earlier", [0, 10, 1e9])
def test_staleness_that_times_hide_is_refused(refused, earlier):
    write_result("data", "other", code="a")
    then = os.stat("results/model").st_mtime - earlier
    os.utime("results/data", (then, then))
    with refused("^results/model: an input has changed since"):
        check_results()


def test_a_source_that_was_made_anew_and_is_the_same_changes_nothing():
    write_result("data", "1", code="a")
    os.utime("results/data", (0, 0))
    check_results()


def test_what_is_written_anew_beside_this_run_is_not_accused(monkeypatch):
    looks = []

    def changing(*arguments):
        looks.append(arguments)
        if len(looks) == 1:
            Path("results/table").write_text("5")
        elif len(looks) == 2:
            write_result("table", "5", ("model",), code="c")
        return recorded(*arguments)

    monkeypatch.setattr(integrity, "recorded", changing)
    check_results()
    assert len(looks) == 3  # twice for damage


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
    monkeypatch.setenv(integrity.PATIENCE, "5")
    place = record_file("results/D/made")
    place.rename("late")
    monkeypatch.setattr(integrity.time, "sleep", lambda _: os.rename("late", place))
    check_inputs(["results/D/made"], ["results/out"])


def test_times_that_snakemake_took_have_no_record(job, tmp_path):
    for place in ("D", "my/D", "populations/P"):
        (tmp_path / "results" / place / "benchmarks").mkdir(parents=True)
        (tmp_path / "results" / place / "benchmarks/x.tsv").write_text("s\n1\n")
        check_inputs([f"results/{place}/benchmarks/x.tsv"], ["results/out"])


@pytest.mark.parametrize("place", ["D/runs/benchmarks/seed0", "populations/benchmarks/seed0"])
def test_a_model_or_population_of_that_name_has_records(job, refused, tmp_path, place):
    (tmp_path / "results" / place).mkdir(parents=True)
    (tmp_path / "results" / place / "x").write_text("1")
    with refused("has no record of what made it"):
        check_inputs([f"results/{place}/x"], ["results/out"])


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


def test_a_folder_in_a_folder_is_one_more_file(job, refused):
    os.mkdir("results/D/folder/empty")
    check_inputs(["results/D/folder"], ["results/out"])
    Path("results/D/folder/empty/file").touch()
    with refused("results/D/folder: is not what make wrote"):
        check_inputs(["results/D/folder"], ["results/out"])
    with refused("results/D/folder: not what the workflow wrote"):
        check_results()


def test_an_artefact_of_another_source_is_refused(job, refused, tmp_path):
    (tmp_path / "results/D/source").write_text("another")
    write_job("import", ["results/D/source"])
    with refused("results/D/made: results/D/source has changed since this was made from it"):
        check_inputs(["results/D/made"], ["results/out"])


def test_a_source_that_is_gone_is_not_missed(job, tmp_path):
    (tmp_path / "results/D/source").unlink()
    check_inputs(["results/D/made"], ["results/out"])


def test_an_artefact_without_a_record_is_refused(job, refused):
    record_file("results/D/made").unlink()
    with refused("results/D/made: has no record of what made it"):
        check_inputs(["results/D/made"], ["results/out"])

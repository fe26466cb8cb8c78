"""What a run finds before it begins: damage, staleness that times hide, and settings that Snakemake has forgotten."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from weightflow.integrity import check_parameters, check_results, recorded
from weightflow.records import record_file, write_records


def make(name: str, content: str, sources: tuple[str, ...] = (), **params) -> None:
    """Write results/NAME as a rule that is called as it is would, from other results."""
    path = Path("results") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    job = {"rule": name, "wildcards": {}, "params": params, "output": [str(path)]}
    write_records(SimpleNamespace(input=[f"results/{source}" for source in sources], **job))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with three results, each made from the one before."""
    monkeypatch.chdir(tmp_path)
    make("data", "1", code="a")
    make("model", "2", ("data",), code="b", steps=5)
    make("table", "3", ("model",), code="c")
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


def test_several_are_named_in_one_sentence(refused):
    for name in ("data", "model", "table"):
        Path("results", name).write_text("x")
    make("one more", "1")
    Path("results/one more").write_text("2")
    with refused("results/data, results/model, results/one more and 1 more: not what"):
        check_results()


def test_what_has_no_record_or_is_gone_is_left_to_snakemake():
    record_file("results/model").unlink()
    Path("results/table").unlink()
    check_results()


def test_staleness_that_times_tell_is_left_to_snakemake():
    make("data", "other", code="a")
    later = os.stat("results/table").st_mtime + 10
    os.utime("results/data", (later, later))
    check_results()


@pytest.mark.parametrize("earlier", [0, 10, 1e9])
def test_staleness_that_times_hide_is_refused(refused, earlier):
    make("data", "other", code="a")
    then = os.stat("results/model").st_mtime - earlier
    os.utime("results/data", (then, then))
    with refused("^results/model: made from another input than there is now"):
        check_results()


def test_a_source_that_was_made_anew_and_is_the_same_changes_nothing():
    make("data", "1", code="a")
    os.utime("results/data", (0, 0))
    check_results()


def test_parameters_that_are_those_of_now_are_accepted():
    check_parameters(lambda record: record.params)


def test_results_that_no_rule_of_now_makes_are_left_alone():
    check_parameters(lambda record: None)


@pytest.mark.parametrize(("change", "told"), [({"code": "z"}, "code"), ({"steps": 6}, "steps"), ({"new": 1}, "new")])
def test_other_parameters_are_refused_where_snakemake_has_forgotten(refused, change, told):
    with refused(rf"^results/model: made with other parameters than a run of now has \({told}\)"):
        check_parameters(lambda record: record.params | (change if record.rule == "model" else {}))


def test_parameters_are_compared_as_they_are_read_back():
    make("list", "1", points=[1, 2])
    check_parameters(lambda record: record.params | ({"points": (1, 2)} if record.rule == "list" else {}))

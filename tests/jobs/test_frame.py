"""Scripts write to their log, and end with one sentence when something is wrong."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from weightflow.errors import DivergenceError, InputError, WriteError
from weightflow.jobs.frame import run
from weightflow.records.record import read_record


@pytest.fixture
def snakemake(tmp_path):
    return SimpleNamespace(
        log=[str(tmp_path / "logs" / "rule.log")],
        rule="some_rule",
        resources={},
        wildcards={},
        params={},
        input=[],
        output=[],
    )


def test_printed_text_goes_to_the_log(snakemake, tmp_path):
    run(lambda _: print("hello"), snakemake)
    assert "hello" in (tmp_path / "logs" / "rule.log").read_text()


@pytest.mark.parametrize(
    "fault",
    [
        InputError("the file is bad; mend it."),
        DivergenceError("diverged; lower it."),
        WriteError("a file", "No space left on device"),
    ],
)
def test_an_expected_fault_ends_with_its_sentence(snakemake, tmp_path, fault, capsys):
    def main(_):
        raise fault

    with pytest.raises(SystemExit, match="1"):
        run(main, snakemake)
    assert capsys.readouterr().err == f"\nError: {fault}\n"
    assert "Traceback" not in (tmp_path / "logs" / "rule.log").read_text()


def test_an_unexpected_fault_names_the_log_with_its_traceback(snakemake, tmp_path, capsys):
    with pytest.raises(SystemExit, match="1"):
        run(lambda _: 1 / 0, snakemake)
    assert "Error in rule some_rule: ZeroDivisionError: division by zero (traceback in " in capsys.readouterr().err
    assert "Traceback" in (tmp_path / "logs" / "rule.log").read_text()


def test_a_job_leaves_a_record_of_what_it_wrote(snakemake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    snakemake.output = ["results/D/x"]
    (tmp_path / "results" / "D").mkdir(parents=True)
    run(lambda _: (tmp_path / "results" / "D" / "x").write_text("1"), snakemake)
    assert read_record("results/D/x").rule == "some_rule"


def test_a_job_that_fails_leaves_no_record(snakemake, tmp_path, monkeypatch):
    test_a_job_leaves_a_record_of_what_it_wrote(snakemake, tmp_path, monkeypatch)
    with pytest.raises(SystemExit):
        run(lambda _: 1 / 0, snakemake)
    assert read_record("results/D/x") is None


def test_a_job_does_not_begin_with_an_input_that_nobody_vouches_for(snakemake, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results" / "D").mkdir(parents=True)
    (tmp_path / "results" / "D" / "x").write_text("1")
    snakemake.input, snakemake.output = ["results/D/x"], ["results/D/y"]
    begun = []
    with pytest.raises(SystemExit, match="1"):
        run(begun.append, snakemake)
    assert "results/D/x: has no record" in capsys.readouterr().err
    assert begun == []


def test_a_log_that_cannot_be_written_is_told_in_one_sentence(tmp_path, capsys):
    (tmp_path / "logs").touch()
    snakemake = SimpleNamespace(log=[str(tmp_path / "logs" / "rule.log")], rule="some_rule", resources={})
    with pytest.raises(SystemExit, match="1"):
        run(print, snakemake)
    assert re.search(r"^\nError: .*rule\.log: cannot be written \(File exists\); .*\.$", capsys.readouterr().err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_under_the_log_is_told_in_one_sentence(capsys):
    snakemake = SimpleNamespace(log=["/dev/full"], rule="some_rule", resources={})
    with pytest.raises(SystemExit, match="1"):
        run(lambda _: print("hello"), snakemake)
    told = capsys.readouterr().err
    assert re.search(r"^\nError: /dev/full: cannot be written \(No space left on device\); .*\.$", told)

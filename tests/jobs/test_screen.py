"""The sentences of failed jobs are kept in a file and printed last."""

import subprocess
import sys

import pytest

from weightflow.jobs import screen


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file of the sentences of jobs."""
    monkeypatch.setenv(screen.FILE, str(tmp_path / "errors"))
    return tmp_path / "errors"


def test_jobs_leave_their_sentences_in_order(file):
    assert screen.sentences_of_jobs() == []
    for sentence in ("Error: a.", "Error: b: ä."):
        screen.leave_sentence(sentence)
    assert screen.sentences_of_jobs() == ["Error: a.", "Error: b: ä."]


def test_a_file_that_cannot_be_written_or_is_not_given_hinders_no_job(monkeypatch, tmp_path):
    monkeypatch.setenv(screen.FILE, str(tmp_path / "none" / "errors"))
    screen.leave_sentence("Error: a.")
    assert screen.sentences_of_jobs() == []
    monkeypatch.delenv(screen.FILE)
    screen.leave_sentence("Error: a.")
    assert screen.sentences_of_jobs() == []


def test_sentences_are_the_last_lines_of_a_process_and_stand_once(root):
    lines = ["from weightflow.jobs.screen import print_last", "print_last(['Error: a.'])"]
    lines += ["print_last(['Error: a.', 'Error: b.'])", "print_last([])", "raise SystemExit('more')"]
    made = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=root / "workflow/scripts",
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.stderr == "more\n\nError: a.\nError: b.\n"


@pytest.mark.parametrize(("terminal", "shown"), [(False, "a\n"), (True, "\r\033[Ka\n")])
def test_lines_of_a_job_take_the_place_of_a_bar(monkeypatch, capsys, terminal, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    screen.say("a\n")
    assert capsys.readouterr().err == shown

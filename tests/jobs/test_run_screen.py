"""The logger plugin: a run as lines or as a bar, from Snakemake's messages."""

import io
import logging
import sys

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings
from snakemake_logger_plugin_weightflow import LogHandler


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[io.StringIO])
def stream(request):
    """Standard error of the run."""
    return request.param()


@pytest.fixture
def tell(stream, monkeypatch):
    """Give the plugin a message; further arguments are the facts of its event."""
    handlers = {}

    def message(event, text="", level=logging.INFO, **facts) -> str:
        settings = MockOutputSettings()
        settings.verbose, settings.dryrun = facts.pop("verbose", False), facts.pop("dryrun", False)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            handler = handlers.setdefault("one", LogHandler(settings, None))
        record = logging.LogRecord("snakemake", level, "", 0, text, (), None)
        vars(record).update(facts, event=event)
        handler.emit(record)
        return stream.getvalue()

    yield message
    handlers["one"].close()


def run_of(tell, jobs: int, failing: int | None = None) -> str:
    """Jobs of one rule one after another, then a target; one may fail."""
    tell(None, "Building DAG of jobs...")
    tell(LogEvent.RUN_INFO, "Job stats:", stats={"fit_model": jobs, "all": 1, "total": jobs + 1})
    for job in range(1, jobs + 1):
        tell(LogEvent.JOB_INFO, jobid=job, rule_name="fit_model", rule_msg="Fit", output=[f"file{job}"])
        if job == failing:
            return tell(
                LogEvent.JOB_ERROR,
                "Error in rule fit_model:\n    message: None\n    jobid: 2",
                logging.ERROR,
                jobid=job,
            )
        tell(LogEvent.JOB_FINISHED, "Finished jobid", job_id=job)
        tell(LogEvent.PROGRESS, done=job, total=jobs + 1)
    tell(LogEvent.JOB_INFO, jobid=0, rule_name="all", rule_msg="Whole run: file1", output=[])
    tell(LogEvent.JOB_FINISHED, job_id=0)
    return tell(LogEvent.PROGRESS, done=jobs + 1, total=jobs + 1)


def test_a_run_is_a_line_for_each_tenth_of_its_jobs(tell):
    first, *lines, last, made = run_of(tell, 99).splitlines()
    assert first == "100 jobs to run."
    assert lines[0] == "10/100 jobs, 0:00 passed, about 0:00 left: fit model 10/99"
    assert [line.split("/")[0] for line in lines] == [str(done) for done in range(10, 100, 10)]
    assert (last, made) == ("100 jobs done in 0:00.", "Whole run: file1")


def test_files_are_named_without_a_target(tell):
    tell(LogEvent.RUN_INFO, stats={"fit_model": 1, "total": 1})
    tell(LogEvent.JOB_INFO, jobid=3, rule_name="fit_model", rule_msg="Fit", output=["a", "b"])
    tell(LogEvent.JOB_FINISHED, job_id=3)
    assert tell(LogEvent.PROGRESS, done=1, total=1).splitlines()[-1] == "Made: a b"


@pytest.mark.parametrize("stream", [Terminal], indirect=True)
def test_on_a_terminal_a_bar_makes_way_for_messages_and_goes(tell):
    shown = run_of(tell, 3)
    assert "\r1/4 jobs " in shown
    tell(None, "Trying to restart job 3.")
    assert shown.splitlines()[-2:] == ["4 jobs done in 0:00.", "Whole run: file1"]
    assert "\n" not in shown.split("4 jobs done")[0]


def test_errors_are_shown_and_then_the_log(tell):
    log = "Complete log(s): here"
    assert log not in tell(None, log)
    shown = run_of(tell, 3, failing=2)
    assert shown.endswith("Error in rule fit_model:\n    jobid: 2\n")
    assert tell(None, log).endswith(f"{log}\n")


def test_answers_to_options_are_shown(tell):
    for text in ("Nothing to be done.", "Unlocked working directory.", "Creating conda environment a..."):
        assert tell(None, text).endswith(f"{text}\n")
    assert tell(LogEvent.SHELLCMD, "cat a").endswith("cat a\n")


def test_a_dry_run_has_the_table_once(tell):
    for _ in range(2):
        shown = tell(LogEvent.RUN_INFO, "Job stats:\na 1", stats={"a": 1, "total": 1}, dryrun=True)
    assert shown == "Job stats:\na 1\n"


def test_verbose_shows_every_message(tell):
    tell(None, "Building DAG of jobs...", verbose=True)
    assert tell(LogEvent.JOB_INFO, "rule a:", logging.DEBUG) == "Building DAG of jobs...\nrule a:\n"


def test_a_message_that_cannot_be_shown_ends_nothing(tell, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    assert tell(LogEvent.RUN_INFO, "Job stats:") == ""

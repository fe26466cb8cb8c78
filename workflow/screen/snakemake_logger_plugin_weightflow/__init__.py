"""The screen of a run: a bar on a terminal, elsewhere a line for each tenth of the jobs.

A logger plugin of Snakemake, which profiles/default/config.yaml uses where it is installed. Warnings, errors and
answers to options keep Snakemake's words. The file in .snakemake/log has every line; --verbose shows them all.
"""

import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from logging import WARNING, LogRecord
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

_EVERY = 600.0  # most seconds between two lines while jobs start, without a terminal
_TICK = 5.0  # most seconds between two drawings of the bar
_MOST = 3  # stages named at a time
_ON_REQUEST = {LogEvent.SHELLCMD, LogEvent.DEBUG_DAG}  # Snakemake drops them unless an option requests them

# Lines of every run, which a user need not read.
_USUAL = re.compile(
    "Assuming unrestricted shared|Building DAG|Updating checkpoint|DAG of jobs will be|Using shell|"
    "Group jobs: inactive|Conda environments: ignored|Shutting down|Select jobs to execute|Execute [0-9]+ jobs|"
    "Elapsed time|Submitted (group )?job|(Group j|J)ob [^ ]+ has been submitted"
)


class Jobs:
    """The jobs of a run, by stage: the rule that they belong to.

    Args:
        totals: number of jobs of each rule.

    Attributes:
        done: number of finished jobs.
        total: number of jobs; it grows while a run finds out what it needs.
        made: what the run has made so far, in lines.
    """

    def __init__(self, totals: Mapping[str, int]) -> None:
        self.done, self.total = 0, sum(totals.values())
        self.made: list[str] = []
        self._totals = dict(totals)
        self._finished: Counter[str] = Counter()
        self._spent: dict[str, float] = {}  # seconds of the finished jobs of each rule
        self._running: dict[int, tuple[float, Mapping[str, Any]]] = {}  # since when
        self._targets: list[str] = []
        self._began = time.monotonic()

    def start(self, job: Mapping[str, Any]) -> None:
        """A job begins: `jobid`, `rule_name`, `rule_msg` and `output` of Snakemake's event."""
        self._running[job["jobid"]] = time.monotonic(), job

    def finish(self, number: int) -> None:
        """A job ends. Targets are jobs without files; without a target the last job's files are what was made."""
        if number in self._running:
            began, job = self._running.pop(number)
            self._finished[job["rule_name"]] += 1
            grown = max(self._totals.get(job["rule_name"], 0), self._finished[job["rule_name"]])
            self._totals[job["rule_name"]] = grown
            self._spent[job["rule_name"]] = self._spent.get(job["rule_name"], 0) + time.monotonic() - began
            if not job["output"] and job["rule_msg"]:
                self._targets.append(job["rule_msg"])
            self.made = self._targets or [f"Made: {' '.join(job['output'])}"]

    def drop(self, number: int) -> None:
        """A job fails."""
        self._running.pop(number, None)

    def now(self) -> str:
        """The time left, and the stages of the running jobs, each with its finished jobs and all its jobs."""
        rules = list(dict.fromkeys(job["rule_name"] for _, job in self._running.values()))
        named = [f"{r.replace('_', ' ')} {self._finished[r]}/{self._totals.get(r, '?')}" for r in rules[:_MOST]]
        stages = ", ".join(named + ["…"] * (len(rules) > _MOST))
        return f"about {_clock(self._left())} left: {stages}" if self._spent else stages

    def is_idle(self) -> bool:
        """Whether no job runs."""
        return not self._running

    def _left(self) -> float:
        """Seconds left, if a job takes as long as those of its stage; where none has ended, as long as most stages'."""
        means = {rule: spent / self._finished[rule] for rule, spent in self._spent.items()}
        usual = statistics.median(means.values())
        work = sum((total - self._finished[rule]) * means.get(rule, usual) for rule, total in self._totals.items())
        at_once = sum(self._spent.values()) / max(self.passed(), 1e-9)
        return work / max(at_once, 1)

    def passed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began


class LogHandler(LogHandlerBase):
    """Shows a run on the screen."""

    def __post_init__(self) -> None:
        """Before the first message."""
        self._stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self._jobs: Jobs | None = None  # until they are counted
        self._table = ""  # the jobs of a dry run
        self._failed = False
        self._bar: Any = None  # on a terminal
        self._over = threading.Event()
        self._line = 0, 0.0  # without a terminal: tenth of the jobs and seconds of the last line

    @property
    def writes_to_stream(self) -> bool:
        """It takes the place of Snakemake's lines."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """It writes no file."""
        return False

    @property
    def has_filter(self) -> bool:
        """It keeps Snakemake's filter: --quiet, --printshellcmds, --debug-dag."""
        return False

    @property
    def has_formatter(self) -> bool:
        """It keeps Snakemake's words."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """It needs no graph."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Show a message of Snakemake, or count its job."""
        try:
            if self.common_settings.verbose:
                self._write(self.format(record))
            else:
                self._show(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Take the bar away."""
        self._take_bar_away()
        super().close()

    def _show(self, record: LogRecord) -> None:
        facts = vars(record)  # Snakemake gives those of an event as attributes
        event = facts.get("event")
        if record.levelno >= WARNING or event in _ON_REQUEST:
            self._failed |= record.levelno > WARNING
            if event == LogEvent.JOB_ERROR and self._jobs:
                self._jobs.drop(facts["jobid"])
            self._write(self.format(record).replace("    message: None\n", ""))
        elif event is None:
            text = self.format(record)
            if not _USUAL.match(text) and (self._failed or not text.startswith("Complete log")):
                self._write(text.replace("check individual jobs above for details", "--verbose lists the jobs"))
        elif event == LogEvent.RUN_INFO and self.common_settings.dryrun:
            if (table := self.format(record)) != self._table:  # Snakemake gives it twice
                self._write(table)
            self._table = table
        elif event == LogEvent.RUN_INFO:
            self._begin(Jobs({rule: number for rule, number in facts["stats"].items() if rule != "total"}))
        elif self._jobs:
            self._follow(self._jobs, event, facts)

    def _begin(self, jobs: Jobs) -> None:
        self._jobs = jobs
        if not self._stream.isatty():
            self._write(f"{_plural(jobs.total)} to run.")
            return
        from tqdm import tqdm  # only where there is a bar

        self._bar = tqdm(
            total=jobs.total,
            file=self._stream,
            bar_format="{n_fmt}/{total_fmt} jobs {bar:20} {elapsed} passed, {desc}",
            ascii=".#",
            dynamic_ncols=True,
            leave=False,
        )
        threading.Thread(target=self._redraw, daemon=True).start()

    def _follow(self, jobs: Jobs, event: LogEvent, facts: Mapping[str, Any]) -> None:
        if event == LogEvent.JOB_INFO:
            jobs.start(facts)
        elif event == LogEvent.JOB_FINISHED:
            jobs.finish(facts["job_id"])
            return  # the number of finished jobs follows
        elif event == LogEvent.PROGRESS:
            jobs.done, jobs.total = facts["done"], facts["total"]
        else:
            return
        if jobs.done == jobs.total:
            self._take_bar_away()
            self._write("\n".join([f"{_plural(jobs.total)} done in {_clock(jobs.passed())}.", *jobs.made]))
        elif self._bar is not None:
            self._bar.n, self._bar.total = jobs.done, jobs.total
            self._bar.set_description_str(jobs.now(), refresh=event == LogEvent.PROGRESS)
        elif not self._stream.isatty():
            self._write_line(jobs)

    def _write_line(self, jobs: Jobs) -> None:
        tenth, passed = 10 * jobs.done // jobs.total, jobs.passed()
        if not jobs.is_idle() and (tenth > self._line[0] or passed > self._line[1] + _EVERY):
            self._line = tenth, passed
            self._write(f"{jobs.done}/{jobs.total} jobs, {_clock(passed)} passed, {jobs.now()}")

    def _redraw(self) -> None:
        """Draw the bar also while no job ends."""
        while not self._over.wait(_TICK):
            self.acquire()
            try:
                if self._bar is not None:
                    self._bar.refresh()
            finally:
                self.release()

    def _take_bar_away(self) -> None:
        self._over.set()
        self.acquire()
        try:
            if self._bar is not None:
                self._bar.close()
                self._bar = None
        finally:
            self.release()

    def _write(self, text: str) -> None:
        if text not in ("", "None"):  # an event without words
            if self._bar is None:
                self._stream.write(f"{text}\n")
            else:
                self._bar.write(text, file=self._stream)
            self._stream.flush()


def _plural(jobs: int) -> str:
    return f"{jobs} job{'s' * (jobs != 1)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

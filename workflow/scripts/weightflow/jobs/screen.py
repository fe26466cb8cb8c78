"""What jobs say on the screen, and the last lines of a run.

Snakemake writes several lines about a failed job after the job's own sentence. Jobs therefore also append it to a file,
and Snakemake's process prints it once more when it ends.
"""

import atexit
import os
import sys
from collections.abc import Iterable
from pathlib import Path

FILE = "WEIGHTFLOW_ERRORS"  # variable: the file of the sentences of failed jobs

_last: dict[str, None] = {}  # in order, each once


def say(text: str) -> None:
    """Print lines of a job on standard error, in a single write, since other jobs and Snakemake share it.

    On a terminal they take the place of the run's bar, which is drawn again below.
    """
    sys.stderr.write(f"\r\033[K{text}" if sys.stderr.isatty() else text)


def leave_sentence(sentence: str) -> None:
    """Append a job's error to the file; without the file or on a full disk it is only printed."""
    try:
        with open(os.environ.get(FILE, os.devnull), "a", encoding="utf-8") as file:
            file.write(f"{sentence}\n")
    except OSError:
        pass


def sentences_of_jobs() -> list[str]:
    """The errors of the jobs of this run."""
    path = Path(os.environ.get(FILE, os.devnull))
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def print_last(sentences: Iterable[str]) -> None:
    """Print lines on standard error when the process ends, each once."""
    sentences = list(sentences)
    if sentences and not _last:
        atexit.register(lambda: sys.stderr.write("\n" + "".join(f"{sentence}\n" for sentence in _last)))
    _last.update(dict.fromkeys(sentences))

"""The ways a run can end early, each with one sentence for the user."""

import difflib
from collections.abc import Iterable
from typing import Any

_MOST_LETTERS = 80  # of what a user wrote, in a sentence
_MOST_NAMES = 60  # in a sentence


class InputError(ValueError):
    """What the user gave cannot be used.

    The message is one sentence that names the place (file and key), the fault and the fix.
    """


class DivergenceError(RuntimeError):
    """A training run left the finite numbers; the message says which setting to change."""


class WriteError(OSError):
    """The machine refuses to keep a result: a full disk, a quota, a folder that may not be written.

    The message names the file, says why, and how to go on.
    """

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: cannot be written ({reason}); mend that, then run again: what is finished stays.")


def shown(text: Any) -> str:
    """What a user wrote, for a sentence: on one line, and not all of a long text."""
    line = " ".join(str(text).split())
    return line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 1]}…"


def unknown(what: str, found: Any, known: Iterable[Any]) -> str:
    """The sentence for a name that is none of the known ones: the nearest of them, or all."""
    options, found = [str(option) for option in known], shown(found)
    close = difflib.get_close_matches(found, options, n=1)
    few = options if len(options) <= _MOST_NAMES else [*options[: _MOST_NAMES - 1], "…"]
    allowed = f"allowed: {', '.join(few) or 'none'}."
    return f"unknown {what} '{found}'; " + (f"did you mean '{close[0]}'? {allowed}" if close else allowed)

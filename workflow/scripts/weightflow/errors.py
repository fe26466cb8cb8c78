"""The ways a run can end early, each with one sentence for the user."""

import difflib
from collections.abc import Iterable
from typing import Any

_MOST_LETTERS = 80  # of a user's text that a sentence quotes
_LARGE = 1e5  # from here on, six digits drop whole units
_MOST_NAMES = 60  # that a sentence lists


class InputError(ValueError):
    """The user's input cannot be used.

    The message is one sentence that names the place (file and key), the fault and the fix.
    """


class DivergenceError(RuntimeError):
    """Training produced NaN or infinity; the message names the setting to change."""


class WriteError(OSError):
    """A result cannot be written: full disk, quota or missing permission.

    The message names the file, the reason and the next step.
    """

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: cannot be written ({reason}); mend that and run again, finished results are kept.")


def shown(text: Any) -> str:
    """A user's text for a sentence: on one line, a long text shortened."""
    line = " ".join(str(text).split())
    return line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 1]}…"


def number(value: float) -> str:
    """A number as text: six digits, or ten if it is large, as a time in seconds since 1970."""
    return f"{value:.10g}" if abs(value) >= _LARGE else f"{value:g}"


def unknown(what: str, found: Any, known: Iterable[Any]) -> str:
    """End of a sentence about an unknown name: the nearest known name, if any, and the allowed names."""
    options, found = [str(option) for option in known], shown(found)
    close = difflib.get_close_matches(found, options, n=1)
    few = options if len(options) <= _MOST_NAMES else [*options[: _MOST_NAMES - 1], "…"]
    allowed = f"allowed: {', '.join(few) or 'none'}."
    return f"unknown {what} '{found}'; " + (f"did you mean '{close[0]}'? {allowed}" if close else allowed)

"""Progress bars that suit both a terminal and a log file."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], what: str, total: int | None = None, done: int = 0) -> "tqdm[Item]":
    """Iterate with a bar on standard error; without a terminal, a line every 15 seconds at most."""
    interval = 0.2 if sys.stderr.isatty() else 15.0
    return tqdm(items, desc=what, total=total, initial=done, mininterval=interval, dynamic_ncols=True)

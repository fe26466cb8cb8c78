"""Progress bars that suit both a terminal and a log file."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from tqdm import tqdm

BARS = "WEIGHTFLOW_BARS"  # variable: "log" if the screen shows the run as a whole

Item = TypeVar("Item")

_outer: ContextVar["tqdm | None"] = ContextVar("outer bar", default=None)


def progress(items: Iterable[Item], what: str, total: int | None = None, done: int = 0) -> Iterable[Item]:
    """Iterate with a bar on standard error; without a terminal, a line every 15 seconds at most.

    In jobs of a run whose screen shows the run as a whole, the bar goes to standard output, which is the job's log.

    Inside `one_bar` the items move that bar by one in all.

    Args:
        items: to iterate over.
        what: label of the bar.
        total: number of items.
        done: items that are finished already.
    """
    if outer := _outer.get():
        return _moving(outer, items, what, total)
    stream = sys.stdout if os.environ.get(BARS) == "log" else sys.stderr
    interval = 0.2 if stream.isatty() else 15.0
    return tqdm(items, what, total, file=stream, mininterval=interval, initial=done, dynamic_ncols=True)


@contextmanager
def one_bar(parts: int, shown: bool) -> Iterator[None]:
    """Show the bars of a block as one.

    Args:
        parts: number of bars in the block; if there are more, the bar grows.
        shown: whether to show it.
    """
    layout = "{desc:<28} {percentage:3.0f}% {bar} {elapsed}"
    with tqdm(total=parts, disable=not shown, dynamic_ncols=True, mininterval=0.2, bar_format=layout) as bar:
        token = _outer.set(bar)
        try:
            yield
            bar.set_description_str("done", refresh=False)
            bar.update(bar.total - bar.n)
        finally:
            _outer.reset(token)


def _moving(outer: tqdm, items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
    outer.set_description_str(what)
    begun = outer.n
    for number, item in enumerate(items, start=1):
        yield item
        if total:
            outer.update(begun + number / total - outer.n)
    outer.update(begun + 1 - outer.n)
    outer.total = max(outer.total, outer.n)

"""A clock set back or forward, so that modification times give no or a wrong order of the results."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench import Bench, Outcome, outputs

_FAULT, _DAY = "clock", 86400.0


def trials(bench: Bench) -> Iterator[Outcome]:
    """Parts of the undisturbed run, with other times, resumed."""
    draws = bench.draws("clock")
    for name, share, set_times in (
        ("all made tomorrow", 0.6, lambda paths: _set(paths, lambda k: time.time() + _DAY)),
        ("all made tomorrow, the last first", 0.6, lambda paths: _set(paths, lambda k: time.time() + _DAY - k)),
        ("all made at one moment of the past", 0.6, lambda paths: _set(paths, lambda k: 1e9)),
        ("all made at one moment, finished", 1.0, lambda paths: _set(paths, lambda k: 1e9)),
        ("each older than what it was made from", 0.6, lambda paths: _set(paths, lambda k: time.time() - k)),
        ("shuffled", 0.6, lambda paths: _set(paths, lambda k: 1e9 + draws.random() * 1e6)),
    ):
        folder = bench.copy("clock", share)
        set_times(_in_order(folder))
        yield bench.judge(_FAULT, name, bench.run(folder), folder)
    if not shutil.which("faketime"):
        yield Outcome(_FAULT, "the clock itself", "skipped", "the program faketime is not installed")
        return
    for amount in ("-1d", "+1d"):
        folder = bench.copy("clock", 0.6)
        env = os.environ | {"NO_FAKE_STAT": "1"}
        ended = bench.run(folder, before=("faketime", "-f", amount), env=env)
        yield bench.judge(_FAULT, f"the clock itself, {amount} in mid-run", ended, folder)


def _in_order(folder: Path) -> list[Path]:
    return sorted(outputs(folder / "results"), key=lambda path: path.stat().st_mtime_ns)


def _set(paths: list[Path], moment) -> None:
    for k, path in enumerate(paths):
        os.utime(path, (moment(k), moment(k)))

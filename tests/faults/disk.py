"""A disk that fills during a run and is then enlarged; a read-only results folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import mounts
from bench import RIGHT, SENTENCE, WRONG, Bench, Outcome

_FULL, _READ_ONLY = "full disk", "read-only results"
_ROOM = 1 << 32


def full(bench: Bench, tries: int) -> Iterator[Outcome]:
    """Room for a random share of what is still to come; results alone, and the whole folder, by turns."""
    draws = bench.draws("disk")
    for number in range(tries):
        place = ("results", ".")[number % 2]
        folder = bench.copy(f"disk-{number}", share=draws.uniform(0.5, 0.9))
        to_come = _used(bench.reference / "results") - _used(folder / "results")
        size = _used(folder / place) + round(draws.uniform(0.05, 0.6) * to_come)
        what = f"{'results' if place == 'results' else 'whole folder'}, {size >> 10} KiB"
        mounted = (folder / place).resolve()
        with mounts.small(mounted, size):
            ended = bench.run(folder)
            stopped = bench.judge(_FULL, f"{what}: stops", ended, folder, wants="No space left")
            if stopped.verdict == RIGHT:  # it did not fill
                stopped = Outcome(_FULL, stopped.what, WRONG, "the disk did not fill: another seed is needed")
            yield stopped
            mounts.enlarge(mounted, _ROOM)
            yield bench.judge(_FULL, f"{what}: enlarged, goes on", bench.resume(folder), folder)


def read_only(bench: Bench) -> Iterator[Outcome]:
    """A part of a run whose results cannot be written, then can."""
    for share in (0.0, 0.7):
        folder = bench.copy("read-only", share=share)
        with mounts.read_only(folder / "results"):
            ended = bench.run(folder)
        stopped = bench.judge(_READ_ONLY, f"after {share:.0%}: stops", ended, folder)
        yield stopped
        if share:
            yield bench.judge(_READ_ONLY, f"after {share:.0%}: writable again", bench.resume(folder), folder)
    finished = bench.copy("read-only-finished")
    with mounts.read_only(finished / "results"):
        outcome = bench.judge(_READ_ONLY, "finished: nothing to do", bench.run(finished), finished)
    yield outcome if outcome.verdict != SENTENCE else Outcome(_READ_ONLY, outcome.what, WRONG, outcome.told)


def _used(folder: Path) -> int:
    """Bytes that a folder's files and folders take in pages of 4 KiB, as a tmpfs counts them."""
    found = 0
    for where, _, files in os.walk(folder):
        found += sum(-(-os.lstat(Path(where) / name).st_size // 4096) * 4096 for name in files)
    return found

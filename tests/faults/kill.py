"""kill -9 at random moments, of the whole process group or of the head alone; then the run goes on."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from subprocess import Popen

import psutil
from bench import WRONG, Bench, Outcome, leftovers

_LINGER = 6.0  # seconds, at most, from the moment that a share of the files is there: into jobs, and into the start


def trials(bench: Bench, kills: int) -> Iterator[Outcome]:
    """Kill, go on, kill again, until all kills are spread over a run; where it ends before, over another one."""
    draws, number = bench.draws("kill"), 0
    while number < kills:
        folder = bench.scratch / f"kill-{number:02d}"
        shutil.rmtree(folder, ignore_errors=True)
        moments, killed = sorted(draws.random() for _ in range(kills - number)), []
        for moment in moments:
            # By turns, whatever comes of the moments.
            fault = ("kill -9 of all processes", "kill -9 of the head alone")[(number + len(killed)) % 2]
            before = _kill(bench, folder, moment, draws.uniform(0, _LINGER), alone="alone" in fault)
            if before is None:
                break
            share, processes = before
            killed.append((fault, f"at {share:.0%} of the files", processes, bench.differences(folder, missing=False)))
        number += len(killed)
        ended = bench.resume(folder)
        if not killed and ended.status:
            yield bench.judge("kill -9", "before any", ended, folder)
            return
        psutil.wait_procs([process for *_, processes, _ in killed for process in processes], timeout=600)
        last = bench.judge("", "", ended, folder)
        left = f"{len(leftovers(folder))} temporary files are left" if leftovers(folder) else ""
        for fault, what, _, torn in killed:
            if torn:
                yield Outcome(fault, what, WRONG, "half-written: " + "; ".join(torn[:3]))
            else:
                yield Outcome(fault, what, last.verdict, "; ".join(filter(None, [last.told, left])))


def _kill(bench: Bench, folder, moment: float, linger: float, alone: bool) -> tuple[float, list[psutil.Process]] | None:
    """Start or resume a run, and kill it some seconds after a share of its files is made.

    Returns:
        The share that was there, and the run's processes that were not killed; None where the run ended before.
    """
    if (folder / ".snakemake").is_dir():
        bench.run(folder, flags=("--unlock",))
    head = bench.start(folder)
    until = None
    while head.poll() is None:
        if until is None and bench.made_share(folder) >= moment:
            until = time.monotonic() + linger
        if until is not None and time.monotonic() >= until:
            share = bench.made_share(folder)
            return share, _strike(head, alone)
        time.sleep(0.1)
    return None


def _strike(head: Popen, alone: bool) -> list[psutil.Process]:
    jobs = psutil.Process(head.pid).children(recursive=True)
    if alone:
        head.kill()
    else:
        os.killpg(head.pid, signal.SIGKILL)
        for job in jobs:  # those that made themselves a group of their own
            if job.is_running():
                job.kill()
    head.wait()
    return jobs

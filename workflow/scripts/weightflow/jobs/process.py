"""Memory, threads and lifetime of a job's process."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from threadpoolctl import threadpool_limits

_SHELLS = ("sh", "bash", "dash", "zsh")  # may have Snakemake's name in their command line
# mallopt(3), malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Keep freed memory in the process if the C library is glibc.

    By default glibc returns large blocks to the kernel as soon as they are free. Training allocates the same blocks at
    every step, and would spend half its time on pages that the kernel fills with zeros.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_MAX, 0)  # no block is mapped by itself
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_TOP_PAD, 2**26)


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit linear algebra, including torch's, to one thread.

    Jobs already run side by side, matrices and networks are small, and a fixed order of sums gives the same bytes
    for any `--cores`. Snakemake sets the libraries' threads to the cores of the rule.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):  # read by libraries loaded later
        os.environ[f"{library}_NUM_THREADS"] = "1"
    if torch := sys.modules.get("torch"):  # threadpoolctl does not reach torch's own linear algebra
        torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


def end_with_run(every: float = 1.0) -> None:
    """End this process soon after the Snakemake that started it, even if Snakemake is killed.

    A surviving job would overwrite the results of a later run with results of the earlier settings.

    Args:
        every: seconds between two checks.
    """
    head = next(filter(_is_snakemake, psutil.Process().parents()), None)
    if head is not None:
        threading.Thread(target=_follow, args=(head, every), daemon=True).start()


def _is_snakemake(process: psutil.Process) -> bool:
    try:
        return process.name() not in _SHELLS and any("snakemake" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _follow(head: psutil.Process, every: float) -> None:
    while _lives(head):
        time.sleep(every)
    os.kill(os.getpid(), signal.SIGKILL)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

"""How a process uses the machine: its memory and its threads; and that it ends with the run it belongs to."""

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

_SHELLS = ("sh", "bash", "dash", "zsh")  # that hold Snakemake's name in a command of theirs
# mallopt(3), malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Let freed memory stay with the process, where the C library is glibc; others are left alone.

    By default glibc gives large blocks back as soon as they are free. Training asks for the same ones again at every
    step, and then half its time goes into pages that the kernel fills with zeros.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_MAX, 0)  # no block is the kernel's own
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_TOP_PAD, 2**26)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let linear algebra compute with one thread, that of torch too.

    Jobs run side by side already, matrices and networks are small, and a fixed order of sums gives the same bytes
    whatever `--cores` says. Snakemake tells libraries to take as many threads as a rule asks cores for.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):  # those that are loaded later read this
        os.environ[f"{library}_NUM_THREADS"] = "1"
    if torch := sys.modules.get("torch"):  # which holds a linear algebra of its own that nobody else can tell
        torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


def end_with_run(every: float = 1.0) -> None:
    """Let this process end soon after the Snakemake that started it, however that ended.

    A job that outlived it would write its results, made with the settings of then, over those of a later run.

    Args:
        every: seconds between two looks.
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

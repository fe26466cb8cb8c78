"""How a process uses the machine: its memory and its threads."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

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
    """Let linear algebra compute with one thread.

    Jobs run side by side already, matrices are small, and a fixed order of sums gives the same bytes whatever
    `--cores` says. Snakemake tells libraries to take as many threads as a rule asks cores for.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):  # those that are loaded later read this
        os.environ[f"{library}_NUM_THREADS"] = "1"
    with threadpool_limits(1):
        yield

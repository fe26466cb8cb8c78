"""How a process keeps its memory."""

import ctypes

# mallopt(3), malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_MMAP_THRESHOLD = 2**25  # that glibc takes


def keep_freed_memory() -> None:
    """Let freed memory stay with the process, where the C library is glibc; others are left alone.

    By default glibc gives large blocks back as soon as they are free. Training asks for the same ones again at every
    step, and then half its time goes into pages that the kernel fills with zeros.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
    mallopt(_TRIM_THRESHOLD, 2**30)
    mallopt(_TOP_PAD, 2**26)

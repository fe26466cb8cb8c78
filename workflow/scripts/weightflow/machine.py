"""Processors, memory and cards of the machine."""

import os
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup/memory.max")  # limit of a container or a batch job, on Linux
_UNKNOWN = 8 * 2**30  # bytes, if the system does not report its memory


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory(group: Path = _GROUP) -> int:
    """Bytes of memory for this process: the machine's, or the lower limit of a container or batch job."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        whole = _UNKNOWN
    try:
        return min(whole, int(group.read_text(encoding="ascii")))
    except (OSError, ValueError):  # another system, or "max"
        return whole


def has_card(devices: Path = Path("/dev")) -> bool:
    """Whether a card's device file exists (NVIDIA, WSL or AMD); a query through torch would take seconds."""
    return any(any(devices.glob(name)) for name in ("nvidia[0-9]*", "dxg", "kfd"))


def cores_per_job(cores: int | None, own: int) -> int:
    """Number of Snakemake's cores that a job of one thread occupies.

    Many more jobs than processors evict each other from the caches and finish later. Rounded down: slightly more jobs
    than processors are better than fewer.

    Args:
        cores: value of `--cores`; None if no job will run.
        own: number of processors.
    """
    return max(1, (cores or 1) // own)

"""What this machine has that jobs share."""

import os
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup/memory.max")  # of a container or a batch job, on Linux
_UNKNOWN = 8 * 2**30  # bytes, where the system does not say


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory(group: Path = _GROUP) -> int:
    """Bytes of memory that this process may hope for: the machine's, or less where a container or a job has less."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        whole = _UNKNOWN
    try:
        return min(whole, int(group.read_text(encoding="ascii")))
    except (OSError, ValueError):  # another system, or "max"
        return whole


def has_card(devices: Path = Path("/dev")) -> bool:
    """Whether there may be a card, told by its device file (NVIDIA's, WSL's, AMD's): asking torch takes seconds."""
    return any(any(devices.glob(name)) for name in ("nvidia[0-9]*", "dxg", "kfd"))


def cores_per_job(cores: int | None, own: int) -> int:
    """How many of the cores that Snakemake may hand out a job of one thread takes.

    Far more such jobs than processors push each other out of the caches, and all of them together end later. Rounded
    down: rather one job more than there are processors than one less.

    Args:
        cores: that `--cores` says; None where no job will run.
        own: number of processors.
    """
    return max(1, (cores or 1) // own)

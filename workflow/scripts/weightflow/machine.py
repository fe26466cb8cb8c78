"""What this machine has that jobs share."""

import os
from pathlib import Path


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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

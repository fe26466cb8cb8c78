"""The device a job computes on.

Snakemake counts cards (`--resources gpu=4`) but says to no job which one is its own, so jobs agree among themselves: a
job locks the first card that is free. The operating system gives a lock back when its process ends, however it ends.
"""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

_held: list[FileLock] = []  # by this process, until it ends


def job_device(snakemake: Any) -> torch.device:
    """A card if the rule asked for one (`resources: gpu=1`) and there is one, else the CPU."""
    if not snakemake.resources.get("gpu", 0) or not torch.cuda.is_available():
        logging.info("computing on the CPU")
        return torch.device("cpu")
    # By their own names: numbers are those of the cards that a scheduler lets the job see.
    cards = [str(torch.cuda.get_device_properties(i).uuid) for i in range(torch.cuda.device_count())]
    number = take_card(cards, Path(tempfile.gettempdir()) / f"weightflow-cards-{os.getuid()}")
    logging.info("computing on card %d, %s", number, torch.cuda.get_device_name(number))
    return torch.device("cuda", number)


def take_card(cards: Sequence[str], folder: Path) -> int:
    """Index of a card that no other job on this machine holds; it is held until this process ends.

    Args:
        cards: their names, one or more.
        folder: of the locks, one file for each card.

    Returns:
        The first free one, or, where more jobs run than there are cards, one that is shared.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, card in enumerate(cards):
        lock = FileLock(folder / f"{card}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        _held.append(lock)
        return number
    logging.warning("more jobs than cards; this one shares a card (--resources gpu= says how many may run)")
    return os.getpid() % len(cards)

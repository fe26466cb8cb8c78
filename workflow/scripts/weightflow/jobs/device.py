"""The device a job computes on.

Snakemake counts cards (`--resources gpu=4`) but does not assign them to jobs, so each job locks the first free card.
The operating system releases a lock when its process ends, even if the process is killed.
"""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

_held: list[FileLock] = []  # until this process ends


def job_device(snakemake: Any) -> torch.device:
    """A card if the rule requests one (`resources: gpu=1`) and the machine has one, else the CPU."""
    if not snakemake.resources.get("gpu", 0) or not torch.cuda.is_available():
        logging.info("computing on the CPU")
        return torch.device("cpu")
    # Locks are named by the cards' own identifiers: indices count only the cards that the scheduler makes visible.
    cards = [str(torch.cuda.get_device_properties(i).uuid) for i in range(torch.cuda.device_count())]
    number = take_card(cards, Path(tempfile.gettempdir()) / f"weightflow-cards-{os.getuid()}")
    logging.info("computing on card %d, %s", number, torch.cuda.get_device_name(number))
    return torch.device("cuda", number)


def take_card(cards: Sequence[str], folder: Path) -> int:
    """Index of the first free card of this machine; the process holds its lock until it ends.

    Args:
        cards: their identifiers, one or more.
        folder: of the locks, one file for each card.

    Returns:
        Index of a free card, or of a shared one if more jobs run than there are cards.
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
    logging.warning("more jobs than cards; this one shares a card (--resources gpu= limits the number of jobs)")
    return os.getpid() % len(cards)

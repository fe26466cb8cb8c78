"""Limits on the size of a data set, checked before memory is allocated.

A file of a kilobyte can declare a matrix of terabytes, and a compressed one can hold it.
"""

from collections.abc import Sequence
from math import prod

from weightflow import machine
from weightflow.errors import InputError

MOST_STATES = 65_536  # of a variable with a table; the softmax has one output per state
MOST_COUNTS = 1_000_000_000  # largest count
MOST_TIMES = 1_000_000  # the limit of a system's grid, too
MOST_VARIABLES = 1_000_000  # in a file; the names of all are read before some are chosen
_SHARE = 2  # the limit is this fraction of the memory, 1/2: data are also copied for sorting and splitting
_GIB = 2**30


def most_bytes() -> int:
    """Most bytes that the states of a data set may take: half of the machine's memory."""
    return machine.memory() // _SHARE


def check_bytes(needed: int, where: str) -> None:
    """Refuse an allocation above the memory limit.

    Args:
        needed: bytes to allocate.
        where: the file and its part, for messages.

    Raises:
        InputError: more than `most_bytes`.
    """
    if needed > (most := most_bytes()):
        raise InputError(
            f"{where} would take {needed / _GIB:.3g} GiB of memory, and {most / _GIB:.3g} GiB is the most on this "
            "machine (half of its memory); check that it is the right file, and make it smaller or use a "
            "larger machine."
        )


def check_array(shape: Sequence[int], itemsize: int, where: str) -> None:
    """Refuse an array above the memory limit; raises as `check_bytes`."""
    check_bytes(prod(map(int, shape)) * max(itemsize, 1), f"{where}, of shape {tuple(shape)},")


def check_numbers(times: int, variables: int, where: str) -> None:
    """Refuse too many times or variables, even if they need little memory.

    Args:
        times: number of snapshots.
        variables: number of variables in the file.
        where: the file, for messages.

    Raises:
        InputError: more than `MOST_TIMES` or `MOST_VARIABLES`.
    """
    for number, most, what in ((times, MOST_TIMES, "times"), (variables, MOST_VARIABLES, "variables")):
        if number > most:
            raise InputError(f"{where}: holds {number} {what}, and {most} is the most; check the file and its axes.")

"""How large a data set may be: asked before memory is taken, whatever a file says of itself.

A file of a kilobyte can declare a matrix of terabytes, and a compressed one can hold it.
"""

from collections.abc import Sequence
from math import prod

from weightflow import machine
from weightflow.errors import InputError

MOST_TIMES = 1_000_000  # as many as a system's grid may have
MOST_VARIABLES = 1_000_000  # of a file; all of them are named before some are chosen
_SHARE = 2  # of the machine's memory, one part of so many: what is read is also sorted and split
_GIB = 2**30


def most_bytes() -> int:
    """Most bytes that the states of a data set may take: half of the machine's memory."""
    return machine.memory() // _SHARE


def check_bytes(needed: int, where: str) -> None:
    """Refuse what would fill the memory.

    Args:
        needed: bytes that reading or making it takes.
        where: the file and the part of it, for messages.

    Raises:
        InputError: more than `most_bytes`.
    """
    if needed > (most := most_bytes()):
        raise InputError(
            f"{where} would take {needed / _GIB:.3g} GiB of memory, and {most / _GIB:.3g} GiB is the most on this "
            "machine (half of its memory); check that the file is what it should be, and make it smaller or use a "
            "larger machine."
        )


def check_array(shape: Sequence[int], itemsize: int, where: str) -> None:
    """Refuse an array that would fill the memory; raises as `check_bytes`."""
    check_bytes(prod(map(int, shape)) * max(itemsize, 1), f"{where}, of shape {tuple(shape)},")


def check_numbers(times: int, variables: int, where: str) -> None:
    """Refuse more times or variables than anything could be learned from, even where they take no memory.

    Args:
        times: of all snapshots.
        variables: of the file.
        where: the file, for messages.

    Raises:
        InputError: naming which of them.
    """
    for number, most, what in ((times, MOST_TIMES, "times"), (variables, MOST_VARIABLES, "variables")):
        if number > most:
            raise InputError(f"{where}: holds {number} {what}, and {most} is the most; check the file and its axes.")

"""Reaction networks: counts of species that jump by reactions at given propensities."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weightflow.errors import InputError, shown, unknown
from weightflow.systems.entries import Limits
from weightflow.systems.expressions import MUL, SPECIES, Program

_MOST_AT_ONCE = 1000  # molecules of a species on one side of an equation


@dataclass(frozen=True)
class Reaction:
    """A jump of the state by `change` (d,) at rate `propensity`; `name` is for messages."""

    equation: str
    change: np.ndarray
    propensity: Program
    name: str


@dataclass(frozen=True)
class ReactionNetwork:
    """A continuous-time jump process on counts.

    Attributes:
        species: d names, in the order of the state.
        initial: (d,) counts every trajectory starts from, or Poisson means where `poisson` is true.
        poisson: (d,) whether a species starts Poisson distributed.
        points: number of times on the grid 0, step, 2 step, …
        step: physical time between grid points.
        path: the system's file, for messages.
        limits: largest counts and numbers of events; beyond them a simulation stops.
    """

    title: str
    source: str
    species: tuple[str, ...]
    reactions: tuple[Reaction, ...]
    initial: np.ndarray
    poisson: np.ndarray
    points: int
    step: float
    path: str = ""
    limits: Limits = Limits()


def parse_equation(equation: str, species: Sequence[str], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Stoichiometry of one reaction.

    Args:
        equation: as in `S + I -> 2 I`; nothing, 0 or ∅ for an empty side.
        species: d names, in the order of the state.
        where: file and key, for messages.

    Returns:
        (d,) counts on the left side, and (d,) counts on the right side.

    Raises:
        InputError: the arrow is missing, or a term is not a species.
    """
    if re.search("<-|<=|⇌|⇄|↔", equation):
        raise InputError(f"{where}: '{shown(equation)}' runs both ways; write two reactions, each with its own rate.")
    left, arrow, right = equation.partition("->")
    if not arrow:
        raise InputError(f"{where}: '{shown(equation)}' has no '->'; write for example 'S + I -> 2 I'.")
    return _side(left, species, where), _side(right, species, where)


def mass_action(rate: Program, consumed: np.ndarray) -> Program:
    """The rate times each reactant's count to its stoichiometric power, x² (not x(x − 1)) for a pair.

    Args:
        rate: a program without species.
        consumed: (d,) counts on the left side of the equation.
    """
    factors = np.repeat(np.arange(len(consumed)), consumed)
    operations = np.tile([SPECIES, MUL], len(factors))
    operands = np.stack([factors, np.zeros(len(factors))], 1).ravel()
    return Program(np.concatenate([rate.operations, operations]), np.concatenate([rate.operands, operands]))


def _side(text: str, species: Sequence[str], where: str) -> np.ndarray:
    counts = np.zeros(len(species), dtype=np.int64)
    if text.strip() in ("", "0", "∅"):
        return counts
    for term in text.split("+"):
        found = re.fullmatch(r"\s*(\d{0,18})\s*(\w+)\s*", term)
        if not found or found[2] not in species:
            raise InputError(f"{where}: {unknown('species', found[2] if found else term.strip(), species)}")
        place, number = species.index(found[2]), int(found[1] or 1)
        if counts[place] + number > _MOST_AT_ONCE:
            raise InputError(f"{where}: more than {_MOST_AT_ONCE} of '{found[2]}' at once; lower their number.")
        counts[place] += number
    return counts

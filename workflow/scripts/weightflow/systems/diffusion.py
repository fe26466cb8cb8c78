"""Diffusions: cells with real-valued states that drift, fluctuate, divide and die.

Between events a cell follows dx = drift(x, t) dt + noise(x, t) dW, with independent noise of each variable (Itô). It
divides into two cells at the same place, and dies, at rates that may depend on its state. The distribution at a time is
that of a random living cell. Cells are simulated by the Euler–Maruyama method (Kloeden & Platen 1992, section 10.2) in
a population of bounded size: a population that grows is thinned at random, one that shrinks is copied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from weightflow import seeding
from weightflow.errors import InputError, number
from weightflow.progress import progress
from weightflow.systems.entries import DiffusionLimits
from weightflow.systems.expressions import CONSTANT, Program, evaluate

_FEWEST = 1000  # cells of a population with division or death, so that few of them are relatives
_SPARE = 1.25  # part by which such a population exceeds the cells still to measure
_EVENTS = 0.2  # largest share of the cells that divide or die within a step


@dataclass(frozen=True)
class Start:
    """A mixture of normal distributions with independent variables, the distribution at time 0.

    Attributes:
        shares: (m,) of the parts; their sum is 1.
        means: (m, d).
        deviations: (m, d) standard deviations; 0 for a fixed value.
    """

    shares: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, d) independent states."""
        part = rng.choice(len(self.shares), count, p=self.shares)
        return self.means[part] + self.deviations[part] * rng.standard_normal((count, self.means.shape[1]))


@dataclass(frozen=True)
class Diffusion:
    """A population of cells with d real-valued variables.

    Attributes:
        species: names of the variables, in the order of the state.
        drift: of each variable, in its unit per unit of physical time.
        noise: of each variable, its standard deviation per square root of physical time.
        division, death: rates of a cell per unit of physical time.
        start: distribution at time 0.
        points: number T of times on the grid 0, step, 2 step, …
        step: physical time between grid points.
        substeps: steps of the simulation between grid points.
        path: the system's file, for messages.
        limits: of the simulation.
    """

    title: str
    source: str
    species: tuple[str, ...]
    drift: tuple[Program, ...]
    noise: tuple[Program, ...]
    division: Program
    death: Program
    start: Start
    points: int
    step: float
    substeps: int = 20
    path: str = ""
    limits: DiffusionLimits = field(default_factory=DiffusionLimits)

    @property
    def branches(self) -> bool:
        """Whether cells divide or die."""
        return not all(_is_zero(rate) for rate in (self.division, self.death))

    def check(self, states: np.ndarray, t: float) -> None:
        """Refuse drift, noise and rates that are undefined or negative in some states (n, d) at a physical time.

        Raises:
            InputError: naming the file, the key, the value and the state.
        """
        self.drift_of(states, t)
        self.noise_of(states, t)
        self.rates_of(states, t)

    def drift_of(self, states: np.ndarray, t: float) -> np.ndarray:
        """(n, d) drift in states (n, d); raises as `check`."""
        return self._columns("drift", self.drift, states, t, -np.inf, "a drift is a finite number")

    def noise_of(self, states: np.ndarray, t: float) -> np.ndarray:
        """(n, d) noise in states (n, d); raises as `check`."""
        rule = "noise is a standard deviation, 0 or more"
        return self._columns("noise", self.noise, states, t, 0.0, rule)

    def rates_of(self, states: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray]:
        """(n,) rates of division and death in states (n, d); raises as `check`."""
        division, death = (
            self._checked(key, program, states, t, 0.0, "a rate is a number, 0 or more")
            for key, program in (("division", self.division), ("death", self.death))
        )
        return division, death

    def _columns(
        self, key: str, programs: Sequence[Program], states: np.ndarray, t: float, least: float, rule: str
    ) -> np.ndarray:
        """(n, d), each variable's values next to each other in memory."""
        found = np.empty(states.shape[::-1])
        for row, name, program in zip(found, self.species, programs, strict=True):
            row[:] = self._checked(f"{key}.{name}", program, states, t, least, rule)
        return found.T

    def _checked(self, key: str, program: Program, states: np.ndarray, t: float, least: float, rule: str) -> np.ndarray:
        found = evaluate(program, states, t)
        wrong = ~((found >= least) & np.isfinite(found))
        if wrong.any():
            i = int(wrong.argmax())
            where = ", ".join(f"{name} = {value:.4g}" for name, value in zip(self.species, states[i], strict=True))
            self.refuse(f"{key}: it is {found[i]:.4g} at {where} and time {number(t)}; {rule}, so change it.")
        return found

    def refuse(self, fault: str) -> NoReturn:
        """Raise an InputError that names the file."""
        raise InputError(f"{self.path or self.title}: {fault}")


def measure(diffusion: Diffusion, sizes: Sequence[int], seed: int) -> list[np.ndarray]:
    """Snapshots of different cells: a measured cell is taken out of the population, as in an experiment.

    Args:
        diffusion: the system.
        sizes: (T,) number N_t of cells at each time of the grid.
        seed: the same seed gives the same states.

    Returns:
        T arrays (N_t, d).

    Raises:
        InputError: paths explode, noise or rates are negative or undefined, cells divide without an end, or all die.
    """
    if not sum(sizes):
        return [np.zeros((0, len(diffusion.species)))] * diffusion.points
    rng = seeding.stream(seed, "measured cells")
    later = np.cumsum(np.asarray(sizes)[::-1])[::-1]
    population = _Population(diffusion, int(later[0]), rng)
    return [population.take(size) for size, _ in zip(sizes, population.course(later), strict=True)]


def follow(diffusion: Diffusion, cells: int, seed: int) -> np.ndarray:
    """One population, of which the same number of cells is recorded at every time of the grid.

    Args:
        diffusion: the system.
        cells: number N at each time.
        seed: the same seed gives the same states.

    Returns:
        (N, T, d) states. Without division and death, row n is the path of one cell; with them, rows of different times
            are unrelated.

    Raises:
        InputError: as `measure`.
    """
    out = np.empty((cells, diffusion.points, len(diffusion.species)))
    if not cells:
        return out
    rng = seeding.stream(seed, "followed cells")
    population = _Population(diffusion, cells, rng)
    for k in population.course(np.full(diffusion.points, cells)):
        out[:, k] = population.show(cells)
    return out


class _Population:
    """Living cells, of which each stands for e^`weight` cells of a population that is not bounded."""

    def __init__(self, diffusion: Diffusion, cells: int, rng: np.random.Generator) -> None:
        self.diffusion, self.rng = diffusion, rng
        count = self._wanted(cells)
        self.states = np.asfortranarray(diffusion.start.draw(count, rng))
        self.weight, self.log_start = 0.0, np.log(count)

    def course(self, needed: np.ndarray) -> Iterator[int]:
        """Stop at each time of the grid, by its index; `needed` cells (T,) are alive there."""
        own = self.diffusion
        h = own.step / own.substeps
        for k in progress(range(own.points), f"simulating {own.title}"):
            for i in range(own.substeps if k else 0):
                t = (k - 1) * own.step + i * h
                if own.branches:
                    self._bound(needed[k])
                    self._branch(t, h)
                self._move(t, h)
            if len(self.states) < needed[k]:
                self._copy(needed[k])
            yield k

    def show(self, count: int) -> np.ndarray:
        """(count, d) states of random cells."""
        return self.states[self._chosen(count)]

    def take(self, count: int) -> np.ndarray:
        """(count, d) states of random cells, which leave the population."""
        taken = self._chosen(count)
        found = self.states[taken]
        left = np.ones(len(self.states), dtype=bool)
        left[taken] = False
        self._keep(np.flatnonzero(left))
        return found

    def _chosen(self, count: int) -> np.ndarray:
        """Indices of random cells; those of all cells are in order."""
        size = len(self.states)
        return np.arange(size) if count == size else np.sort(self.rng.choice(size, count, replace=False))

    def _wanted(self, needed: int) -> int:
        return max(_FEWEST, int(_SPARE * needed)) if self.diffusion.branches else needed

    def _bound(self, needed: int) -> None:
        """Keep between once and twice as many cells as are wanted."""
        wanted = self._wanted(needed)
        if len(self.states) > 2 * wanted:
            self._keep(self._chosen(wanted))
        self._copy(wanted)

    def _copy(self, wanted: int) -> None:
        while len(self.states) < wanted:
            self._keep(np.repeat(np.arange(len(self.states)), 2))

    def _keep(self, rows: np.ndarray) -> None:
        """Keep some cells, or copies of them, instead of all; they stand for the same population."""
        if len(rows):
            self.weight += np.log(len(self.states) / len(rows))
        self.states = np.asfortranarray(self.states[rows])

    def _branch(self, t: float, h: float) -> None:
        """Divisions and deaths within a step."""
        own = self.diffusion
        division, death = own.rates_of(self.states, t)
        rate = division + death
        event = -np.expm1(-rate * h)
        if (share := float(event.mean())) > _EVENTS:
            own.refuse(
                f"substeps: {share:.0%} of the cells divide or die within a step of {h:.3g} at time {number(t)}, and "
                f"{_EVENTS:.0%} is the most; lower division and death, or raise substeps from {own.substeps}."
            )
        draw = self.rng.random(len(rate)) * rate
        happens = self.rng.random(len(rate)) < event
        children = np.where(happens, np.where(draw < division, 2, 0), 1)
        self.states = np.asfortranarray(self.states[np.repeat(np.arange(len(rate)), children)])
        self._check_number(t + h)

    def _check_number(self, t: float) -> None:
        """Refuse a population without bounds, and one that dies out."""
        most = self.diffusion.limits.cells
        grown = np.log(len(self.states)) + self.weight - self.log_start if len(self.states) else -np.inf
        if grown > np.log(most):
            self.diffusion.refuse(
                f"limits.cells: each cell of the start has more than {most:,} living descendants at time {number(t)}; "
                "lower division or the last time, or raise the limit."
            )
        if grown < -np.log(most):
            self.diffusion.refuse(
                f"death: of {most:,} cells of the start none has a living descendant at time {number(t)}; lower death "
                "or the last time, or raise division."
            )

    def _move(self, t: float, h: float) -> None:
        own = self.diffusion
        drift, noise = own.drift_of(self.states, t), own.noise_of(self.states, t)
        moved = self.states + drift * h + noise * (np.sqrt(h) * self.rng.standard_normal(self.states.shape[::-1]).T)
        beyond = ~(np.abs(moved) <= own.limits.value).all(0)
        if beyond.any():
            own.refuse(
                f"limits.value: '{own.species[int(beyond.argmax())]}' passes {own.limits.value:g} in a cell at time "
                f"{number(t + h)}, so its path explodes; change its drift or noise, raise substeps from {own.substeps},"
                " or raise the limit."
            )
        self.states = moved


def _is_zero(program: Program) -> bool:
    return program.operations.tolist() == [CONSTANT] and program.operands[0] == 0

"""Adaptive walks: genotypes that climb a fitness landscape by single mutations (Kauffman & Levin 1987).

At a constant rate a locus is picked and an allele drawn for it, both uniformly; the mutant replaces the genotype
if it is strictly fitter. On a grid of loci and alleles this is a jump process with finitely many states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from weightflow.errors import InputError
from weightflow.progress import progress
from weightflow.systems.expressions import Program, evaluate
from weightflow.systems.uniformisation import uniformise

_CHUNK = 500


@dataclass(frozen=True)
class AdaptiveWalk:
    """A walk of d loci on the landscape of a fitness.

    Attributes:
        species: d names of loci, in the order of the genotype.
        alleles: of each locus, numbered from 0.
        fitness: of a genotype.
        rate: proposals per unit of physical time, for all loci together.
        initial: (d,) genotype every trajectory starts from; None where it is drawn uniformly.
        points: number of times on the grid 0, step, 2 step, …
        step: physical time between grid points.
        path: the system's file, for messages.
    """

    title: str
    source: str
    species: tuple[str, ...]
    alleles: int
    fitness: Program
    rate: float
    initial: np.ndarray | None
    points: int
    step: float
    path: str = ""

    @property
    def genotypes(self) -> int:
        """Number of genotypes, n = alleles to the power d."""
        return self.alleles ** len(self.species)

    def states(self) -> np.ndarray:
        """All genotypes (n, d) int64; the last locus changes fastest."""
        loci = len(self.species)
        return np.indices((self.alleles,) * loci).reshape(loci, -1).T

    def landscape(self) -> np.ndarray:
        """Fitness of every genotype (alleles, …, alleles), one axis for each locus.

        Raises:
            InputError: the fitness of some genotype is undefined.
        """
        return self.fitness_of(self.states()).reshape((self.alleles,) * len(self.species))

    def fitness_of(self, genotypes: np.ndarray) -> np.ndarray:
        """Fitness (n,) of some genotypes (n, d); raises InputError where it is undefined."""
        found = evaluate(self.fitness, genotypes, 0.0)
        if not np.isfinite(found).all():
            genotype = genotypes[np.flatnonzero(~np.isfinite(found))[0]]
            where = ", ".join(f"{name} = {allele}" for name, allele in zip(self.species, genotype, strict=True))
            raise InputError(f"{self.path}: fitness: undefined at {where}; mend it.")
        return found


def simulate(walk: AdaptiveWalk, trajectories: int, seed: int) -> np.ndarray:
    """Simulate independent trajectories on the walk's grid.

    Args:
        walk: the system.
        trajectories: number N of trajectories.
        seed: trajectory i depends only on the seed and i.

    Returns:
        (N, points, d) int32 alleles.

    Raises:
        InputError: the fitness of a visited or proposed genotype is undefined.
    """
    out = np.empty((trajectories, walk.points, len(walk.species)), dtype=np.int32)
    for first in progress(range(0, trajectories, _CHUNK), f"simulating {walk.title}"):
        numbers = range(first, min(first + _CHUNK, trajectories))
        drawn = [_draw(walk, seed, i) for i in numbers]
        loci, alleles = _padded([own.loci for own in drawn]), _padded([own.alleles for own in drawn])
        path = _climb(walk, np.stack([own.genotype for own in drawn]), loci, alleles)
        steps = np.stack([own.made for own in drawn])[:, :, None]
        out[numbers.start : numbers.stop] = np.take_along_axis(path, steps, 1)
    return out


def generator(walk: AdaptiveWalk) -> csr_array:
    """Rates (n, n) between the genotypes of `walk.states()`, from the column's to the row's; columns sum to zero."""
    landscape, size = walk.landscape(), walk.genotypes
    numbers = np.arange(size).reshape(landscape.shape)
    sources, targets = [], []
    for locus in range(len(walk.species)):
        fitness = np.moveaxis(landscape, locus, -1).reshape(-1, walk.alleles)
        number = np.moveaxis(numbers, locus, -1).reshape(-1, walk.alleles)
        line, old, new = np.nonzero(fitness[:, None, :] > fitness[:, :, None])
        sources.append(number[line, old])
        targets.append(number[line, new])
    source, target = np.concatenate(sources), np.concatenate(targets)
    rate = walk.rate / (len(walk.species) * walk.alleles)
    leaving = np.bincount(source, minlength=size) * rate
    rows, columns = np.concatenate([target, np.arange(size)]), np.concatenate([source, np.arange(size)])
    return csr_array(coo_array((np.concatenate([np.full(len(source), rate), -leaving]), (rows, columns)), (size, size)))


def law(walk: AdaptiveWalk) -> tuple[np.ndarray, np.ndarray]:
    """The exact law at the walk's grid times, by uniformisation.

    It needs memory for n · d · alleles rates, so check `walk.genotypes` first.

    Returns:
        All genotypes (n, d) int64, and their probabilities (points, n).
    """
    states = walk.states()
    if walk.initial is None:
        start = np.full(len(states), 1 / len(states))
    else:
        start = (states == walk.initial).all(1).astype(float)
    times = np.arange(walk.points) * walk.step
    return states, np.stack([start, *uniformise(generator(walk), start, times)])


class _Chance(NamedTuple):
    """Random draws of one trajectory.

    Attributes:
        made: (points,) number of proposals by each grid time.
        loci: (proposals,) locus of each proposal.
        alleles: (proposals,) proposed alleles.
        genotype: (d,) initial genotype.
    """

    made: np.ndarray
    loci: np.ndarray
    alleles: np.ndarray
    genotype: np.ndarray


def _draw(walk: AdaptiveWalk, seed: int, number: int) -> _Chance:
    draws = np.random.default_rng([seed, number])
    made = np.concatenate([[0], np.cumsum(draws.poisson(walk.rate * walk.step, walk.points - 1))])
    loci = draws.integers(len(walk.species), size=made[-1])
    alleles = draws.integers(walk.alleles, size=made[-1])
    genotype = draws.integers(walk.alleles, size=len(walk.species)) if walk.initial is None else walk.initial
    return _Chance(made, loci, alleles, genotype)


def _padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of unequal lengths as one array, padded at the end."""
    padded = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return padded


def _climb(walk: AdaptiveWalk, genotypes: np.ndarray, loci: np.ndarray, alleles: np.ndarray) -> np.ndarray:
    """Genotypes (N, proposals + 1, d) after each proposal, given the first ones (N, d)."""
    every = np.arange(len(genotypes))
    fitness = walk.fitness_of(genotypes)
    path = np.empty((len(genotypes), loci.shape[1] + 1, genotypes.shape[1]), dtype=np.int32)
    path[:, 0] = genotypes
    for k in range(loci.shape[1]):
        mutants = genotypes.copy()
        mutants[every, loci[:, k]] = alleles[:, k]
        found = walk.fitness_of(mutants)
        better = found > fitness
        genotypes = np.where(better[:, None], mutants, genotypes)
        fitness = np.where(better, found, fitness)
        path[:, k + 1] = genotypes
    return path

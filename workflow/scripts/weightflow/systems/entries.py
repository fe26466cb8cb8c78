"""System files as they are written: the keys of each kind of system."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from weightflow.errors import InputError, unknown
from weightflow.settings import ANumber, ASection, AsWritten, AText, ByShape, Many, Number, Positive, Settings
from weightflow.systems.repetition import expand_name
from weightflow.yaml_files import read_yaml

_DRAWN = 2000  # most alleles of a landscape in a figure

Expression = Annotated[Annotated[Number, ANumber] | Annotated[str, AText], ByShape]  # numbers are expressions too
Names = Annotated[Many[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=10_000)]


class Grid(Settings):
    """Times at which trajectories are recorded."""

    points: Annotated[int, Field(ge=2, le=1_000_000)]
    """Number of times 0, step, 2 step, …"""
    step: Positive
    """Time between them."""


class Limits(Settings):
    """Limits of a trajectory; one that passes them stops the simulation with a sentence."""

    count: Annotated[int, Field(ge=1, le=2_147_483_647)] = 100_000
    """Largest count of any species."""
    events: Annotated[int, Field(ge=1, le=1_000_000_000_000)] = 10_000_000
    """Most events in one trajectory."""


class ReactionEntry(Settings):
    """One kind of event. It needs either a propensity or a rate."""

    name: str | None = None
    """For messages; the equation where left out."""
    equation: Annotated[str, Field(max_length=10_000)]
    """What is consumed and produced, as in S + I -> 2 I; 0 for nothing."""
    propensity: Expression | None = None
    """Events per unit of time, an expression of species, parameters, pi and the time t with `+ - * / **` and sin, cos,
    exp, log, sqrt, min, max."""
    rate: Expression | None = None
    """Instead of a propensity, mass action: this number, or expression of parameters and t, times the counts on the
    left side to their stoichiometric powers (`x**2` for a pair, not `x*(x-1)`)."""
    repeat: Annotated[dict[str, str], Field(min_length=1)] | None = None
    """Write the reaction once for every number of a range: with {i: 1..14}, {i} and {i+1} in its texts become 1 and 2,
    2 and 3, and so on."""


class Poisson(Settings):
    """A Poisson distributed count."""

    poisson: Expression
    """Its mean."""


class ReactionFile(Settings):
    """A reaction network (kind: reactions, the default): counts of species that reactions change at random times."""

    kind: Literal["reactions"] = "reactions"
    """What the file describes."""
    title: str
    """Shown in figures and the report."""
    source: str = ""
    """Where the system comes from, and what is known or guessed about it."""
    species: Names
    """Names of the variables, in their order; X1..X15 stands for fifteen of them."""
    parameters: dict[str, Expression] = {}
    """Numbers that expressions may use, by name."""
    reactions: Annotated[Many[ReactionEntry], Field(min_length=1, max_length=10_000)]
    """What can happen. A reaction that lacks what it consumes on balance does not fire, whatever its propensity."""
    initial: dict[str, Annotated[Annotated[Number, ANumber] | Annotated[Poisson, ASection], ByShape]]
    """For each species the count that every trajectory starts from, or {poisson: mean} for a random one. A range of
    names (X1..X15) gives the same to all of them."""
    grid: Grid
    limits: Limits = Limits()


class WalkFile(Settings):
    """An adaptive walk (kind: adaptive_walk): a genotype of a few loci climbs a fitness landscape.

    At the given rate a locus is picked at random and a new allele for it, both uniformly; the change stays if it makes
    the genotype strictly fitter.
    """

    kind: Literal["adaptive_walk"]
    """What the file describes."""
    title: str
    """Shown in figures and the report."""
    source: str = ""
    """Where the system comes from, and what is known or guessed about it."""
    species: Names
    """Names of the loci, in their order; X1..X15 stands for fifteen of them."""
    alleles: Annotated[int, Field(ge=2, le=1_000_000)]
    """Alleles of each locus, numbered from 0."""
    parameters: dict[str, Expression] = {}
    """Numbers that expressions may use, by name."""
    fitness: Expression
    """Fitness of a genotype, an expression of loci and parameters."""
    rate: Annotated[float, Field(gt=0), AsWritten]
    """Proposals per unit of time, for all loci together."""
    initial: Annotated[Annotated[str, AText] | Annotated[dict[str, Number], ASection], ByShape]
    """uniform for a genotype drawn uniformly, or an allele for each locus."""
    grid: Grid


class SbmlFile(Settings):
    """A reaction network in SBML (kind: sbml), the exchange format of systems biology, and the grid that it lacks.

    Reading it needs `pip install -r requirements-sbml.txt`. Kinetic laws are taken as propensities and amounts as
    counts; events, rules, reversible reactions and whatever else has no such meaning are refused.
    """

    kind: Literal["sbml"]
    """What the file describes."""
    model: Annotated[str, Field(min_length=1)]
    """The model's .xml or .sbml file, as seen from the folder of this file."""
    title: str | None = None
    """Shown in figures and the report; the model's own name where left out."""
    source: str = ""
    """Where the system comes from, and what is known or guessed about it."""
    grid: Grid
    limits: Limits = Limits()


SystemFile = ReactionFile | WalkFile | SbmlFile
KINDS: dict[str, type[SystemFile]] = {"reactions": ReactionFile, "adaptive_walk": WalkFile, "sbml": SbmlFile}


def read_entries(path: str | Path) -> SystemFile:
    """The entries of a system file.

    Raises:
        InputError: not YAML, or a missing, unknown or malformed key; the sentence names file and key.
    """
    entries = read_yaml(path)
    if not isinstance(entries, dict):
        raise InputError(f"{path}: expected a mapping with keys such as title, species and reactions.")
    kind = entries.get("kind", "reactions")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{path}: kind: {unknown('value', kind, KINDS)}")
    return KINDS[kind].of(entries, str(path))


def is_path(system: str) -> bool:
    """Whether a system is given by the path of its file, not by its name."""
    return system.endswith((".yaml", ".yml"))


def is_map(path: str | Path) -> bool:
    """Whether a file describes a walk over two loci, whose landscape can be drawn; raises as `read_entries`."""
    entries = read_entries(path)
    if not isinstance(entries, WalkFile):
        return False
    loci = sum(len(expand_name(name, str(path))) for name in entries.species)
    return loci == 2 and entries.alleles <= _DRAWN


def files_of(path: str | Path) -> list[Path]:
    """A system file and its SBML model, if any."""
    path = Path(path)
    entries = read_entries(path)
    return [path, path.parent / entries.model] if isinstance(entries, SbmlFile) else [path]

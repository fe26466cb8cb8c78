"""The keys of each kind of system file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from weightflow.errors import InputError, unknown
from weightflow.settings import (
    AList,
    ANumber,
    ASection,
    AsWritten,
    AText,
    ByShape,
    Many,
    NotNegative,
    Number,
    Positive,
    Settings,
)
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
    """Limits of a trajectory; a trajectory beyond them stops the simulation with an error message."""

    count: Annotated[int, Field(ge=1, le=2_147_483_647)] = 100_000
    """Largest count of any species."""
    events: Annotated[int, Field(ge=1, le=1_000_000_000_000)] = 10_000_000
    """Most events in one trajectory."""


class ReactionEntry(Settings):
    """One kind of event. It needs either a propensity or a rate."""

    name: str | None = None
    """Name in messages; by default the equation."""
    equation: Annotated[str, Field(max_length=10_000)]
    """Consumed and produced species, as in S + I -> 2 I; 0 for nothing."""
    propensity: Expression | None = None
    """Events per unit of time: an expression of species, parameters, pi and the time t, with `+ - * / **` and sin, cos,
    exp, log, sqrt, min, max; cases are written `a if t < 1 and S >= 2 else b`."""
    rate: Expression | None = None
    """Rate constant of mass action, instead of a propensity: a number, or an expression of parameters and t. It is
    multiplied by the counts on the left side to their stoichiometric powers (`x**2` for a pair, not `x*(x-1)`)."""
    repeat: Annotated[dict[str, str], Field(min_length=1)] | None = None
    """Repeats the reaction for every number of a range: with {i: 1..14}, {i} and {i+1} in its texts become 1 and 2,
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
    """Names of the variables, in order; X1..X15 stands for fifteen names."""
    parameters: dict[str, Expression] = {}
    """Constants in expressions, by name."""
    reactions: Annotated[Many[ReactionEntry], Field(min_length=1, max_length=10_000)]
    """The reactions. A reaction whose net consumption exceeds a count does not fire."""
    initial: dict[str, Annotated[Annotated[Number, ANumber] | Annotated[Poisson, ASection], ByShape]]
    """Initial count of each species in every trajectory, or {poisson: mean} for a random count. A range of names
    (X1..X15) gives all of them the same."""
    grid: Grid
    limits: Limits = Limits()


class WalkFile(Settings):
    """An adaptive walk (kind: adaptive_walk): a genotype of a few loci climbs a fitness landscape.

    Proposals occur at the given rate. A proposal draws a locus and a new allele for it, both uniformly, and is accepted
    if the genotype becomes strictly fitter.
    """

    kind: Literal["adaptive_walk"]
    """What the file describes."""
    title: str
    """Shown in figures and the report."""
    source: str = ""
    """Where the system comes from, and what is known or guessed about it."""
    species: Names
    """Names of the loci, in order; X1..X15 stands for fifteen names."""
    alleles: Annotated[int, Field(ge=2, le=1_000_000)]
    """Number of alleles of each locus; they are numbered from 0."""
    parameters: dict[str, Expression] = {}
    """Constants in expressions, by name."""
    fitness: Expression
    """Fitness of a genotype: an expression of loci and parameters."""
    rate: Annotated[float, Field(gt=0), AsWritten]
    """Proposals per unit of time, for all loci together."""
    initial: Annotated[Annotated[str, AText] | Annotated[dict[str, Number], ASection], ByShape]
    """uniform for a genotype drawn uniformly, or an allele for each locus."""
    grid: Grid


class SbmlFile(Settings):
    """A reaction network in SBML (kind: sbml), the exchange format of systems biology, with a grid of times.

    Reading it needs `pip install -r requirements-sbml.txt`. Kinetic laws are read as propensities and amounts as
    counts. A law of a reversible reaction that is a forward minus a backward rate makes two reactions. Assignment rules
    and piecewise formulas are written out. Models with events, rate rules or other elements without this meaning are
    refused.
    """

    kind: Literal["sbml"]
    """What the file describes."""
    model: Annotated[str, Field(min_length=1)]
    """Path of the model's .xml or .sbml file, relative to the folder of this file."""
    amounts: Literal["units", "counts"] = "units"
    """units refuses amounts in moles; counts takes every amount as a number of molecules, whatever its unit, as tools
    for stochastic simulation write them."""
    title: str | None = None
    """Title in figures and the report; by default the model's name."""
    source: str = ""
    """Where the system comes from, and what is known or guessed about it."""
    grid: Grid
    limits: Limits = Limits()


class Normal(Settings):
    """A normally distributed value."""

    mean: Number
    """Its mean."""
    sd: NotNegative
    """Its standard deviation."""


Values = dict[str, Annotated[Annotated[Number, ANumber] | Annotated[Normal, ASection], ByShape]]


class StartPart(Settings):
    """One part of a mixture of starts, such as one of several cell types."""

    share: Positive
    """Weight of the part; weights need not sum to 1."""
    start: Values
    """Start of each variable in this part, as in initial."""


class DiffusionLimits(Settings):
    """Limits of the simulation of a diffusion; beyond them it stops with an error message."""

    value: Positive = 1_000_000
    """Largest absolute value of any variable."""
    cells: Annotated[int, Field(ge=2, le=1_000_000_000)] = 1_000_000
    """Most living descendants of one cell of the start, on average over the population; also the number of cells of
    which at least one must have a living descendant. The simulated population is thinned, so it needs no memory."""


class DiffusionFile(Settings):
    """A diffusion (kind: diffusion): cells whose real-valued variables drift and fluctuate, and which divide and die.

    Each variable follows dx = drift dt + noise dW (Itô), with independent noise. The distribution at a time is that of
    a random living cell. A data set of a diffusion has kind: continuous, and its snapshots are of different cells. If
    drift is linear, noise does not depend on the state, the start is normal, and division and death are polynomials of
    degree 2 or less, then the law is normal and known exactly.
    """

    kind: Literal["diffusion"]
    """What the file describes."""
    title: str
    """Shown in figures and the report."""
    source: str = ""
    """Where the system comes from, and what is known or guessed about it."""
    variables: Names
    """Names of the variables, in order; x1..x15 stands for fifteen names."""
    parameters: dict[str, Expression] = {}
    """Constants in expressions, by name."""
    drift: dict[str, Expression]
    """Drift of each variable per unit of time: an expression of variables, parameters, pi and the time t, as in a
    propensity. A range of names (x1..x15) gives all of them the same; in it {} stands for each variable's own name."""
    noise: dict[str, Expression]
    """Standard deviation of each variable's noise per square root of time, 0 or more: an expression as in drift."""
    division: Expression = 0
    """Divisions of a cell per unit of time, an expression; both new cells begin at its place."""
    death: Expression = 0
    """Deaths of a cell per unit of time, an expression."""
    initial: Annotated[Annotated[Values, ASection] | Annotated[Many[StartPart], AList], ByShape]
    """Start of each variable: a number or {mean: 0, sd: 1}; or a list of parts, each with its share."""
    grid: Grid
    substeps: Annotated[int, Field(ge=1, le=100_000)] = 20
    """Steps of the simulation between two times of the grid."""
    limits: DiffusionLimits = DiffusionLimits()


SystemFile = ReactionFile | WalkFile | SbmlFile | DiffusionFile
KINDS: dict[str, type[SystemFile]] = {
    "reactions": ReactionFile,
    "adaptive_walk": WalkFile,
    "sbml": SbmlFile,
    "diffusion": DiffusionFile,
}


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


def data_kind(path: str | Path) -> Literal["discrete", "continuous"]:
    """Kind of the data that a system makes: counts or real values; raises as `read_entries`."""
    return "continuous" if isinstance(read_entries(path), DiffusionFile) else "discrete"


def is_path(system: str) -> bool:
    """Whether a setting is the path of a system file, not the name of a shipped system."""
    return system.endswith((".yaml", ".yml"))


def is_map(path: str | Path) -> bool:
    """Whether a file describes a walk over two loci, whose landscape can be drawn; raises as `read_entries`."""
    entries = read_entries(path)
    if not isinstance(entries, WalkFile):
        return False
    loci = sum(len(expand_name(name, str(path))) for name in entries.species)
    return loci == 2 and entries.alleles <= _DRAWN


def files_of(path: str | Path) -> list[Path]:
    """The files that a system is read from: the system file and its SBML model, if any."""
    path = Path(path)
    entries = read_entries(path)
    return [path, path.parent / entries.model] if isinstance(entries, SbmlFile) else [path]

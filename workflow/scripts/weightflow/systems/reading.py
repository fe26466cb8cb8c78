"""Reader of system files, `resources/systems/*.yaml`, into reaction networks, adaptive walks and diffusions."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np

from weightflow.errors import InputError, shown, unknown
from weightflow.limits import MOST_COUNTS, MOST_STATES, check_array
from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.diffusion import Diffusion, Start
from weightflow.systems.entries import (
    DiffusionFile,
    Expression,
    Limits,
    Normal,
    Poisson,
    ReactionEntry,
    ReactionFile,
    SbmlFile,
    WalkFile,
    read_entries,
)
from weightflow.systems.expressions import Program, check_name, compile_expression, evaluate
from weightflow.systems.reaction_network import Reaction, ReactionNetwork, mass_action, parse_equation
from weightflow.systems.repetition import MOST, expand_name, expand_texts
from weightflow.systems.sbml import read_sbml
from weightflow.systems.system import System

T = TypeVar("T")


class Symbols(NamedTuple):
    """The names in expressions: of species, in the order of the state, and the values of parameters."""

    species: list[str]
    parameters: dict[str, float]


_COUNT_BYTES, _REAL_BYTES = 4, 8
_MOST_STEPS = 10_000_000  # of the simulation of a diffusion
_LARGEST_CHECKED = 1_000_000  # genotypes whose fitness is checked when a file is read


def read_system(path: str | Path) -> System:
    """Read a system file.

    Raises:
        InputError: a missing, unknown or malformed entry; the sentence names file and key.
    """
    path = Path(path)
    match content := read_entries(path):
        case WalkFile():
            return _adaptive_walk(content, path)
        case DiffusionFile():
            return _diffusion(content, path)
        case SbmlFile():
            model = path.parent / content.model
            own = {"title": content.title} if content.title is not None else {}
            try:
                entries, names = read_sbml(model, content.amounts)
            except RecursionError as error:
                raise InputError(f"{model}: its formulas nest too deeply; write them flatter.") from error
            both = entries | own | {"source": content.source, "grid": content.grid, "limits": content.limits}
            return _reaction_network(ReactionFile.of(both, str(model)), path, str(model), names)
        case _:
            return _reaction_network(content, path, str(path))


def check_start(system: System, states: int | None, where: str) -> None:
    """Refuse initial states that a data set cannot hold: counts, means of Poisson counts, or any allele of a walk.

    Args:
        system: of the data set.
        states: the data set's number of states, if it is given.
        where: the data set, for messages.

    Raises:
        InputError: naming the key and the fix.
    """
    largest: float
    match system:
        case Diffusion():
            return
        case AdaptiveWalk():
            largest, what = system.alleles - 1, f"the last of {system.alleles} alleles"
        case ReactionNetwork():
            largest = float(system.initial.max())
            what = f"initial.{system.species[int(system.initial.argmax())]}"
    if states and largest >= states:
        needed = int(np.ceil(largest)) + 1
        fix = f"raise it to {needed} or more" if needed <= MOST_STATES else "leave it out"
        raise InputError(
            f"{where}.states is {states}, and {what} in {system.path} is {largest:.10g}; {fix}, or change the system."
        )
    if largest > MOST_COUNTS:
        raise InputError(
            f"{where}: {what} in {system.path} is {largest:.10g}, and {MOST_COUNTS:,} is the largest count; use fewer."
        )


def check_trajectories(system: System, number: int, where: str) -> None:
    """Refuse more trajectories than the memory holds.

    Args:
        system: to simulate.
        number: number of trajectories, or of cells at each time.
        where: the data set and the key, for messages.

    Raises:
        InputError: the simulated array would exceed the memory limit.
    """
    size = _REAL_BYTES if isinstance(system, Diffusion) else _COUNT_BYTES
    check_array((number, system.points, len(system.species)), size, f"{where}: a simulation of {system.path}")


def _reaction_network(
    content: ReactionFile, path: Path, where: str, names: Mapping[str, str] = MappingProxyType({})
) -> ReactionNetwork:
    """A network from the entries of a system file or of its SBML model (`where`).

    `names` holds the species and parameters that have another name in expressions, with that name.
    """
    species, parameters = _names(content.species, content.parameters, where, names)
    symbols = Symbols([names.get(name, name) for name in species], {names.get(k, k): v for k, v in parameters.items()})
    initial, poisson = _initial(content.initial, species, content.limits, where)
    reactions = [_reaction(entry, species, symbols, np.floor(initial), at) for entry, at in _entries(content, where)]
    return ReactionNetwork(
        content.title,
        content.source,
        species,
        tuple(reactions),
        initial,
        poisson,
        content.grid.points,
        content.grid.step,
        str(path),
        content.limits,
    )


def _adaptive_walk(content: WalkFile, path: Path) -> AdaptiveWalk:
    species, parameters = _names(content.species, content.parameters, str(path))
    fitness = compile_expression(str(content.fitness), species, parameters, f"{path}: fitness")
    if fitness.depends_on_time:
        raise InputError(f"{path}: fitness: the landscape of an adaptive walk does not change in time; leave t out.")
    walk = AdaptiveWalk(
        content.title,
        content.source,
        species,
        content.alleles,
        fitness,
        content.rate,
        _genotype(content.initial, species, content.alleles, path),
        content.grid.points,
        content.grid.step,
        str(path),
    )
    if walk.genotypes <= _LARGEST_CHECKED:
        walk.landscape()
    return walk


def _entries(content: ReactionFile, where: str) -> Iterator[tuple[ReactionEntry, str]]:
    """Reactions with their places in the file; repeated ones are expanded."""
    number = 0
    for i, entry in enumerate(content.reactions):
        at = f"{where}: reactions.{i}"
        singles = _repeated(entry, at)
        if (number := number + len(singles)) > MOST:
            raise InputError(f"{at}: there are more than {MOST} reactions; write a smaller system.")
        yield from ((single, at) for single in singles)


def _repeated(entry: ReactionEntry, where: str) -> list[ReactionEntry]:
    """A reaction once for every combination of its indices."""
    if entry.repeat is None:
        return [entry]
    texts = {key: value for key, value in entry.plain().items() if isinstance(value, str)}
    found = expand_texts(texts, entry.repeat, where)
    return [entry.but(**single, repeat=None) for single in found]


def _reaction(
    entry: ReactionEntry, species: Sequence[str], symbols: Symbols, start: np.ndarray, where: str
) -> Reaction:
    equation = entry.equation
    consumed, produced = parse_equation(equation, species, f"{where}.equation")
    if (entry.propensity is None) == (entry.rate is None):
        raise InputError(f"{where}: '{equation}' needs either a propensity or a rate; give one of them.")
    if entry.rate is not None:
        propensity = mass_action(_rate(str(entry.rate), symbols.parameters, f"{where}.rate"), consumed)
    else:
        propensity = compile_expression(str(entry.propensity), *symbols, f"{where}.propensity")
    reaction = Reaction(equation, produced - consumed, propensity, entry.name or equation)
    if (start + reaction.change >= 0).all():
        value = evaluate(propensity, start[None], 0.0)[0]
        if not 0 <= value < np.inf:
            raise InputError(
                f"{where}: the propensity of '{reaction.name}' is {value:g} in the initial state; "
                "it must be a number, 0 or more, in every state."
            )
    return reaction


def _rate(text: str, parameters: Mapping[str, float], where: str) -> Program:
    rate = compile_expression(text, (), parameters, where)
    value = evaluate(rate, np.zeros((1, 0)), 0.0)[0]
    if not rate.depends_on_time and not 0 <= value < np.inf:
        raise InputError(f"{where}: '{text}' is {value:g}; a rate is a number, 0 or more.")
    return rate


def _diffusion(content: DiffusionFile, path: Path) -> Diffusion:
    names, parameters = _names(content.variables, content.parameters, str(path), key="variables")

    def program(text: Expression, key: str) -> Program:
        return compile_expression(str(text), names, parameters, f"{path}: {key}")

    def of_each(entries: Mapping[str, Expression], key: str) -> tuple[Program, ...]:
        texts = _per_species(entries, names, f"{path}: {key}", "variable")
        return tuple(
            program(str(text).replace("{}", name), f"{key}.{name}") for name, text in zip(names, texts, strict=True)
        )

    found = Diffusion(
        content.title,
        content.source,
        names,
        of_each(content.drift, "drift"),
        of_each(content.noise, "noise"),
        program(content.division, "division"),
        program(content.death, "death"),
        _start(content, names, path),
        content.grid.points,
        content.grid.step,
        content.substeps,
        str(path),
        content.limits,
    )
    if (steps := found.points * found.substeps) > _MOST_STEPS:
        raise InputError(
            f"{path}: substeps: {found.substeps} steps between {found.points} times make {steps:,}, and "
            f"{_MOST_STEPS:,} is the most; lower substeps or grid.points."
        )
    found.check(found.start.means, 0.0)
    return found


def _start(content: DiffusionFile, names: Sequence[str], path: Path) -> Start:
    if isinstance(content.initial, Mapping):
        parts, shares = {"initial": content.initial}, np.ones(1)
    else:
        if not content.initial:
            raise InputError(f"{path}: initial: there is no part; give one with a share.")
        parts = {f"initial.{i}.start": part.start for i, part in enumerate(content.initial)}
        shares = np.array([part.share for part in content.initial], dtype=float)
    rows = [_per_species(values, names, f"{path}: {key}", "variable") for key, values in parts.items()]
    normals = [[value if isinstance(value, Normal) else Normal(mean=value, sd=0) for value in row] for row in rows]
    means = np.array([[normal.mean for normal in row] for row in normals], dtype=float)
    deviations = np.array([[normal.sd for normal in row] for row in normals], dtype=float)
    constant = ~deviations.any(0) & (means == means[0]).all(0)
    if constant.all():
        raise InputError(
            f"{path}: initial: every cell starts in one state, which has no density; give a variable a mean and an sd."
        )
    return Start(shares / shares.sum(), means, deviations)


def _names(
    texts: Sequence[str],
    values: Mapping[str, float | str],
    where: str,
    others: Collection[str] = (),
    key: str = "species",
) -> tuple[tuple[str, ...], dict[str, float]]:
    """Species, and values of the parameters by name; `others` are names that expressions do not use."""
    species: tuple[str, ...] = ()
    for text in texts:
        species += tuple(expand_name(text, f"{where}: {key}"))
        if len(species) > MOST:
            raise InputError(f"{where}: {key}: there are more than {MOST}; write a smaller system.")
    parameters = {str(name): _number(value, f"{where}: parameters.{name}") for name, value in values.items()}
    for name in (*species, *parameters):
        if name not in others:
            check_name(name, f"{where}: {key} and parameters")
    names = (*species, *parameters)
    if twice := {name for name, number in Counter(names).items() if number > 1}:
        raise InputError(f"{where}: the name '{min(twice)}' stands twice among {key} and parameters; rename one.")
    return species, parameters


def _per_species(entries: Mapping[str, T], species: Sequence[str], where: str, what: str = "species") -> list[T]:
    """One entry for each of the species, in their order."""
    given = {name: value for text, value in entries.items() for name in expand_name(str(text), where)}
    for name in given:
        if name not in species:
            raise InputError(f"{where}: {unknown(what, name, species)}")
    for name in species:
        if name not in given:
            raise InputError(f"{where}: the {what} '{name}' is missing; add it.")
    return [given[name] for name in species]


def _initial(
    entries: Mapping[str, float | Poisson], species: Sequence[str], limits: Limits, where: str
) -> tuple[np.ndarray, np.ndarray]:
    values, poisson = np.zeros(len(species)), np.zeros(len(species), dtype=bool)
    for i, value in enumerate(_per_species(entries, species, f"{where}: initial")):
        at = f"{where}: initial.{species[i]}"
        poisson[i] = isinstance(value, Poisson)
        values[i] = _number(value.poisson, at) if isinstance(value, Poisson) else value
        if values[i] < 0 or (not poisson[i] and values[i] != int(values[i])):
            raise InputError(f"{at} is {values[i]:g}; a count is a whole number, 0 or more.")
        if values[i] > limits.count:
            raise InputError(f"{at} is {values[i]:g}, above limits.count {limits.count}; raise the limit.")
    return values, poisson


def _genotype(entry: str | Mapping[str, float], species: Sequence[str], alleles: int, path: Path) -> np.ndarray | None:
    if entry == "uniform":
        return None
    if isinstance(entry, str):
        raise InputError(f"{path}: initial: '{shown(entry)}' is neither uniform nor an allele for each locus.")
    found = _per_species(entry, species, f"{path}: initial")
    for name, allele in zip(species, found, strict=True):
        if allele not in range(alleles):
            raise InputError(
                f"{path}: initial.{name} is {allele}; an allele is a whole number from 0 to {alleles - 1}."
            )
    return np.array(found, dtype=np.int64)


def _number(value: float | str, where: str) -> float:
    """A finite number, also from text such as 1e-4, which YAML does not read as a number."""
    try:
        number = float(value) if not isinstance(value, bool) else np.nan
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not np.isfinite(number):
        raise InputError(f"{where}: '{shown(value)}' is not a number.")
    return number

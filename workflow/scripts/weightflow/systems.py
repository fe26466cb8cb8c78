"""Declarative reaction networks: `resources/systems/*.yaml`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from weightflow.errors import InputError
from weightflow.expressions import Program, check_name, compile_expression

_KEYS = {"title", "source", "species", "parameters", "reactions", "initial", "grid"}


@dataclass(frozen=True)
class Reaction:
    """A jump of the state by `change` (d,) at rate `propensity`."""

    equation: str
    change: np.ndarray
    propensity: Program


@dataclass(frozen=True)
class ReactionNetwork:
    """A continuous-time jump process on counts.

    Attributes:
        species: d names, in the order of the state.
        initial: (d,) counts every trajectory starts from, or Poisson means where `poisson` is true.
        poisson: (d,) whether a species starts Poisson distributed.
        points: number of times on the grid 0, step, 2 step, …
        step: physical time between grid points.
    """

    title: str
    source: str
    species: tuple[str, ...]
    reactions: tuple[Reaction, ...]
    initial: np.ndarray
    poisson: np.ndarray
    points: int
    step: float


def read_system(path: str | Path) -> ReactionNetwork:
    """Read a system file.

    Raises:
        InputError: a missing, unknown or malformed entry; the sentence names file and key.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such system file.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML; {str(error).splitlines()[0]}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a mapping with the keys {', '.join(sorted(_KEYS))}.")
    if unknown := sorted(set(content) - _KEYS):
        raise InputError(f"{path}: unknown key '{unknown[0]}'; the keys are {', '.join(sorted(_KEYS))}.")
    if missing := sorted(_KEYS - {"parameters", "source"} - set(content)):
        raise InputError(f"{path}: the key '{missing[0]}' is missing.")
    for key in ("species", "reactions"):
        if not isinstance(content[key], list) or not content[key]:
            raise InputError(f"{path}: {key} must be a list with at least one entry.")
    constants = content.get("parameters") or {}
    if not isinstance(constants, dict):
        raise InputError(f"{path}: parameters must map names to numbers.")

    species = tuple(str(name) for name in content["species"])
    parameters = {str(name): _number(value, f"{path}: parameters.{name}") for name, value in constants.items()}
    for name in (*species, *parameters):
        check_name(name, f"{path}: species and parameters")
    if len(set(species) | set(parameters)) != len(species) + len(parameters):
        raise InputError(f"{path}: a name stands twice among species and parameters; rename one.")

    reactions = tuple(
        _reaction(entry, species, parameters, f"{path}: reactions[{i}]") for i, entry in enumerate(content["reactions"])
    )
    initial, poisson = _initial(content["initial"], species, path)
    grid = content["grid"]
    if not isinstance(grid, dict) or set(grid) != {"points", "step"}:
        raise InputError(f"{path}: grid needs the keys points and step, and no others.")
    points, step = _number(grid["points"], f"{path}: grid.points"), _number(grid["step"], f"{path}: grid.step")
    if points < 2 or points != int(points) or step <= 0:
        raise InputError(f"{path}: grid needs a whole number of at least 2 points, and a positive step.")
    return ReactionNetwork(
        str(content["title"]), str(content.get("source", "")), species, reactions, initial, poisson, int(points), step
    )


def _reaction(entry: Any, species: tuple[str, ...], parameters: dict[str, float], where: str) -> Reaction:
    if not isinstance(entry, dict) or set(entry) != {"equation", "propensity"}:
        raise InputError(f"{where}: needs the keys equation and propensity, and no others.")
    equation = str(entry["equation"])
    left, arrow, right = equation.partition("->")
    if not arrow:
        raise InputError(f"{where}.equation: '{equation}' has no '->'; write for example 'S + I -> 2 I'.")
    change = _side(right, species, f"{where}.equation") - _side(left, species, f"{where}.equation")
    propensity = compile_expression(str(entry["propensity"]), species, parameters, f"{where}.propensity")
    return Reaction(equation, change, propensity)


def _side(text: str, species: tuple[str, ...], where: str) -> np.ndarray:
    counts = np.zeros(len(species), dtype=np.int64)
    if text.strip() in ("", "0", "∅"):
        return counts
    for term in text.split("+"):
        found = re.fullmatch(r"\s*(\d*)\s*(\w+)\s*", term)
        if not found or found[2] not in species:
            raise InputError(f"{where}: '{term.strip()}' is not a species; they are {', '.join(species)}.")
        counts[species.index(found[2])] += int(found[1] or 1)
    return counts


def _initial(entry: Any, species: tuple[str, ...], path: Path) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(entry, dict) or set(entry) != set(species):
        raise InputError(f"{path}: initial needs one entry for each of {', '.join(species)}.")
    values, poisson = np.zeros(len(species)), np.zeros(len(species), dtype=bool)
    for i, name in enumerate(species):
        value = entry[name]
        if isinstance(value, dict) and set(value) == {"poisson"}:
            value, poisson[i] = value["poisson"], True
        values[i] = _number(value, f"{path}: initial.{name}")
        if values[i] < 0 or (not poisson[i] and values[i] != int(values[i])):
            raise InputError(f"{path}: initial.{name} is {values[i]:g}; a count is a whole number, 0 or more.")
    return values, poisson


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise InputError(f"{where}: '{value}' is not a number.")
    return float(value)

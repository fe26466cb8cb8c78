"""Models in SBML (Hucka et al. 2003), the exchange format of systems biology, as the entries of a system file.

A kinetic law is the amount of substance that reacts per unit of time; for amounts in molecules it is a propensity.
libsbml, an optional dependency, reads the file. Features that reaction networks lack are refused.
"""

import math
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from weightflow.errors import InputError

_MOST_BYTES = 50_000_000  # of a file; the largest whole-cell models are smaller
_MOST_DEPTH = 200  # of nested elements; libsbml and `_formula` recurse
_MOST_TERMS = 100_000  # of a formula with its functions expanded
_INLINED = ("promoteLocalParameters", "expandFunctionDefinitions", "expandInitialAssignments")


def read_sbml(path: str | Path) -> dict[str, Any]:
    """Read a model.

    Args:
        path: an .xml or .sbml file of any level and version that libsbml knows.

    Returns:
        The keys title, species, parameters, reactions and initial of a system file of kind reactions. Compartments
        and species that never change become parameters.

    Raises:
        InputError: no such file, libsbml is not installed, or something in the model has no meaning for counts.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such SBML model.")
    try:
        import libsbml
    except ImportError as error:
        raise InputError(f"{path}: reading SBML needs libsbml; run pip install -r requirements-sbml.txt.") from error
    _check_text(path)
    document = libsbml.readSBMLFromFile(str(path))
    _refuse_errors(document, path)
    _check_functions(document.getModel(), path)
    for option in _INLINED:
        properties = libsbml.ConversionProperties()
        properties.addOption(option, True)
        document.convert(properties)
    model = document.getModel()
    _refuse_what_networks_lack(model, path)

    sizes = {item.getId(): _size(item, path) for item in model.getListOfCompartments()}
    parameters = sizes | {item.getId(): _value(item, path) for item in model.getListOfParameters()}
    concentrations = {}  # formulas of the species that kinetic laws take as concentrations
    initial = {}
    for item in model.getListOfSpecies():
        name, size = item.getId(), sizes[item.getCompartment()]
        amount = _amount(item, size, model, path)
        if item.getBoundaryCondition() or item.getConstant():
            parameters[name] = amount
        else:
            initial[name] = amount
        if not item.getHasOnlySubstanceUnits() and size != 1:
            concentrations[name] = f"({name} / {item.getCompartment()})"
    if not initial:
        raise InputError(f"{path}: the model has no species that reactions may change; add one.")
    reactions = [_reaction(item, initial, concentrations, path) for item in model.getListOfReactions()]
    if not reactions:
        raise InputError(f"{path}: the model has no reactions; add one.")
    return {
        "title": model.getName() or model.getId() or path.stem,
        "species": list(initial),
        "parameters": parameters,
        "reactions": reactions,
        "initial": initial,
    }


def _check_text(path: Path) -> None:
    """Refuse XML that exhausts memory or the stack, or opens other files; libsbml has no such limits."""
    if (size := path.stat().st_size) > _MOST_BYTES:
        raise InputError(f"{path}: has {size} bytes, and {_MOST_BYTES} is the most; write a smaller model.")
    depth = 0

    def declare(*_: Any) -> None:
        raise InputError(f"{path}: declares a document type or entities, which no model needs; take out the DOCTYPE.")

    def enter(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > _MOST_DEPTH:
            raise InputError(f"{path}: nests more than {_MOST_DEPTH} elements; write its formulas flatter.")

    def leave(*_: Any) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = declare, enter, leave
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise InputError(f"{path}: not valid SBML; line {error.lineno}: {expat.ErrorString(error.code)}.") from error
    except (OSError, ValueError, LookupError) as error:
        raise InputError(f"{path}: cannot be read as XML ({error}); save it as UTF-8.") from error


def _check_functions(model: Any, path: Path) -> None:
    """Refuse functions that are too large when expanded: fifty nested ones can have more terms than memory holds.

    The size of a call is affine in the sizes of its arguments, so it is computed without expansion.
    """
    definitions = {item.getId(): item.getMath() for item in model.getListOfFunctionDefinitions()}
    sizes: dict[str, tuple[int, list[int]]] = {}  # a function's own terms, and the number of uses of each argument

    def size_of(name: str, within: tuple[str, ...] = ()) -> tuple[int, list[int]]:
        if name in within or len(within) > _MOST_DEPTH:
            raise InputError(f"{path}: the function '{name}' calls itself; write it without.")
        if name not in sizes:
            formula = definitions[name]
            count = formula.getNumChildren() - 1
            arguments = [formula.getChild(i).getName() for i in range(count)]
            own = measure(formula.getChild(count), (*within, name), {a: i for i, a in enumerate(arguments)}, count)
            sizes[name] = own[0], own[1:]
        return sizes[name]

    def measure(node: Any, within: tuple[str, ...], places: Mapping[str, int], count: int) -> list[int]:
        parts = [measure(node.getChild(i), within, places, count) for i in range(node.getNumChildren())]
        if not parts and node.getName() in places:
            return [0] + [int(i == places[node.getName()]) for i in range(count)]
        constant, uses = 1, [1] * len(parts)
        if node.isFunction() and node.getName() in definitions:
            constant, uses = size_of(node.getName(), within)
        total = [constant] + [0] * count
        for part, times in zip(parts, uses, strict=False):
            total = [a + times * b for a, b in zip(total, part, strict=True)]
        if total[0] > _MOST_TERMS or max(total) > _MOST_TERMS:
            raise InputError(f"{path}: a formula has more than {_MOST_TERMS} terms once its functions are written out.")
        return total

    laws = [item.getKineticLaw() for item in model.getListOfReactions()]
    formulas = [law.getMath() for law in laws if law is not None]
    formulas += [item.getMath() for item in model.getListOfInitialAssignments()]
    for name in definitions:
        if definitions[name] is not None and definitions[name].isLambda():
            size_of(name)
    for formula in formulas:
        if formula is not None:
            measure(formula, (), {}, 0)


def _refuse_errors(document: Any, path: Path) -> None:
    import libsbml

    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            message = " ".join(error.getShortMessage().split()).rstrip(".")
            raise InputError(f"{path}: not valid SBML; line {error.getLine()}: {message}.")
    if document.getModel() is None:
        raise InputError(f"{path}: not SBML; it holds no model.")


def _refuse_what_networks_lack(model: Any, path: Path) -> None:
    lacking = {
        "events": (model.getNumEvents(), "remove them"),
        "rules": (model.getNumRules(), "write them as reactions or constants"),
        "function definitions that cannot be written out": (model.getNumFunctionDefinitions(), "write them out"),
        "initial assignments that are no numbers": (model.getNumInitialAssignments(), "give initial amounts"),
    }
    for what, (number, fix) in lacking.items():
        if number:
            raise InputError(f"{path}: the model has {what}, which a reaction network cannot have; {fix}.")


def _size(compartment: Any, path: Path) -> float:
    if compartment.isSetSize():
        return compartment.getSize()
    if compartment.getLevel() < 3:
        return 1.0
    raise InputError(f"{path}: the compartment '{compartment.getId()}' has no size; give it one.")


def _value(parameter: Any, path: Path) -> float:
    if not parameter.isSetValue():
        raise InputError(f"{path}: the parameter '{parameter.getId()}' has no value; give it one.")
    return parameter.getValue()


def _amount(species: Any, size: float, model: Any, path: Path) -> float:
    """Initial number of molecules."""
    name = species.getId()
    units = species.getSubstanceUnits() or model.getSubstanceUnits() or "substance"
    definition = model.getUnitDefinition(units)
    kinds = [unit.isMole() for unit in definition.getListOfUnits()] if definition else [units == "mole"]
    if any(kinds):
        raise InputError(f"{path}: the species '{name}' is measured in moles; convert the model to items (molecules).")
    if species.isSetConversionFactor() or model.isSetConversionFactor():
        raise InputError(f"{path}: the species '{name}' has a conversion factor; convert the model to items.")
    if species.isSetInitialAmount():
        amount = species.getInitialAmount()
    elif species.isSetInitialConcentration():
        amount = species.getInitialConcentration() * size
    else:
        raise InputError(f"{path}: the species '{name}' has no initial amount; give it one.")
    fixed = species.getBoundaryCondition() or species.getConstant()
    if not fixed and (amount < 0 or not math.isclose(amount, round(amount), abs_tol=1e-9)):
        raise InputError(f"{path}: the species '{name}' starts at {amount:g}; a count is a whole number, 0 or more.")
    return amount if fixed else round(amount)


def _reaction(item: Any, initial: Collection[str], concentrations: Mapping[str, str], path: Path) -> dict[str, str]:
    where = f"{path}: the reaction '{item.getId()}'"
    if item.getReversible():
        raise InputError(f"{where} is reversible, so its rate may be negative; split it into two that are not.")
    if item.isSetFast() and item.getFast():
        raise InputError(f"{where} is fast, which has no rate; give it a kinetic law of its own.")
    law = item.getKineticLaw()
    if law is None or law.getMath() is None:
        raise InputError(f"{where} has no kinetic law; give it one.")
    sides = [_side(side, initial, where) for side in (item.getListOfReactants(), item.getListOfProducts())]
    propensity = _formula(law.getMath(), concentrations, where)
    return {"name": item.getId(), "equation": " -> ".join(sides), "propensity": propensity}


def _side(references: Any, initial: Collection[str], where: str) -> str:
    terms = []
    for reference in references:
        number = reference.getStoichiometry() if reference.isSetStoichiometry() else math.nan
        if reference.getLevel() < 3 and not reference.isSetStoichiometryMath():
            number = reference.getStoichiometry()  # 1 by default
        if not number == number // 1 or number < 0:
            raise InputError(f"{where} has a stoichiometry of '{reference.getSpecies()}' that is no whole number.")
        if reference.getSpecies() in initial:
            terms.append(f"{int(number)} {reference.getSpecies()}")
    return " + ".join(terms) or "0"


def _formula(node: Any, concentrations: Mapping[str, str], where: str) -> str:
    """A MathML formula as a propensity expression, fully parenthesised."""
    import libsbml

    parts = [_formula(node.getChild(i), concentrations, where) for i in range(node.getNumChildren())]
    kind = node.getType()
    if kind in (libsbml.AST_INTEGER, libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL):
        return f"({node.getValue()!r})"  # (-2) ** 2 is not -2 ** 2
    if kind == libsbml.AST_NAME:
        return concentrations.get(node.getName(), node.getName())
    named = {libsbml.AST_NAME_TIME: "t", libsbml.AST_CONSTANT_PI: "pi", libsbml.AST_CONSTANT_E: repr(math.e)}
    if kind in named:
        return named[kind]
    if kind == libsbml.AST_PLUS:
        return f"({' + '.join(parts) or '0'})"
    if kind == libsbml.AST_TIMES:
        return f"({' * '.join(parts) or '1'})"
    if kind == libsbml.AST_MINUS:
        return f"({' - '.join(parts)})" if len(parts) == 2 else f"(-{parts[0]})"
    if kind == libsbml.AST_DIVIDE:
        return f"({parts[0]} / {parts[1]})"
    if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
        return f"({parts[0]} ** {parts[1]})"
    if kind == libsbml.AST_FUNCTION_ROOT:  # the degree comes first
        return f"({parts[1]} ** (1 / {parts[0]}))" if len(parts) == 2 else f"sqrt({parts[0]})"
    if kind == libsbml.AST_FUNCTION_LOG:  # the base comes first
        return f"(log({parts[1]}) / log({parts[0]}))" if len(parts) == 2 else f"(log({parts[0]}) / log(10))"
    functions = {
        libsbml.AST_FUNCTION_EXP: "exp",
        libsbml.AST_FUNCTION_LN: "log",
        libsbml.AST_FUNCTION_SIN: "sin",
        libsbml.AST_FUNCTION_COS: "cos",
    }
    if kind in functions:
        return f"{functions[kind]}({parts[0]})"
    extremes = {libsbml.AST_FUNCTION_MIN: "min", libsbml.AST_FUNCTION_MAX: "max"}
    if kind in extremes and parts:
        text = parts[0]
        for part in parts[1:]:
            text = f"{extremes[kind]}({text}, {part})"
        return text
    raise InputError(
        f"{where} has '{libsbml.formulaToL3String(node)}' in its kinetic law; "
        "use arithmetic, powers, roots, exp, ln, log, sin, cos, min and max."
    )

"""Models in SBML (Hucka et al. 2003), the exchange format of systems biology, as the entries of a system file.

A kinetic law is the amount of substance that reacts per unit of time; for amounts in molecules it is a propensity.
That of a reversible reaction is its forward minus its backward rate, and makes two reactions. Assignment rules are
written out. libsbml, an optional dependency, reads the file. Features that reaction networks lack are refused.
"""

import math
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

from weightflow.errors import InputError, shown
from weightflow.systems.expressions import is_name
from weightflow.systems.kinetic_laws import COUNT, Interval, Law

_MOST_BYTES = 50_000_000  # of a file; the largest whole-cell models are smaller
_MOST_DEPTH = 200  # of nested elements; libsbml and `_formula` recurse
_MOST_TERMS = 100_000  # of a formula with its functions expanded
_INLINED = ("promoteLocalParameters", "expandFunctionDefinitions", "expandInitialAssignments")


class SbmlModel(NamedTuple):
    """A model as the entries of a system file.

    Attributes:
        entries: title, species, parameters, reactions and initial. Compartments and species that never change are
            parameters. Species and parameters of assignment rules are written out and do not occur.
        names: of species and parameters whose ids mean something else in expressions (lambda, t), their names there.
    """

    entries: dict[str, Any]
    names: dict[str, str]


def read_sbml(path: str | Path, amounts: str = "units") -> SbmlModel:
    """Read a model.

    Args:
        path: an .xml or .sbml file of any level and version that libsbml knows.
        amounts: units refuses amounts in moles; counts takes every amount as a number of molecules.

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
    _check_sizes(document.getModel(), path)
    for option in _INLINED:
        properties = libsbml.ConversionProperties()
        properties.addOption(option, True)
        document.convert(properties)
    model = document.getModel()
    _refuse_what_networks_lack(model, path)

    rules = {rule.getVariable(): rule.getMath() for rule in model.getListOfRules()}
    sizes = {item.getId(): _size(item, path) for item in model.getListOfCompartments()}
    constants = [item for item in model.getListOfParameters() if item.getId() not in rules]
    parameters = sizes | {item.getId(): _value(item, path) for item in constants}
    all_species = [item for item in model.getListOfSpecies() if item.getId() not in rules]
    names = _names([*parameters, *(item.getId() for item in all_species)])
    formulas = {}  # of symbols
    initial = {}
    for item in all_species:
        name, size = item.getId(), sizes[item.getCompartment()]
        amount = _amount(item, size, model, amounts, path)
        if item.getBoundaryCondition() or item.getConstant():
            parameters[name] = amount
        else:
            initial[name] = amount
        formulas[name] = names.get(name, name)
        if not item.getHasOnlySubstanceUnits() and size != 1:
            formulas[name] = f"({formulas[name]} / {names.get(item.getCompartment(), item.getCompartment())})"
    if not initial:
        raise InputError(f"{path}: the model has no species that reactions may change; add one.")
    symbol = _symbols(names | formulas, rules, path)
    values = {name: Interval(value, value) for name, value in parameters.items()} | dict.fromkeys(initial, COUNT)
    values = {names.get(name, name): interval for name, interval in values.items()}
    reactions = []
    for item in model.getListOfReactions():
        reactions += _reactions(item, initial, names, symbol, values, path)
    if not reactions:
        raise InputError(f"{path}: the model has no reactions; add one.")
    entries = {
        "title": model.getName() or model.getId() or path.stem,
        "species": list(initial),
        "parameters": parameters,
        "reactions": reactions,
        "initial": initial,
    }
    return SbmlModel(entries, names)


def _names(ids: Collection[str]) -> dict[str, str]:
    """Names in expressions for the ids that cannot be used there."""
    names: dict[str, str] = {}
    for name in ids:
        if not is_name(name):
            new = f"{name}_"
            while new in ids:
                new += "_"
            names[name] = new
    return names


def _symbols(formulas: Mapping[str, str], rules: Mapping[str, Any], path: Path) -> Callable[[str], str]:
    """A function from a symbol to its formula; variables of assignment rules are written out."""
    known = dict(formulas)

    def symbol(name: str) -> str:
        if name in rules and name not in known:
            known[name] = _formula(rules[name], symbol, f"{path}: the assignment rule of '{name}'")
        return known.get(name, name)

    return symbol


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


def _check_sizes(model: Any, path: Path) -> None:
    """Refuse formulas that are too large when functions and rules are written out.

    Fifty nested ones can have more terms than memory holds. The size of a call is affine in the sizes of its arguments,
    so it is computed without expansion.
    """
    functions = {item.getId(): item.getMath() for item in model.getListOfFunctionDefinitions()}
    definitions = {name: formula for name, formula in functions.items() if formula is not None}
    rules = {rule.getVariable(): rule.getMath() for rule in model.getListOfRules() if rule.isAssignment()}
    sizes: dict[str, tuple[int, list[int]]] = {}  # a function's own terms, and the number of uses of each argument

    def size_of(name: str, within: tuple[str, ...] = ()) -> tuple[int, list[int]]:
        if name in within or len(within) > _MOST_DEPTH:
            raise InputError(f"{path}: '{name}' is defined by itself, or through too many others; write it out.")
        if name not in sizes:
            formula = definitions.get(name) or rules[name]
            count = formula.getNumChildren() - 1 if name in definitions else 0
            arguments = [formula.getChild(i).getName() for i in range(count)]
            body = formula.getChild(count) if name in definitions else formula
            own = measure(body, (*within, name), {a: i for i, a in enumerate(arguments)}, count)
            sizes[name] = own[0], own[1:]
        return sizes[name]

    def measure(node: Any, within: tuple[str, ...], places: Mapping[str, int], count: int) -> list[int]:
        parts = [measure(node.getChild(i), within, places, count) for i in range(node.getNumChildren())]
        if not parts and node.getName() in places:
            return [0] + [int(i == places[node.getName()]) for i in range(count)]
        constant, uses = 1, [1] * len(parts)
        if (node.isFunction() and node.getName() in definitions) or (not parts and rules.get(node.getName())):
            constant, uses = size_of(node.getName(), within)
        total = [constant] + [0] * count
        for part, times in zip(parts, uses, strict=False):
            total = [a + times * b for a, b in zip(total, part, strict=True)]
        if total[0] > _MOST_TERMS or max(total) > _MOST_TERMS:
            raise InputError(
                f"{path}: a formula has more than {_MOST_TERMS} terms once functions and rules are written out; "
                "shorten it."
            )
        return total

    laws = [item.getKineticLaw() for item in model.getListOfReactions()]
    formulas = [law.getMath() for law in laws if law is not None]
    formulas += [item.getMath() for item in model.getListOfInitialAssignments()]
    for name in definitions:
        if definitions[name].isLambda():
            size_of(name)
    for name, formula in rules.items():
        if formula is not None:
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
        "function definitions that cannot be written out": (model.getNumFunctionDefinitions(), "write them out"),
        "initial assignments that are no numbers": (model.getNumInitialAssignments(), "give initial amounts"),
    }
    for what, (number, fix) in lacking.items():
        if number:
            raise InputError(f"{path}: the model has {what}, which a reaction network cannot have; {fix}.")
    for rule in model.getListOfRules():
        name = rule.getVariable()
        if not rule.isAssignment():
            what = f"the rate rule of '{name}'" if rule.isRate() else "an algebraic rule"
            raise InputError(
                f"{path}: the model has {what}, which a reaction network cannot have; write it as reactions."
            )
        if rule.getMath() is None or not (model.getParameter(name) or model.getSpecies(name)):
            raise InputError(
                f"{path}: the assignment rule of '{name}' gives no formula to a parameter or a species; replace it "
                "by a number."
            )


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


def _amount(species: Any, size: float, model: Any, amounts: str, path: Path) -> float:
    """Initial number of molecules."""
    name = species.getId()
    units = species.getSubstanceUnits() or model.getSubstanceUnits() or "substance"
    definition = model.getUnitDefinition(units)
    kinds = [unit.isMole() for unit in definition.getListOfUnits()] if definition else [units == "mole"]
    if any(kinds) and amounts != "counts":
        raise InputError(
            f"{path}: the species '{name}' is measured in moles; convert the model to items (molecules), or, if its "
            "numbers are counts of molecules, write amounts: counts in the system file."
        )
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


def _reactions(
    item: Any,
    initial: Collection[str],
    names: Mapping[str, str],
    symbol: Callable[[str], str],
    values: Mapping[str, Interval],
    path: Path,
) -> list[dict[str, str]]:
    """One reaction, or the forward and the backward one of a reversible reaction."""
    where = f"{path}: the reaction '{item.getId()}'"
    if item.isSetFast() and item.getFast():
        raise InputError(f"{where} is fast, which has no rate; give it a kinetic law of its own.")
    law = item.getKineticLaw()
    if law is None or law.getMath() is None:
        raise InputError(f"{where} has no kinetic law; give it one.")
    reactants, products = (_side(side, where) for side in (item.getListOfReactants(), item.getListOfProducts()))
    left, right = (_written(side, initial) for side in (reactants, products))
    text = _formula(law.getMath(), symbol, where)
    forward = {"name": item.getId(), "equation": f"{left} -> {right}", "propensity": text}
    lost, gained = (
        [names.get(name, name) for name in one if one[name] > other.get(name, 0)]
        for one, other in ((reactants, products), (products, reactants))
    )
    try:
        found = Law(text, values)
        if found.is_positive():
            return [forward]
        both = found.split(lost, gained)
    except (SyntaxError, RecursionError, MemoryError, OverflowError):
        return [forward]  # `compile_expression` refuses it
    if both is None and not item.getReversible():
        return [forward]
    law_shown = _written_out(law.getMath())
    if both is None:
        raise InputError(
            f"{where} is reversible, but its law '{law_shown}' is not a forward minus a backward rate; split the "
            'reaction into two, or set reversible="false" if it never runs backward.'
        )
    if not item.getReversible():
        raise InputError(
            f"{where} is not reversible, but its law '{law_shown}' can be negative; set reversible=\"true\" to split "
            "it into a forward and a backward reaction."
        )
    backward = {
        "name": f"{item.getId()} (backward)",
        "equation": f"{right} -> {left}",
        "propensity": both[1],
    }
    return [{**forward, "propensity": both[0]}, backward]


def _side(references: Any, where: str) -> dict[str, int]:
    """Numbers of molecules by species."""
    found: dict[str, int] = {}
    for reference in references:
        name = reference.getSpecies()
        number = reference.getStoichiometry() if reference.isSetStoichiometry() else math.nan
        if reference.getLevel() < 3 and not reference.isSetStoichiometryMath():
            number = reference.getStoichiometry()  # 1 by default
        if not number == number // 1 or number < 0:
            raise InputError(f"{where} has a stoichiometry of '{name}' that is no whole number; change it.")
        found[name] = found.get(name, 0) + int(number)
    return found


def _written(side: Mapping[str, int], initial: Collection[str]) -> str:
    """One side of an equation, of the species that change."""
    return " + ".join(f"{number} {name}" for name, number in side.items() if name in initial) or "0"


def _written_out(node: Any) -> str:
    """A formula for a sentence, with the ids of the file."""
    import libsbml

    return shown(libsbml.formulaToL3String(node))


def _formula(node: Any, symbol: Callable[[str], str], where: str) -> str:
    """A MathML formula as an expression, fully parenthesised."""
    import libsbml

    kind = node.getType()
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return _cases(node, symbol, where)
    parts = [_formula(node.getChild(i), symbol, where) for i in range(node.getNumChildren())]
    if kind in (libsbml.AST_INTEGER, libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL):
        return f"({node.getValue()!r})"  # (-2) ** 2 is not -2 ** 2
    if kind == libsbml.AST_NAME:
        return symbol(node.getName())
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
        f"{where} has '{_written_out(node)}' in its formula; "
        "use arithmetic, powers, roots, exp, ln, log, sin, cos, min, max and piecewise."
    )


def _cases(node: Any, symbol: Callable[[str], str], where: str) -> str:
    """A piecewise formula: values and conditions in turn, then the value of the other cases."""
    parts = [node.getChild(i) for i in range(node.getNumChildren())]
    if len(parts) % 2 == 0:
        raise InputError(f"{where} has a piecewise formula without otherwise; add the value of the other cases.")
    text = _formula(parts[-1], symbol, where)
    for value, condition in reversed(list(zip(parts[:-1:2], parts[1::2], strict=True))):
        text = f"({_formula(value, symbol, where)} if {_condition(condition, symbol, where)} else {text})"
    return text


def _condition(node: Any, symbol: Callable[[str], str], where: str) -> str:
    import libsbml

    kind, children = node.getType(), [node.getChild(i) for i in range(node.getNumChildren())]
    comparisons = {
        libsbml.AST_RELATIONAL_LT: "<",
        libsbml.AST_RELATIONAL_LEQ: "<=",
        libsbml.AST_RELATIONAL_GT: ">",
        libsbml.AST_RELATIONAL_GEQ: ">=",
        libsbml.AST_RELATIONAL_EQ: "==",
        libsbml.AST_RELATIONAL_NEQ: "!=",
    }
    if kind in comparisons and len(children) > 1:
        return f"({f' {comparisons[kind]} '.join(_formula(child, symbol, where) for child in children)})"
    constants = {libsbml.AST_CONSTANT_TRUE: "(0 < 1)", libsbml.AST_CONSTANT_FALSE: "(1 < 0)"}
    if kind in constants:
        return constants[kind]
    connectives = {libsbml.AST_LOGICAL_AND: " and ", libsbml.AST_LOGICAL_OR: " or "}
    if kind in connectives and children:
        return f"({connectives[kind].join(_condition(child, symbol, where) for child in children)})"
    if kind == libsbml.AST_LOGICAL_NOT and children:
        return f"(not {_condition(children[0], symbol, where)})"
    raise InputError(f"{where} has the condition '{_written_out(node)}'; use comparisons of numbers, and, or and not.")

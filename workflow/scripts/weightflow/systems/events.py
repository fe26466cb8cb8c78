"""Events: comparisons of expressions of the state, such as `I > 20 and S < 10`.

The sides of a comparison are expressions of system files (expressions.py). Text is never evaluated.
"""

import ast
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from weightflow.errors import InputError, shown
from weightflow.systems.expressions import RESERVED, SPECIES, compile_expression, evaluate, is_name

_MOST_LETTERS = 10_000  # of an event
_QUOTED = re.compile("`([^`]*)`")
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_Holds = Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class Event:
    """A set of states.

    Attributes:
        text: as the user wrote it.
        holds: function of states (n, d) and a time to (n,) bool.
        variables: indices of the variables in the text, in order.
    """

    text: str
    holds: _Holds
    variables: tuple[int, ...] = ()

    def of_count(self, levels: int, width: int, time: float) -> np.ndarray:
        """(levels,) whether an event of one of `width` variables holds at its counts 0 … levels − 1."""
        states = np.zeros((levels, width))
        states[:, self.variables[0]] = np.arange(levels)
        return np.broadcast_to(self.holds(states, time), levels)


def compile_event(text: str, variables: Sequence[str], where: str) -> Event:
    """Compile an event.

    Args:
        text: comparisons (< <= > >= == !=, also chained) joined by `and`, `or`, `not` and parentheses. The sides are
            expressions of the variables and of the time t, in the unit of the data. A name that is no identifier,
            or that has a meaning, such as t, stands in backquotes: `HLA-A` > 1. A comparison is false where a side is
            undefined, as after a division by zero.
        variables: names, in the order of the states' columns.
        where: file and key, for messages.

    Raises:
        InputError: an unknown variable, a name with two meanings, no variable at all, or anything else in the text.
    """
    if not isinstance(text, str):
        raise InputError(f"{where}: {shown(repr(text))} is no text; write a comparison such as {variables[0]} > 1.")
    names = _names(variables, text)
    places, used, timed = dict(zip(variables, names, strict=True)), set(), []
    written = [name if own == name else f"`{name}`" for name, own in places.items()]

    def as_written(message: str) -> str:
        for own, name in zip(names, written, strict=True):
            message = message if own == name else message.replace(own, name)
        return message

    def unquoted(found: re.Match) -> str:
        if found[1] not in places:
            raise InputError(f"{where}: there is no variable '{shown(found[1])}'; use {', '.join(written)}.")
        return f" {places[found[1]]} "

    def refuse(node: ast.expr) -> NoReturn:
        raise InputError(
            f"{where}: '{shown(as_written(ast.unparse(node)))}' is no comparison in '{shown(text)}'; write one such as "
            f"{written[0]} > 1, and join several by and, or, not."
        )

    def side(node: ast.expr) -> _Holds:
        try:
            program = compile_expression(ast.unparse(node), names, {}, where)
        except InputError as fault:
            raise InputError(as_written(str(fault))) from None
        timed.append(program.depends_on_time)
        used.update(program.operands[program.operations == SPECIES].astype(int).tolist())
        return lambda states, t: evaluate(program, states, t)

    def comparison(first: _Holds, compare: Callable[[Any, Any], Any], second: _Holds) -> _Holds:
        return lambda states, t: compare(first(states, t), second(states, t))

    def join(parts: list[_Holds], together: np.ufunc) -> _Holds:
        return lambda states, t: together.reduce([part(states, t) for part in parts])

    def visit(node: ast.expr) -> _Holds:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return join([visit(value) for value in values], np.logical_and)
            case ast.BoolOp(op=ast.Or(), values=values):
                return join([visit(value) for value in values], np.logical_or)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = visit(operand)
                return lambda states, t: ~inner(states, t)
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
                sides = [side(part) for part in (left, *others)]
                chain = zip(sides, ops, sides[1:], strict=False)
                return join([comparison(a, _COMPARISONS[type(op)], b) for a, op, b in chain], np.logical_and)
            case _:
                refuse(node)

    if len(text) > _MOST_LETTERS:
        raise InputError(f"{where}: '{shown(text)}' is longer than {_MOST_LETTERS} letters; write it in parts.")
    try:
        tree = ast.parse(_QUOTED.sub(unquoted, text).strip(), mode="eval").body
        _check_meanings(tree, places, where)
        _check_names(tree, names, written, where)
        holds = visit(tree)
    except InputError:
        raise
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as fault:
        raise InputError(
            f"{where}: '{shown(text)}' is not an event; write comparisons such as {written[0]} > 1, joined by and, "
            "or, not."
        ) from fault
    if not used and not any(timed):
        raise InputError(f"{where}: '{shown(text)}' names no variable; write one such as {written[0]} > 1.")
    return Event(text, holds, tuple(sorted(used)))


def compile_questions(questions: Mapping[str, str], variables: Sequence[str], where: str) -> dict[str, Event]:
    """The events of a data set's questions by name.

    Args:
        questions: events as text, by name.
        variables: names of the data set's variables.
        where: the data set, for messages.

    Raises:
        InputError: an unknown variable, or a text that is no event.
    """
    return {name: compile_event(text, variables, f"{where}.questions.{name}") for name, text in questions.items()}


def check_form(text: str, where: str) -> None:
    """Refuse a text that is no event, whatever the variables are called.

    Args:
        text: as for `compile_event`.
        where: file and key, for messages.

    Raises:
        InputError: the text is no event.
    """
    quoted, rest = _QUOTED.findall(text), _QUOTED.sub(" ", text)
    names = [name for name in re.findall(r"[^\W\d]\w*", rest) if is_name(name)]
    compile_event(text, list(dict.fromkeys([*quoted, *names])) or ["x"], where)


def _names(variables: Sequence[str], text: str) -> list[str]:
    """Names of the variables in expressions: their own, or one that is not in the text."""
    prefix = "quoted"
    while prefix in unicodedata.normalize("NFKC", " ".join([text, *variables])):  # as Python reads names
        prefix += "_"
    return [name if is_name(name) and name.isascii() else f"{prefix}{i}_" for i, name in enumerate(variables)]


def _check_names(tree: ast.expr, names: Sequence[str], written: Sequence[str], where: str) -> None:
    """Refuse names that are neither variables nor have a meaning in expressions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in (*names, *RESERVED):
            raise InputError(f"{where}: there is no variable '{shown(node.id)}'; use {', '.join(written)} and t.")


def _check_meanings(tree: ast.expr, places: Mapping[str, str], where: str) -> None:
    """Refuse names without backquotes that have two meanings, or are no names of expressions."""
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and places.get(node.id, node.id) != node.id and id(node) not in functions:
            name = node.id
            if name in RESERVED:
                raise InputError(
                    f"{where}: {name} is {RESERVED[name]} and also a variable; write `{name}` for the variable, or "
                    "rename it."
                )
            raise InputError(f"{where}: the variable {name} needs backquotes; write `{name}`.")

"""Arithmetic expressions of species, parameters and time, compiled to postfix programs.

A propensity such as `infection * (1 + 0.2 * sin(2 * pi * t / 6)) * S * I` is parsed against a whitelist
and becomes arrays of operations and operands that a numba kernel, or `evaluate`, can run. Text is never evaluated.
"""

import ast
import keyword
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from weightflow.errors import InputError, shown

MAX_DEPTH = 64  # largest stack while a program runs
_MOST_NAMES = 20  # in a message
_MOST_LETTERS = 10_000  # of an expression

CONSTANT, SPECIES, TIME, ADD, SUB, MUL, DIV, POW, NEG, SIN, COS, EXP, LOG, SQRT, MIN, MAX = range(16)
LESS, AT_MOST, EQUAL, SELECT = range(16, 20)  # comparisons give 0 or 1; SELECT takes a condition and two values

FUNCTIONS = {
    "sin": (SIN, 1),
    "cos": (COS, 1),
    "exp": (EXP, 1),
    "log": (LOG, 1),
    "sqrt": (SQRT, 1),
    "min": (MIN, 2),
    "max": (MAX, 2),
}
_PUSHING = {CONSTANT, SPECIES, TIME}
_BINARY = {ast.Add: ADD, ast.Sub: SUB, ast.Mult: MUL, ast.Div: DIV, ast.Pow: POW}
_COMPARISONS = {ast.Lt: LESS, ast.LtE: AT_MOST, ast.Gt: LESS, ast.GtE: AT_MOST, ast.Eq: EQUAL, ast.NotEq: EQUAL}
_TAKING_TWO = {*_BINARY.values(), MIN, MAX, LESS, AT_MOST, EQUAL}
_UFUNCS: dict[int, np.ufunc] = {NEG: np.negative, SIN: np.sin, COS: np.cos, EXP: np.exp, LOG: np.log, SQRT: np.sqrt}
_ARRAY_BINARY: dict[int, Callable[[Any, Any], Any]] = {
    ADD: np.add,
    SUB: np.subtract,
    MUL: np.multiply,
    DIV: lambda a, b: np.where(b != 0, np.divide(a, b), np.nan),
    POW: np.power,
    MIN: lambda a, b: np.where(b < a, b, a),
    MAX: lambda a, b: np.where(b > a, b, a),
    LESS: lambda a, b: np.less(a, b).astype(np.float64),
    AT_MOST: lambda a, b: np.less_equal(a, b).astype(np.float64),
    EQUAL: lambda a, b: np.equal(a, b).astype(np.float64),
}
RESERVED = {"t": "the time", "pi": "the number pi", **{name: "a function" for name in FUNCTIONS}}


@dataclass(frozen=True)
class Program:
    """A postfix program: `operations[i]` with `operands[i]` (a constant's value or a species' index)."""

    operations: np.ndarray
    operands: np.ndarray

    @property
    def depends_on_time(self) -> bool:
        """Whether the value can change while the state stays."""
        return bool((self.operations == TIME).any())


def is_name(name: str) -> bool:
    """Whether an expression can use a name for a species or a parameter."""
    return name.isidentifier() and not keyword.iskeyword(name) and name not in RESERVED


def check_name(name: str, where: str) -> None:
    """Refuse a species or parameter name that an expression cannot use."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(
            f"{where}: '{shown(name)}' is not a name; use letters, digits, underscores, no Python keyword."
        )
    if name in RESERVED:
        raise InputError(f"{where}: '{name}' already means {RESERVED[name]}; rename it.")


def compile_expression(text: str, species: Sequence[str], parameters: Mapping[str, float], where: str) -> Program:
    """Compile an arithmetic expression.

    Args:
        text: + - * / ** and parentheses over numbers, species, parameters, t, pi and `FUNCTIONS`; and cases such as
            `a if t < 1 and S >= 2 else b`.
        species: names, in the order of the state vector.
        parameters: values by name, folded in as constants.
        where: file and key, for messages.

    Raises:
        InputError: anything else is in the text.
    """
    if len(str(text)) > _MOST_LETTERS:
        raise InputError(f"{where}: '{shown(text)}' is longer than {_MOST_LETTERS} letters; write it in parts.")
    code: list[tuple[int, float]] = []

    def refuse(what: str) -> NoReturn:
        names = [*species, *parameters]
        few = names if len(names) <= _MOST_NAMES else [*names[: _MOST_NAMES - 1], "…"]
        allowed = ", ".join([*few, "t", "pi", *(f"{f}()" for f in FUNCTIONS)])
        raise InputError(f"{where}: {what} is not allowed in '{shown(text)}'; use + - * / ** and {allowed}.")

    def visit(node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool() | str() | bytes() | complex() | None):
                refuse(shown(repr(node.value)))
            case ast.Constant(value=int() | float() as number):
                code.append((CONSTANT, float(number)))
            case ast.Name(id=name):
                if name in species:
                    code.append((SPECIES, float(species.index(name))))
                elif name in parameters:
                    code.append((CONSTANT, float(parameters[name])))
                elif name == "t":
                    code.append((TIME, 0.0))
                elif name == "pi":
                    code.append((CONSTANT, math.pi))
                else:
                    refuse(f"the unknown name '{shown(name)}'")
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                visit(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                visit(operand)
                code.append((NEG, 0.0))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
                visit(left)
                visit(right)
                code.append((_BINARY[type(operator)], 0.0))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                operation, arity = FUNCTIONS[name]
                if len(arguments) != arity:
                    refuse(f"{name}() with {len(arguments)} arguments")
                for argument in arguments:
                    visit(argument)
                code.append((operation, 0.0))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                decide(test)
                visit(body)
                visit(orelse)
                code.append((SELECT, 0.0))
            case _:
                refuse(f"'{shown(ast.unparse(node))}'")

    def decide(node: ast.expr) -> None:
        """A condition as 0 or 1: `and` is a minimum, `or` a maximum, `not` the difference from 1."""
        match node:
            case ast.BoolOp(op=operator, values=values):
                decide(values[0])
                for value in values[1:]:
                    decide(value)
                    code.append((MIN if isinstance(operator, ast.And) else MAX, 0.0))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                code.append((CONSTANT, 1.0))
                decide(operand)
                code.append((SUB, 0.0))
            case ast.Compare(left=left, ops=operators, comparators=others) if {*map(type, operators)} <= {
                *_COMPARISONS
            }:
                sides = [left, *others]
                for i, comparison in enumerate(operators):
                    if isinstance(comparison, ast.NotEq):
                        code.append((CONSTANT, 1.0))
                    swapped = isinstance(comparison, ast.Gt | ast.GtE)
                    visit(sides[i + swapped])
                    visit(sides[i + (not swapped)])
                    code.append((_COMPARISONS[type(comparison)], 0.0))
                    if isinstance(comparison, ast.NotEq):
                        code.append((SUB, 0.0))
                    if i:
                        code.append((MIN, 0.0))
            case _:
                refuse(f"'{shown(ast.unparse(node))}' as a condition")

    try:
        visit(ast.parse(str(text).strip(), mode="eval").body)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: '{shown(text)}' is not an arithmetic expression; check its parentheses.") from error
    if (depth := _depth(code)) > MAX_DEPTH:
        raise InputError(f"{where}: '{shown(text)}' nests {depth} deep, and {MAX_DEPTH} is the most; write it flatter.")
    operations, operands = zip(*code, strict=True)
    return Program(np.array(operations, dtype=np.int64), np.array(operands, dtype=np.float64))


def evaluate(program: Program, states: np.ndarray, t: float) -> np.ndarray:
    """Values of a program in many states at one time, equal to those of the simulation's kernel.

    Args:
        program: from `compile_expression`.
        states: (n, d) counts.
        t: the time.

    Returns:
        (n,) values; NaN or infinite where the expression is undefined, as after a division by zero.
    """
    stack: list[Any] = []  # numbers, and arrays (n,)
    with np.errstate(all="ignore"):
        for operation, operand in zip(program.operations.tolist(), program.operands.tolist(), strict=True):
            if operation == CONSTANT:
                stack.append(np.float64(operand))
            elif operation == SPECIES:
                stack.append(states[:, int(operand)].astype(np.float64))
            elif operation == TIME:
                stack.append(np.float64(t))
            elif operation in _UFUNCS:
                stack.append(_UFUNCS[operation](stack.pop()))
            elif operation == SELECT:
                second, first = stack.pop(), stack.pop()
                stack.append(np.where(stack.pop() != 0, first, second))
            else:
                second = stack.pop()
                stack.append(_ARRAY_BINARY[operation](stack.pop(), second))
    return np.broadcast_to(stack[0], len(states))


def affine(program: Program, species: int, t: float) -> np.ndarray | None:
    """Coefficients (1 + species,) of a program that is affine in the counts at one time, the constant first.

    Returns:
        None where the program is not written as an affine expression, or has cases.
    """
    matrix = quadratic(program, species, t)
    if matrix is None or _degree(matrix) > 1:
        return None
    return np.concatenate([matrix[0, :1], 2 * matrix[0, 1:]])


def quadratic(program: Program, species: int, t: float) -> np.ndarray | None:
    """Symmetric matrix M (1 + d, 1 + d) of a program that is (1, x) M (1, x)ᵀ in the state x (d,) at one time.

    Args:
        program: from `compile_expression`.
        species: number d of variables.
        t: the time.

    Returns:
        None where the program is not written as a polynomial of degree 2 or less, or has cases.
    """
    if SELECT in program.operations:
        return None
    stack: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for operation, operand in zip(program.operations.tolist(), program.operands.tolist(), strict=True):
            if operation in _PUSHING:
                value = np.zeros((1 + species, 1 + species))
                if operation == SPECIES:
                    value[0, 1 + int(operand)] = value[1 + int(operand), 0] = 0.5
                else:
                    value[0, 0] = operand if operation == CONSTANT else t
                stack.append(value)
                continue
            second = stack.pop()
            first = stack.pop() if operation in _TAKING_TWO else second
            if (combined := _combined(operation, first, second)) is None:
                return None
            stack.append(combined)
    return stack[0]


def _combined(operation: int, first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """One operation on polynomials of degree 2 or less, as matrices of `quadratic`; None for a larger degree."""
    one, two = _degree(first), _degree(second)
    if operation in (ADD, SUB):
        return _ARRAY_BINARY[operation](first, second)
    if operation == NEG:
        return -first
    if operation in (MUL, DIV) and two == 0:
        return _ARRAY_BINARY[operation](first, second[0, 0])
    if operation == MUL and one == 0:
        return first[0, 0] * second
    if operation == POW and one == 1 and two == 0 and second[0, 0] in (1.0, 2.0):
        return first if second[0, 0] == 1 else _product(first, first)
    if operation == MUL and one == two == 1:
        return _product(first, second)
    if one == two == 0:
        value = np.zeros_like(first)
        unary = operation in _UFUNCS
        arguments = first[0, 0], second[0, 0]
        value[0, 0] = _UFUNCS[operation](arguments[0]) if unary else _ARRAY_BINARY[operation](*arguments)
        return value
    return None


def _degree(polynomial: np.ndarray) -> int:
    return 2 if polynomial[1:, 1:].any() else 1 if polynomial[0, 1:].any() else 0


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Product of two polynomials of degree 1."""
    sides = [np.append(one[0, 0], 2 * one[0, 1:]) for one in (first, second)]
    outer = np.outer(*sides)
    return (outer + outer.T) / 2


def switching_times(program: Program) -> list[float]:
    """The times that conditions of a program compare the time with."""
    steps = list(zip(program.operations.tolist(), program.operands.tolist(), strict=True))
    found = []
    for (one, first), (other, second), (operation, _) in zip(steps, steps[1:], steps[2:], strict=False):
        if operation in (LESS, AT_MOST, EQUAL) and {one, other} == {TIME, CONSTANT}:
            found.append(first if one == CONSTANT else second)
    return found


def _depth(code: Sequence[tuple[int, float]]) -> int:
    """Largest stack while a postfix program runs."""
    waiting = deepest = 0
    for operation, _ in code:
        waiting += 1 if operation in _PUSHING else -1 if operation in _TAKING_TWO else -2 if operation == SELECT else 0
        deepest = max(deepest, waiting)
    return deepest

"""Signs of kinetic laws, and the two propensities of a reversible reaction.

A propensity is at least 0, but the law of a reversible reaction is its forward rate minus its backward rate. Signs come
from interval arithmetic over all counts and times, so that a law is accepted or split only where that is certain.
"""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from weightflow.systems.expressions import FUNCTIONS


class Interval(NamedTuple):
    """The values that an expression can have."""

    low: float
    high: float


COUNT, ABSENT = Interval(0.0, math.inf), Interval(0.0, 0.0)
_UNKNOWN, _TRIGONOMETRIC = Interval(-math.inf, math.inf), Interval(-1.0, 1.0)


class Law:
    """A kinetic law as an expression.

    Args:
        text: as for `compile_expression`.
        values: every value of a name: [0, inf] for a species, a single one for a parameter.

    Raises:
        SyntaxError, RecursionError, MemoryError: the text is nested too deeply.
        OverflowError: a number is too large.
    """

    def __init__(self, text: str, values: Mapping[str, Interval]) -> None:
        self.tree = ast.parse(text, mode="eval").body
        self.values = {"t": COUNT, "pi": Interval(math.pi, math.pi), **values}
        self.bounds = _bounds(self.values)

    def is_positive(self) -> bool:
        """Whether the law is at least 0 for all counts and times."""
        return self.bounds(self.tree).low >= 0

    def split(self, reactants: Iterable[str], products: Iterable[str]) -> tuple[str, str] | None:
        """The forward and the backward propensity.

        A difference is split where both sides have a sign, and one behaves as a backward rate: it is 0 without
        products, and not without reactants.

        Args:
            reactants: species that the reaction consumes.
            products: species that it produces.

        Returns:
            None where the law is not written as a forward minus a backward rate.
        """
        sides: dict[bool, list[ast.expr]] = {True: [], False: []}
        for term, positive in self._terms(self.tree, True):
            bounds = self.bounds(term)
            if bounds.low >= 0:
                sides[positive].append(term)
            elif bounds.high <= 0:
                sides[not positive].append(ast.UnaryOp(ast.USub(), term))
            else:
                return None
        without_products = _bounds({**self.values, **dict.fromkeys(products, ABSENT)})
        without_reactants = _bounds({**self.values, **dict.fromkeys(reactants, ABSENT)})
        if (
            not (sides[True] and sides[False])
            or any(without_products(term).high > 0 for term in sides[False])
            or all(without_reactants(term).high == 0 for term in sides[False])
        ):
            return None
        forward, backward = (" + ".join(f"({ast.unparse(term)})" for term in sides[side]) for side in (True, False))
        return forward, backward

    def _terms(self, node: ast.expr, positive: bool) -> list[tuple[ast.expr, bool]]:
        """The terms of a sum with their signs; factors are multiplied into a difference of species."""
        match node:
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
                return [*self._terms(left, positive), *self._terms(right, positive == isinstance(operator, ast.Add))]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._terms(operand, not positive)
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as operator, right=right):
                bounds = self.bounds(node)
                if bounds.low < 0 < bounds.high:
                    if terms := self._difference(left, positive):
                        return [(ast.BinOp(term, operator, right), sign) for term, sign in terms]
                    if isinstance(operator, ast.Mult) and (terms := self._difference(right, positive)):
                        return [(ast.BinOp(left, operator, term), sign) for term, sign in terms]
        return [(node, positive)]

    def _difference(self, node: ast.expr, positive: bool) -> list[tuple[ast.expr, bool]]:
        """The terms of a factor that compares species, such as A − B / K, but not 1 − A; else none."""
        terms = self._terms(node, positive)
        return terms if len(terms) > 1 and all(self._has_species(term) for term, _ in terms) else []

    def _has_species(self, node: ast.expr) -> bool:
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        return any(self.values.get(name) == COUNT for name in names - {"t"})


def _bounds(values: Mapping[str, Interval]) -> Callable[[ast.expr], Interval]:
    """A function from an expression to an interval that holds all its values."""

    @cache
    def bounds(node: ast.expr) -> Interval:
        match node:
            case ast.Constant(value=int() | float() as number):
                return Interval(float(number), float(number))
            case ast.Name(id=name):
                return values.get(name, _UNKNOWN)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = bounds(operand)
                return Interval(-inner.high, -inner.low)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return bounds(operand)
            case ast.BinOp(op=ast.Mult()) if is_falling(node):
                return COUNT
            case ast.BinOp(left=left, op=operator, right=right):
                return _arithmetic(operator, bounds(left), bounds(right))
            case ast.IfExp(body=body, orelse=orelse):
                first, second = bounds(body), bounds(orelse)
                return Interval(min(first.low, second.low), max(first.high, second.high))
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in FUNCTIONS:
                return _FUNCTIONS[name](*map(bounds, arguments))
            case _:
                return _UNKNOWN

    def is_falling(node: ast.BinOp) -> bool:
        """Whether a product is x (x − 1) … of a count x, with other factors of at least 0."""
        steps: dict[str, set[int]] = {}
        for factor in _factors(node):
            match factor:
                case ast.Name(id=name) if values.get(name) == COUNT:
                    steps.setdefault(name, set()).add(0)
                case ast.BinOp(left=ast.Name(id=name), op=ast.Sub(), right=ast.Constant(value=int() | float() as step)):
                    if values.get(name) != COUNT or not float(step).is_integer():
                        return False
                    steps.setdefault(name, set()).add(int(step))
                case _:
                    if bounds(factor).low < 0:
                        return False
        lasts = [max(found) for found in steps.values()]
        return any(lasts) and all(len(found) == last + 1 for found, last in zip(steps.values(), lasts, strict=True))

    return bounds


def _arithmetic(operator: ast.operator, a: Interval, b: Interval) -> Interval:
    match operator:
        case ast.Add():
            return Interval(a.low + b.low, a.high + b.high)
        case ast.Sub():
            return Interval(a.low - b.high, a.high - b.low)
        case ast.Mult():
            return _corners(_times, a, b)
        case ast.Div():
            if b.low < 0 < b.high or b.low == b.high == 0:
                return _UNKNOWN
            if b.low < 0 or b.high == 0:
                a, b = Interval(-a.high, -a.low), Interval(-b.high, -b.low)
            return _corners(_over, a, b)
        case ast.Pow() if a.low >= 0:
            return COUNT if a.low != a.high or b.low != b.high else _fixed(a.low, b.low)
        case ast.Pow() if b.low == b.high and b.low % 2 == 0:
            return COUNT
        case _:
            return _UNKNOWN


def _corners(function: Callable[[float, float], float], a: Interval, b: Interval) -> Interval:
    found = [function(x, y) for x in a for y in b]
    return Interval(min(found), max(found))


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y


def _over(x: float, y: float) -> float:
    """A quotient with a denominator of at least 0; a fraction of 0 counts as the limit."""
    if x == 0:
        return 0.0
    if y == 0:
        return math.copysign(math.inf, x)
    return math.copysign(1.0, x) if math.isinf(x) and math.isinf(y) else x / y


def _fixed(x: float, y: float) -> Interval:
    try:
        value = x**y
    except (OverflowError, ZeroDivisionError):
        value = math.inf
    return Interval(value, value)


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return [*_factors(node.left), ast.BinOp(ast.Constant(1), ast.Div(), node.right)]
    return [node]


def _root(a: Interval) -> Interval:
    return Interval(math.sqrt(max(a.low, 0.0)), math.sqrt(max(a.high, 0.0)))


def _exponential(a: Interval) -> Interval:
    low, high = (_fixed(math.e, x).low for x in a)
    return Interval(low, high)


_FUNCTIONS: dict[str, Callable[..., Interval]] = {
    "sin": lambda a: _TRIGONOMETRIC,
    "cos": lambda a: _TRIGONOMETRIC,
    "exp": _exponential,
    "log": lambda a: Interval(math.log(a.low), math.inf) if a.low > 0 else _UNKNOWN,
    "sqrt": _root,
    "min": lambda a, b: Interval(min(a.low, b.low), min(a.high, b.high)),
    "max": lambda a, b: Interval(max(a.low, b.low), max(a.high, b.high)),
}

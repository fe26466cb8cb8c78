"""Propensities: only arithmetic gets through, and it means what Python's arithmetic means."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weightflow.errors import InputError
from weightflow.systems import expressions as ex
from weightflow.systems.expressions import check_name, compile_expression
from weightflow.systems.simulation import _upper, _value

SPECIES = ("S", "I")
PARAMETERS = {"rate": 0.3, "power": 2.0}

numbers = st.floats(0, 50, allow_nan=False).map(lambda x: round(x, 3))
states = st.tuples(st.integers(0, 40), st.integers(0, 40))
times = st.floats(0, 20, allow_nan=False)


@dataclass
class Expression:
    """A text, and the same arithmetic in NumPy's floats as a function of state and time."""

    text: str
    function: Callable


def leaf(text: str, function: Callable) -> Expression:
    return Expression(text, function)


leaves = st.one_of(
    numbers.map(lambda x: leaf(repr(x), lambda s, t: np.float64(x))),
    st.just(leaf("S", lambda s, t: np.float64(s[0]))),
    st.just(leaf("I", lambda s, t: np.float64(s[1]))),
    st.just(leaf("rate", lambda s, t: np.float64(0.3))),
    st.just(leaf("t", lambda s, t: np.float64(t))),
    st.just(leaf("pi", lambda s, t: np.float64(math.pi))),
)
UNARY = {
    "-({})": np.negative,
    "+({})": np.positive,
    "sin({})": np.sin,
    "cos({})": np.cos,
    "exp({})": np.exp,
    "log({})": np.log,
    "sqrt({})": np.sqrt,
}
BINARY = {
    "({}) + ({})": np.add,
    "({}) - ({})": np.subtract,
    "({}) * ({})": np.multiply,
    "({}) / ({})": lambda a, b: np.divide(a, b) if b != 0 else np.float64("nan"),
    "({}) ** ({})": np.power,
    "min({}, {})": min,
    "max({}, {})": max,
}


CONDITIONS: dict[str, Callable] = {
    "({}) < ({})": lambda a, b: a < b,
    "({}) <= ({})": lambda a, b: a <= b,
    "({}) > ({})": lambda a, b: a > b,
    "not ({}) >= ({})": lambda a, b: not a >= b,
    "({}) == ({})": lambda a, b: a == b,
    "({}) != ({})": lambda a, b: a != b,
    "2 < ({}) and ({}) <= 9": lambda a, b: a > 2 and b <= 9,
    "2 < ({}) <= 20 or ({}) == 0": lambda a, b: 2 < a <= 20 or b == 0,
}


def cases(condition: str, one: Expression, other: Expression, first: Expression, second: Expression) -> Expression:
    def value(s, t):
        return (first if CONDITIONS[condition](one.function(s, t), other.function(s, t)) else second).function(s, t)

    return Expression(f"({first.text}) if {condition.format(one.text, other.text)} else ({second.text})", value)


def grow(parts):
    return st.one_of(
        st.builds(cases, st.sampled_from(list(CONDITIONS)), parts, parts, parts, parts),
        st.tuples(st.sampled_from(list(UNARY)), parts).map(
            lambda c: Expression(c[0].format(c[1].text), lambda s, t: UNARY[c[0]](c[1].function(s, t)))
        ),
        st.tuples(st.sampled_from(list(BINARY)), parts, parts).map(
            lambda c: Expression(
                c[0].format(c[1].text, c[2].text),
                lambda s, t: BINARY[c[0]](c[1].function(s, t), c[2].function(s, t)),
            )
        ),
    )


expressions = st.recursive(leaves, grow, max_leaves=8)


def compiled(text: str) -> ex.Program:
    return compile_expression(text, SPECIES, PARAMETERS, "system.yaml: reactions[0].propensity")


def value(program: ex.Program, state, t: float) -> float:
    return _value(program.operations, program.operands, 0, len(program.operations), np.array(state), t)


def upper(program: ex.Program, state, t0: float, t1: float) -> float:
    return _upper(program.operations, program.operands, 0, len(program.operations), np.array(state), t0, t1)


@given(expressions, states, times)
def test_value_equals_pythons_arithmetic(expression, state, t):
    with np.errstate(all="ignore"):
        goal = expression.function(state, t)
    assume(np.isfinite(goal))
    assert value(compiled(expression.text), state, t) == pytest.approx(goal, rel=1e-9, abs=1e-12)


@given(expressions, st.lists(states, min_size=1, max_size=5), times)
def test_values_in_many_states_are_the_kernels_one_by_one(expression, many, t):
    program = compiled(expression.text)
    with np.errstate(all="ignore"):
        one_by_one = [value(program, state, t) for state in many]
    assume(np.isfinite(one_by_one).all())
    assert ex.evaluate(program, np.array(many), t) == pytest.approx(np.array(one_by_one), rel=1e-9, abs=1e-12)


@given(expressions, states, times)
def test_values_in_many_states_are_undefined_where_the_kernels_are(expression, state, t):
    program = compiled(expression.text)
    found = ex.evaluate(program, np.array([state]), t)
    assert found.shape == (1,)
    assert np.isfinite(found[0]) == np.isfinite(value(program, state, t))


@given(expressions, states, times, st.floats(0, 10), st.floats(0, 1))
def test_upper_bound_bounds_the_value_everywhere_in_the_interval(expression, state, t0, length, share):
    program = compiled(expression.text)
    t1 = t0 + length
    bound = upper(program, state, t0, t1)
    found = value(program, state, t0 + share * length)
    assume(np.isfinite(found) and not np.isnan(bound))  # an undefined bound is refused by the simulation
    assert found <= bound + 1e-9 * max(1.0, abs(found))


@pytest.mark.parametrize("text", ["1 / (t - 1)", "(t - 1) ** -1", "(t - 1) ** -2", "1 / sin(t)"])
def test_a_pole_inside_the_interval_has_no_finite_bound(text):
    assert upper(compiled(text), (1, 1), 0.5, 1.5) == np.inf


def test_bound_of_the_seasonal_infection_is_close():
    program = compiled("0.003 * (1 + 0.2 * sin(2 * pi * t / 6)) * S * I")
    assert upper(program, (50, 10), 0.0, 6.0) == pytest.approx(0.003 * 1.2 * 500)


@pytest.mark.parametrize("text", ["2 + 3 * 4 ** 2 / 8 - -1", "2 ** 3 ** 2", "-2 ** 2", "10 - 4 - 3", "8 / 4 / 2"])
def test_precedence_is_pythons(text):
    goal = {"2 + 3 * 4 ** 2 / 8 - -1": 9, "2 ** 3 ** 2": 512, "-2 ** 2": -4, "10 - 4 - 3": 3, "8 / 4 / 2": 1}[text]
    assert value(compiled(text), (0, 0), 0.0) == goal


def test_names_stand_for_species_parameters_and_time():
    assert value(compiled("S * 100 + I * 10 + rate + t"), (3, 2), 0.5) == pytest.approx(320.8)


@pytest.mark.parametrize(("text", "moves"), [("S * t", True), ("sin(2 * t)", True), ("S * I * rate", False)])
def test_dependence_on_time_is_seen(text, moves):
    assert compiled(text).depends_on_time is moves


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "open('file')",
        "abs(S)",
        "S.__class__",
        "S.real",
        "(1).bit_length()",
        "unknown",
        "S[0]",
        "S < I",
        "S == 1",
        "not S",
        "S and I",
        "S if I else 1",
        "S if True else 1",
        "S if (S < I) < 1 else 1",
        "S if S in I else 1",
        "S if S is I else 1",
        "(S < I) + 1",
        "'text'",
        "b'bytes'",
        "f'{S}'",
        "1j",
        "True",
        "None",
        "...",
        "(x := 1)",
        "lambda: 1",
        "[1]",
        "(1, 2)",
        "{1: 2}",
        "[x for x in S]",
        "S // I",
        "S % I",
        "S @ I",
        "S << 1",
        "S | I",
        "~S",
        "sin(x=1)",
        "sin(*S)",
        "sin(1, 2)",
        "min(1)",
        "sin",
        "1; 2",
        "S = 1",
        "import os",
        "",
        "1 +",
        "((1)",
        "1" + "0" * 400,
        "\0",
    ],
)
def test_anything_but_arithmetic_is_refused(text):
    with pytest.raises(InputError, match=r"system\.yaml: reactions\[0\]\.propensity: "):
        compiled(text)


def test_a_refusal_says_what_is_allowed():
    sentence = r"unknown name 'J' is not allowed in 'J \* S'; use .* S, I, rate, power, t, pi"
    with pytest.raises(InputError, match=sentence):
        compiled("J * S")


def test_a_refusal_names_a_few_of_many_species():
    species = [f"X{i}" for i in range(200)]
    with pytest.raises(InputError, match=r"use .* X17, X18, …, t, pi, sin\(\)"):
        compile_expression("Y", species, {}, "system.yaml")


@pytest.mark.parametrize("depth", [100, 100_000])
def test_an_expression_nested_too_deeply_is_refused(depth):
    with pytest.raises(InputError, match="reactions"):
        compiled("1 + (" * depth + "1" + ")" * depth)


def test_a_long_flat_expression_is_fine():
    assert value(compiled(" + ".join(["1"] * 200)), (0, 0), 0.0) == 200


def test_only_the_chosen_case_counts():
    program = compiled("S / I if I > 0 else 7")
    assert ex.evaluate(program, np.array([[6, 3], [6, 0]]), 0.0).tolist() == [2, 7]
    assert [value(program, state, 0.0) for state in ((6, 3), (6, 0))] == [2, 7]


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("3 if t < 1 else 5", (3, 5, 5)),
        ("3 if t <= 1 and S == 2 else 1", (3, 3, 1)),
        ("3 if not t > 2 or t == 2.5 else 1", (3, 3, 3)),
        ("t if 0 < t else 1", (0.5, 1.5, 3)),
    ],
)
def test_a_case_is_bounded_by_the_cases_that_can_hold(text, bounds):
    program = compiled(text)
    found = [upper(program, (2, 2), *interval) for interval in ((0.2, 0.5), (0.5, 1.5), (2.2, 3.0))]
    assert found == list(bounds)


def test_the_times_of_a_switch_are_those_in_conditions():
    program = compiled("rate * S if t < 1 else S if 2.5 >= t and t > S else sin(t - 4)")
    assert sorted(ex.switching_times(program)) == [1, 2.5]
    assert ex.switching_times(compiled("S * t - 1")) == []


@pytest.mark.parametrize("name", ["t", "pi", "sin", "max"])
def test_a_species_may_not_take_a_name_that_has_a_meaning(name):
    with pytest.raises(InputError, match=f"'{name}' already means"):
        check_name(name, "system.yaml")


@pytest.mark.parametrize("name", ["2x", "a b", "a-b", "", "lambda"])
def test_a_species_needs_a_name(name):
    with pytest.raises(InputError, match="is not a name"):
        check_name(name, "system.yaml")


@given(a=st.floats(-3, 3), b=st.floats(-3, 3), c=st.floats(-3, 3), t=times, state=states)
def test_an_affine_expression_has_its_coefficients(a, b, c, t, state):
    text = f"({a} * S - I * ({b} + sin(t))) / 2 + exp({c}) * (1 + t) - -S"
    program = compile_expression(text, SPECIES, PARAMETERS, "here")
    found = ex.affine(program, 2, t)
    np.testing.assert_allclose(found[0] + found[1:] @ state, ex.evaluate(program, np.array([state]), t)[0], atol=1e-9)
    np.testing.assert_allclose(found[1:], [a / 2 + 1, -(b + math.sin(t)) / 2], atol=1e-12)


@pytest.mark.parametrize(
    "text", ["S * I", "S ** 2", "1 / S", "sin(S)", "min(S, 3)", "S / (1 + I)", "t * S * S", "S if t < 1 else 0"]
)
def test_other_expressions_are_not_affine(text):
    assert ex.affine(compile_expression(text, SPECIES, PARAMETERS, "here"), 2, 0.7) is None


@given(*[st.floats(-3, 3)] * 3, st.floats(0, 5), st.tuples(st.floats(-4, 4), st.floats(-4, 4)))
def test_a_quadratic_expression_has_its_matrix(a, b, c, t, state):
    text = f"({a} * S - I + {c}) * (S + {b} * t) / 2 - (I - {b})**2 + exp({c}) * (-S) ** 1 + max(t, 1) * 3"
    program = compile_expression(text, SPECIES, PARAMETERS, "here")
    matrix, point = ex.quadratic(program, 2, t), np.array([1.0, *state])
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_allclose(point @ matrix @ point, ex.evaluate(program, np.array([state]), t)[0], atol=1e-9)


@pytest.mark.parametrize(
    "text", ["S * I * S", "S ** 3", "S ** 0.5", "(S * I) ** 2", "1 / S", "sin(S)", "S if t < 1 else 0"]
)
def test_other_expressions_are_not_quadratic(text):
    assert ex.quadratic(compile_expression(text, SPECIES, PARAMETERS, "here"), 2, 0.7) is None

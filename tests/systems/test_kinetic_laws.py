"""Signs of laws, against values in random states, and forward and backward rates."""

import numpy as np
import pytest

from weightflow.systems.expressions import compile_expression, evaluate
from weightflow.systems.kinetic_laws import COUNT, Interval, Law

PARAMETERS = {"k": 2.0, "r": 0.5, "c": 3.0, "one": 1.0, "minus": -2.0, "n": 2.0}
VALUES = {name: Interval(value, value) for name, value in PARAMETERS.items()} | {"A": COUNT, "B": COUNT, "C": COUNT}
STATES = np.random.default_rng(0).integers(0, 12, (500, 3))


def values(text: str, t: float = 0.7) -> np.ndarray:
    return evaluate(compile_expression(text, ("A", "B", "C"), PARAMETERS, "here"), STATES, t)


POSITIVE = [
    "k",
    "k * A * B",
    "k * A / (c + A + B)",
    "k * A ** n / (c ** n + A ** n)",
    "k * A * (A - 1)",
    "k * A * (A - 1.0) * (A - 2) / 6 * B * (B - 1)",
    "(k * A * (A - 1)) / c",
    "(A / c) * ((A - 1) / c)",
    "-(minus * A)",
    "(-k) * (-A)",
    "minus / -A",
    "k * (1 + r * sin(t)) * A",
    "A * exp(-k * t)",
    "max(A - B, 0)",
    "min(A, 5) * sqrt(B)",
    "(A - B) ** 2",
    "log(1 + A)",
    "(k if t < 1 else r) * A",
    "(A - A) ** n + A",
]


@pytest.mark.parametrize("text", POSITIVE)
def test_a_law_that_is_never_negative_is_known_as_such(text):
    assert Law(text, VALUES).is_positive()
    found = values(text)
    assert (found[np.isfinite(found)] >= 0).all()


@pytest.mark.parametrize(
    "text",
    [
        "k * A - r * B",
        "minus * A",
        "k * (1 - A)",
        "k * (A - 1)",
        "A * (A - 2)",
        "A * (B - 1)",
        "sin(t) * A",
        "log(A)",
        "A / (A - B)",
        "(A - B) ** 3",
        "k * A if t < 1 else r - A",
        "A ** minus - 1",
        "A * (A - 0.5)",
    ],
)
def test_a_law_that_can_be_negative_is_known_as_such(text):
    assert not Law(text, VALUES).is_positive()


@pytest.mark.parametrize(
    ("text", "forward", "backward"),
    [
        ("k * A - r * B", "k * A", "r * B"),
        ("-(r * B - k * A)", "k * A", "r * B"),
        ("k * A + minus * B", "k * A", "2 * B"),
        ("c * (k * A - r * B)", "c * k * A", "c * r * B"),
        ("k * (A - B / c)", "k * A", "k * B / c"),
        ("(k * A / c - r * B) / (1 + A / c + B)", "k * A / c / (1 + A / c + B)", "r * B / (1 + A / c + B)"),
        ("C * k * (A - B / c) / (c + A)", "C * k * A / (c + A)", "C * k * B / c / (c + A)"),
        ("k * A * (A - 1) - r * B", "k * A * (A - 1)", "r * B"),
        ("c * (k * A * (A - 1) / c - r * B)", "k * A * (A - 1)", "c * r * B"),
        ("k - r * B", "k", "r * B"),
        ("k * A + r * C * A - r * B - k * B", "k * A + r * C * A", "(r + k) * B"),
    ],
)
def test_a_difference_is_split(text, forward, backward):
    found = Law(text, VALUES).split(["A"], ["B"])
    assert values(found[0]) == pytest.approx(values(forward))
    assert values(found[1]) == pytest.approx(values(backward))
    assert values(found[0]) - values(found[1]) == pytest.approx(values(text))


@pytest.mark.parametrize(
    "text",
    [
        "k * A",
        "minus * B",
        "k * (1 - B)",  # a free site
        "k * A * (c - B)",  # bounded growth
        "k * A - r",  # a constant is no backward rate
        "k * A - r * A",
        "k * A - r * A * B",
        "sin(t) * A - r * B",
        "(A - B) ** 3",
        "k * A if t < 1 else -r * B",
    ],
)
def test_other_laws_are_not_split(text):
    assert Law(text, VALUES).split(["A"], ["B"]) is None


def test_deep_laws_do_not_take_long():
    text = "A"
    for _ in range(40):
        text = f"(k * {text} * (1 + B) - B)"
    assert not Law(text, VALUES).is_positive()

"""Equations and mass action."""

import numpy as np
import pytest

from weightflow.errors import InputError
from weightflow.systems.expressions import compile_expression, evaluate
from weightflow.systems.reaction_network import mass_action, parse_equation

SPECIES = ("A", "B")


@pytest.mark.parametrize(
    ("text", "consumed", "produced"),
    [
        ("A + 2 B -> 3 B", [1, 2], [0, 3]),
        ("0 -> A", [0, 0], [1, 0]),
        (" -> 2A", [0, 0], [2, 0]),
        ("A + A -> ∅", [2, 0], [0, 0]),
    ],
)
def test_ways_to_write_an_equation(text, consumed, produced):
    assert [side.tolist() for side in parse_equation(text, SPECIES, "file")] == [consumed, produced]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A", "file: 'A' has no '->'"),
        ("A -> C", "file: unknown species 'C'; allowed: A, B"),
        ("A -> 1.5 B", "file: unknown species '1.5 B'"),
        ("A - B -> A", "file: unknown species 'A - B'"),
        ("2 A <-> B", "file: '2 A <-> B' runs both ways; write two reactions, each with its own rate"),
        ("A <=> B", "file: 'A <=> B' runs both ways"),
        ("A ⇌ B", "file: 'A ⇌ B' runs both ways"),
    ],
)
def test_a_faulty_equation_is_refused(text, sentence):
    with pytest.raises(InputError, match=sentence):
        parse_equation(text, SPECIES, "file")


@pytest.mark.parametrize(
    ("consumed", "written_out"), [([0, 0], "0.5 * t"), ([1, 0], "0.5 * t * A"), ([1, 2], "0.5 * t * A * B**2")]
)
def test_mass_action_is_the_rate_times_powers_of_what_is_consumed(consumed, written_out):
    states = np.random.default_rng(0).integers(0, 50, (20, 2))
    found = mass_action(compile_expression("0.5 * t", (), {}, "file"), np.array(consumed))
    expected = evaluate(compile_expression(written_out, SPECIES, {}, "file"), states, 3.0)
    assert evaluate(found, states, 3.0) == pytest.approx(expected)

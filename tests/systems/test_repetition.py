"""Ranges of names and repeated entries, written out."""

import pytest

from weightflow.errors import InputError
from weightflow.systems.repetition import expand_name, expand_texts


@pytest.mark.parametrize(
    ("text", "names"),
    [("X", ["X"]), ("X1..X3", ["X1", "X2", "X3"]), ("a_2..a_2", ["a_2"]), ("S1P9..S1P11", ["S1P9", "S1P10", "S1P11"])],
)
def test_a_range_is_all_of_its_names(text, names):
    assert expand_name(text, "file") == names


@pytest.mark.parametrize("text", ["X1..Y3", "X..X3", "X1..3", "1..3", "X3..X1", "X1..X99999999", "X1...X3"])
def test_anything_else_with_dots_is_refused(text):
    with pytest.raises(InputError, match=r"^file: '.*; (write for example|shorten)"):
        expand_name(text, "file")


def test_indices_and_their_neighbours_become_numbers():
    texts = {"equation": "X{i} -> X{i+1}", "propensity": "X{ i - 1 } * k"}
    assert expand_texts(texts, {"i": "1..2"}, "file") == [
        {"equation": "X1 -> X2", "propensity": "X0 * k"},
        {"equation": "X2 -> X3", "propensity": "X1 * k"},
    ]


def test_two_indices_are_every_pair():
    found = expand_texts({"equation": "A{i} -> B{j}"}, {"i": "1..2", "j": "3..4"}, "file")
    assert [entry["equation"] for entry in found] == ["A1 -> B3", "A1 -> B4", "A2 -> B3", "A2 -> B4"]


@pytest.mark.parametrize(
    ("span", "text", "sentence"),
    [
        ("1..", "X{i}", r"repeat\.i: '1\.\.' is not a range that rises; write for example 1\.\.14"),
        ("3..1", "X{i}", "is not a range that rises"),
        ("1..3", "X{j}", r"equation: '\{j\}' names no index of repeat; they are i"),
        ("1..20000", "X{i}", "longer than 10000; shorten"),
    ],
)
def test_a_faulty_repetition_is_refused(span, text, sentence):
    with pytest.raises(InputError, match=rf"^file\..*{sentence}"):
        expand_texts({"equation": text}, {"i": span}, "file")

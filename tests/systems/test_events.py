"""Events: the arithmetic of system files, compared and joined, never evaluated as code."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.errors import InputError
from weightflow.systems.events import compile_event

NAMES = ["a", "b"]
STATES = np.array([[x, y] for x in range(4) for y in range(4)])


@given(
    st.recursive(
        st.tuples(
            st.sampled_from(["a", "b", "2", "a + b", "2 * a - t"]),
            st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
            st.sampled_from(["a", "1", "b"]),
        ).map(" ".join),
        lambda inner: st.one_of(
            inner.map(lambda e: f"not ({e})"),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        ),
        max_leaves=6,
    )
)
def test_events_mean_what_python_means(text):
    found = compile_event(text, NAMES, "here").holds(STATES, 1.5)
    wanted = [eval(text, {"a": int(a), "b": int(b), "t": 1.5}) for a, b in STATES]  # noqa: S307
    assert np.broadcast_to(found, len(STATES)).tolist() == [bool(value) for value in wanted]


@given(st.text(max_size=40))
def test_any_text_is_an_event_or_one_sentence(text):
    with contextlib.suppress(InputError):
        compile_event(text, NAMES, "here").holds(STATES, 0.0)


def test_an_event_knows_its_variables():
    assert compile_event("b > 1 and t < 3 or b < a", NAMES, "here").variables == (0, 1)
    assert compile_event("`HLA-A` > t", ["a", "HLA-A"], "here").variables == (1,)


def test_names_with_a_meaning_stand_in_backquotes():
    held = compile_event("`t` > 1 and `lambda` == 2 and t == 5", ["t", "lambda"], "here").holds
    assert held(np.array([[2, 2], [0, 2], [2, 0]]), 5.0).tolist() == [True, False, False]


@pytest.mark.parametrize("text", ["(" * 5000, "a" * 20_000, "a > " + "-" * 8000 + "1"])
def test_long_and_deep_texts_are_refused(refused, text):
    with refused("^here: "):
        compile_event(text, NAMES, "here")

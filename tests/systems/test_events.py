"""Events: the arithmetic of system files, compared and joined, never evaluated as code."""

import contextlib
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weightflow.errors import InputError
from weightflow.systems.events import check_form, compile_event

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
    assume(set("abt") & set(re.sub("and|not", "", text)))
    found = compile_event(text, NAMES, "here").holds(STATES, 1.5)
    wanted = [eval(text, {"a": int(a), "b": int(b), "t": 1.5}) for a, b in STATES]  # noqa: S307
    assert np.broadcast_to(found, len(STATES)).tolist() == [bool(value) for value in wanted]


@given(st.text(max_size=40))
def test_any_text_is_an_event_or_one_sentence(text):
    with contextlib.suppress(InputError):
        compile_event(text, NAMES, "here").holds(STATES, 0.0)


@pytest.mark.parametrize("text", ["x > 1", "`HLA-A` > 1 and t < 3", "sqrt(a) >= b or not (c == 2)", "1 < x <= 3"])
def test_the_form_of_an_event_is_right_without_variables(text):
    check_form(text, "here")


@pytest.mark.parametrize("text", ["x => 1", "x + 1", "x >", "1 == 1", "x = 2", "f(x) > 1", "x > 1; y", "`a > 1"])
def test_a_wrong_form_is_refused_without_variables(refused, text):
    with refused("here: "):
        check_form(text, "here")


def test_an_event_knows_its_variables():
    assert compile_event("b > 1 and t < 3 or b < a", NAMES, "here").variables == (0, 1)
    assert compile_event("`HLA-A` > t", ["a", "HLA-A"], "here").variables == (1,)


def test_names_with_a_meaning_stand_in_backquotes():
    held = compile_event("`t` > 1 and`lambda`== 2", ["t", "lambda"], "here").holds
    assert held(np.array([[2, 2], [0, 2], [2, 0]]), 5.0).tolist() == [True, False, False]
    assert compile_event("sin(`sin`) < 1", ["sin"], "here").variables == (0,)


AMBIGUOUS = {
    "t > 1": "t is the time and also a variable; write `t` for the variable, or rename it",
    "2 * pi > 1": "pi is the number pi and also a variable; write `pi`",
    "max > 1": "max is a function and also a variable; write `max`",
    "é > 1": "the variable é needs backquotes",
    "and > 1": "is not an event",
    "quoted_0_ > 1": "there is no variable 'quoted_0_'; use `t`, `pi`, `max`, `é`, `and`, `0`",
    "quoted__0_ > 1": "there is no variable 'quoted__0_'",
    "ｑuoted0_ > 1": "there is no variable 'quoted0_'",
    "0 > 3": "'0 > 3' names no variable; write one such as `t` > 1",
    "`0` + 1": "'`0` \\+ 1' is no comparison",
    "`0` + x > 1": "there is no variable 'x'",
    "`1` > 1": "no variable '1'; use `t`, `pi`",
}


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_names_have_one_meaning_and_are_shown_as_they_are_written(refused, text):
    with refused(AMBIGUOUS[text]):
        compile_event(text, ["t", "pi", "max", "é", "and", "0"], "here")


def test_an_event_may_be_of_the_time_alone():
    assert compile_event("t > 1", NAMES, "here").holds(STATES, 1.5).all()


def test_an_undefined_comparison_is_false():
    held = compile_event("a / b > 1", NAMES, "here").holds(np.array([[3, 1], [3, 0]]), 0.0)
    assert held.tolist() == [True, False]
    assert compile_event("not a / b <= 1", NAMES, "here").holds(np.array([[3, 0]]), 0.0).all()


@pytest.mark.parametrize("text", ["(" * 5000, "a" * 20_000, "a > " + "-" * 8000 + "1"])
def test_long_and_deep_texts_are_refused(refused, text):
    with refused("^here: "):
        compile_event(text, NAMES, "here")

"""What goes on past the last snapshot, and which baselines a config has that names none."""

import pytest

from weightflow.config import run_names
from weightflow.config.extrapolation import REACHING, STANDARD, STANDARD_PAST, ending, ends, standard_baselines

NAMES = {*run_names.BASELINES, *run_names.FLOWS, *run_names.INTERPOLATIONS}


def model(kind: str, path: str | None) -> dict:
    return {"dynamics": {"kind": kind}, "continuation": {"path": path}}


def test_only_a_cde_whose_path_ends_has_to_end():
    assert ends(model("cde", None))
    assert not any(ends(model(kind, None)) for kind in ("ode", "spline"))
    assert not any(ends(model("cde", path)) for path in ("linear", "constant"))


def test_standard_baselines_are_baselines_and_reach_where_they_must():
    assert {*REACHING, *STANDARD, *STANDARD_PAST} <= NAMES
    assert ending(STANDARD_PAST) == []
    assert ending(["mixture", "previous", "ot_cfm"]) == ["mixture", "ot_cfm"]


@pytest.mark.parametrize(("held", "expected"), [((0, 0), STANDARD), ((0, 2), STANDARD_PAST)])
def test_a_config_that_names_no_baselines_has_those_that_suit(held, expected):
    assert standard_baselines({f"d{i}": {"hold_back": n} for i, n in enumerate(held)}) == list(expected)


def test_the_schema_tells_the_standard_baselines(schema):
    told = " ".join(schema["properties"]["baselines"]["description"].split()).partition("null takes ")[2]
    usual, _, past = told.partition(", or, where a data set holds times back, ")
    for text, names in ((usual, STANDARD), (past, STANDARD_PAST)):
        assert text.rstrip(".").replace(" and ", ", ").split(", ") == list(names)

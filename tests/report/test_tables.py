"""Tables of the report from small ones by hand."""

import numpy as np
import pandas as pd
import pytest

from weightflow.evaluation.moments import DETERMINATION, MOMENTS
from weightflow.evaluation.published import COLUMNS, OWN, PUBLISHED
from weightflow.report.tables import (
    MISSING,
    ablations_table,
    determination_table,
    published_table,
    results_table,
    rounded,
    runtimes_table,
    sample_size_tables,
    settings_table,
)

RUNS = ["mine", "mixture", "floor_bootstrap"]


def texts(table: dict) -> list[list[str]]:
    """Means of each row, the best with a star."""
    rows = [row for group in table["groups"] for row in (group["rows"] if isinstance(group, dict) else group)]
    return [[cell["mean"] + ("*" if cell["best"] else "") for cell in row["cells"]] for row in rows]


@pytest.mark.parametrize(
    ("mean", "spread", "found"),
    [
        (0.012345, 0.0004, ("0.0123", "0.0004")),
        (123.4, np.nan, ("123", "")),
        (-1.5, 0.25, ("−1.50", "0.25")),
        (1.234e-9, 1e-10, ("1.2e−09", "1.0e−10")),
        (0.0, 0.0, ("0.00", "0.00")),
    ],
)
def test_numbers_have_three_digits_and_their_spread_as_many_decimals(mean, spread, found):
    assert rounded(mean, spread) == found


@pytest.mark.parametrize(("mean", "sign"), [(np.inf, "∞"), (-np.inf, "−∞"), (np.nan, MISSING)])
def test_infinite_and_missing_numbers_have_a_sign(mean, sign):
    assert rounded(mean, np.nan) == (sign, "")


def test_an_infinite_number_is_not_the_best():
    part = pd.DataFrame([("mine", "nll", np.inf, np.nan)], columns=["model", "metric", "mean", "std"])
    assert "∞*" not in [text for row in texts(results_table(["nll"], RUNS, part)) for text in row]


def test_a_variable_that_fails_is_told():
    rows = [
        ("mine", f"x{i}", moment, "all", r2 - (i == 7), 9, 0)
        for i in range(9)
        for moment, r2 in zip(MOMENTS, (1, 0.5, np.nan, 0.25), strict=True)
    ]
    table = determination_table(pd.DataFrame(rows, columns=DETERMINATION), ["mine", "other"], 2)
    assert (table["times"], len(table["groups"])) == ("all", 1)
    shown = {row["label"]: [cell["mean"] for cell in row["cells"]] for row in table["groups"][0]["rows"]}
    assert shown["x7"] == ["0.00", "< 0", MISSING, "< 0"]
    assert len(shown) == 2
    assert table["groups"][0]["variables"] == 9


def test_floors_stand_apart_and_are_never_the_best():
    part = pd.DataFrame(
        [("mine", "w", 0.2, 0.1), ("mine", "nll", 1.0, np.nan), ("mixture", "w", 0.3, 0.1), (RUNS[2], "w", 0.1, 0.1)],
        columns=["model", "metric", "mean", "std"],
    )
    table = results_table(["w", "nll"], RUNS, part)
    assert [len(group) for group in table["groups"]] == [2, 1]
    assert texts(table) == [["0.200*", "1.00*"], ["0.300", MISSING], ["0.100", MISSING]]


def test_the_best_of_each_factor_is_marked_and_the_base_is_not():
    rows = [("base", "mine", "mine", 0.1), ("size", "h-4", "mine", 0.3), ("size", "h-8", "mine", 0.2)]
    table = pd.DataFrame(rows, columns=["factor", "level", "base", "mean"])
    found = ablations_table(table.assign(metric="nll", times="all", std=0.0), {"size": "hidden units"})
    assert (found["times"], found["metrics"]) == ("all", ["nll"])
    assert [group["factor"] for group in found["groups"]] == ["base", "hidden units"]
    assert texts(found) == [["0.100"], ["0.300"], ["0.200*"]]


def test_published_methods_come_first_and_floors_last():
    rows = [(RUNS[2], OWN, 0.1), ("mine", OWN, 0.3), ("Older", PUBLISHED, 0.2)]
    table = pd.DataFrame(
        [("a", "epidemic", name, origin, w, 0.0, 2 * w, 0.0, 3) for name, origin, w in rows], columns=COLUMNS
    )
    found = published_table(table, RUNS)
    assert found["datasets"] == ["a"]
    assert texts(found) == [["0.200*", "0.400*"], ["0.300", "0.600"], ["0.100", "0.200"]]


def test_seconds_are_means_over_seeds_with_their_sum():
    rows = [("mine", seed, stage, 1.0 + seed, 100 + seed, "cpu") for seed in (0, 1) for stage in ("fit", "predict")]
    part = pd.DataFrame(rows, columns=["model", "seed", "stage", "seconds", "max_rss_mb", "device"])
    found = runtimes_table(RUNS, part)
    assert found == {"stages": ["fit", "predict"], "rows": [("mine", ["1.5", "1.5", "3.0", "101", "cpu"])]}


def test_settings_that_differ_are_marked():
    found = settings_table({"a": {"path": {"z": 1}, "kind": "ode"}, "b": {"path": {"z": 2}}})
    assert found["columns"] == ["a", "b"]
    assert found["rows"] == [("path.z", ["1", "2"], True), ("kind", ["ode", MISSING], True)]


def test_states_have_both_intervals_and_steps_that_do_not_fall_are_marked():
    rows = [
        ("n", 50, "nll", "first", 2.0, None),
        ("n", 1000, "nll", "first", 3.0, False),
        ("n", 1000, "nll", "later", 1.0, True),
    ]
    table = pd.DataFrame(rows, columns=["factor", "states", "metric", "interval", "mean", "falls"]).assign(std=np.nan)
    (found,) = sample_size_tables(table, {"n": "states"})
    assert (found["label"], found["metrics"]) == ("states", ["nll"])
    shown = [(row["states"], [(cell["mean"], cell["rises"]) for cell in row["cells"]]) for row in found["rows"]]
    assert shown == [
        ("50", [("2.00", False), (MISSING, False)]),
        ("1 000", [("3.00", True), ("1.00", False)]),
    ]

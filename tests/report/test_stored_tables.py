"""Stored tables: what made them, and the tables of pages rendered from them."""

import math

import pandas as pd
import pytest

from weightflow.report.stored_tables import (
    COLUMNS,
    Column,
    Contest,
    Headline,
    HeadlineTable,
    OverFolds,
    PublishedTable,
    Rows,
    RunsTable,
    Seeds,
    Stored,
    as_text,
    gather,
    read_stored,
    render,
    write_stored,
)

FACTS = {
    "commit": "0123456789" * 4,
    "command": "snakemake --configfile config/a.yaml",
    "seeds": "0, 1",
    "date": "today",
}
PUBLISHED = pd.DataFrame(
    [("s", "WeightFlow", "w_marginal", 0.11, 0.014), ("s", "Other", "w_marginal", 0.2, math.nan)],
    columns=["system", "method", "metric", "mean", "std"],
)
W, NLL = Column("W", "w_marginal", decimals=2), Column("nll", "nll")


def stored(*rows) -> Stored:
    return Stored(FACTS, pd.DataFrame([("d", *row, 2) for row in rows], columns=COLUMNS))


@pytest.fixture
def own() -> Stored:
    return stored(
        ("weightflow", "w_marginal", "all", 0.1249, 0.01),
        ("weightflow", "nll", "all", 1.0, 0.00001),
        ("mixture", "w_marginal", "all", 0.125, 0.0),
        ("mixture", "nll", "all", math.inf, math.nan),
        ("previous", "w_marginal", "all", 0.3, 0.0),
        ("floor_independent", "w_marginal", "all", 0.05, 0.0),
    )


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.0255, 3, "0.026"), (-0.5, 2, "−0.50"), (math.inf, 1, "∞"), (math.nan, 1, "–"), (1e-7, 3, "0.000"), (7, 0, "7")],
)
def test_numbers_are_rounded_as_in_school(value, decimals, text):
    assert as_text(value, decimals) == text


def test_a_table_of_runs_has_missing_and_infinite_numbers_and_spreads_that_do_not_round_to_zero(own):
    table = RunsTable((W, NLL), (Rows("a", "d", ("weightflow", "mixture", "floor_independent"), published="s"),))
    assert table.lines({"a": own}, PUBLISHED) == [
        "| | W | nll |",
        "|---|---|---|",
        "| published (Table 1) | 0.110 (0.014) | – |",
        "| `weightflow` | 0.12 (0.01) | 1.0000 |",
        "| `mixture` | 0.13 | ∞ |",
        "| `floor_independent` | 0.05 | – |",
    ]


def test_published_results_of_other_methods_stand_above_the_method_and_seeds_are_counted(own):
    table = RunsTable((W, Seeds("seeds", "w_marginal")), (Rows("a", "d", ("weightflow",), published="s", peers=True),))
    assert table.lines({"a": own}, PUBLISHED)[2:] == [
        "| Other, published | 0.200 | – |",
        "| WeightFlow, published | 0.110 (0.014) | – |",
        "| `weightflow` | 0.12 (0.01) | 2 |",
    ]


def test_published_results_stand_alone_with_the_decimals_of_their_columns():
    table = PublishedTable((W, NLL), {"s": "a system"})
    assert table.lines({}, PUBLISHED)[2:] == [
        "| a system | Other, published | 0.20 | – |",
        "| | WeightFlow, published | 0.11 (0.01) | – |",
    ]
    assert render("<!-- table t -->\n<!-- end -->", {"t": table}, {}, PUBLISHED, "page") == (
        "\n".join(["<!-- table t -->", *table.lines({}, PUBLISHED), "<!-- end -->"])
    )


def test_rows_of_several_data_sets_are_named_once():
    first = stored(
        ("weightflow", "nll_loo", "left_out at 2", 2.0, 0.0), ("weightflow", "nll_loo", "left_out at 10", 3.0, 0.0)
    )
    each = Column("each", "nll_loo", "left_out at", 1)
    groups = [
        Rows("a", "d", {"weightflow": "ours", "previous": "theirs"}, name, decimals=d)
        for name, d in (("one", {}), ("two", {"nll_loo": 0}))
    ]
    assert RunsTable((each,), groups, "model").lines({"a": first}, PUBLISHED)[2:] == [
        "| one | ours | 2.0, 3.0 |",
        "| | theirs | – |",
        "| two | ours | 2, 3 |",
        "| | theirs | – |",
    ]


def test_the_headline_is_bold_where_every_baseline_is_worse_as_printed(own):
    table = HeadlineTable(
        "weightflow", (Headline("data", "W / nll", "a", "d", (W, NLL), "s"),), ("floor_none", "floor_independent")
    )
    assert table.lines({"a": own}, PUBLISHED)[2] == (
        "| data | W / nll | **0.12 / 1.0000** | 0.110 / – | `mixture` 0.13 / ∞ | 0.05 / – |"
    )
    coarse = HeadlineTable(
        "weightflow", (Headline("data", "W", "a", "d", (Column("W", "w_marginal", decimals=1),)),), ()
    )
    assert coarse.lines({"a": own}, PUBLISHED)[2] == "| data | W | 0.1 | – | `mixture` 0.1 | – |"


@pytest.fixture
def contest() -> Stored:
    each = {
        ("a", "m"): (1.0, 3.0),
        ("a", "r"): (2.0, 4.0),
        ("a", "q"): (1.5, 4.7),
        ("b", "m"): (6.0,),
        ("b", "r"): (5.0,),
        ("a", "f"): (0.5, 0.5),
    }
    rows = [
        (dataset, model, "w1_loo", f"left_out at {time}", value, 0.1, 3)
        for (dataset, model), values in each.items()
        for time, value in enumerate(values)
    ]
    return Stored(FACTS, pd.DataFrame(rows, columns=COLUMNS))


def test_a_contest_has_the_standard_error_over_folds_and_the_ratio_to_the_best_rival(contest):
    column = OverFolds("W1", "w1_loo", decimals=1)
    table = Contest("t", column, "m", ("r", "q"), ("f",), {"a": "first", "b": "second"})
    assert table.lines({"t": contest}, PUBLISHED) == [
        "| W1 | `m` | `r` | `q` | `f` | over the best rival's |",
        "|---|---|---|---|---|---|",
        "| first | 2.0 (1.0) | 3.0 (1.0) | 3.1 (1.6) | 0.5 (0.0) | 0.67 |",
        "| second | 6.0 | 5.0 | – | – | 1.20 |",
        "| all | | | | | 0.93 |",
    ]


def test_a_contest_counts_the_folds_below_the_best_rival_of_each(contest):
    column = OverFolds("nll", "w1_loo", decimals=1)
    table = Contest("t", column, "m", ("r", "q"), (), {"a": "first", "b": "second"}, ratio=False)
    assert [line.split("|")[-3:-1] for line in table.lines({"t": contest}, PUBLISHED)[2:]] == [
        [" 2 of 2 ", " −0.5 "],
        [" 0 of 1 ", " 1.0 "],
        [" 2 of 3 ", " 1.0 "],
    ]


def test_a_page_is_rendered_between_its_marks_and_names_the_commits(own):
    page = "a\n<!-- table t -->\nold\n<!-- end -->\nb\n"
    tables = {"t": RunsTable((W,), (Rows("a", "d", ("weightflow",)),))}
    once = render(page, tables, {"a": own}, PUBLISHED, "page")
    assert once == (
        "a\n<!-- table t -->\n| | W |\n|---|---|\n| `weightflow` | 0.12 (0.01) |\n\n"
        "Commit: 0123456 (`a`).\n<!-- end -->\nb\n"
    )
    assert render(once, tables, {"a": own}, PUBLISHED, "page") == once


def test_marks_without_a_table_are_refused(own, refused):
    with refused("page: has marks of the tables"):
        render("<!-- table t -->\n<!-- end -->", {}, {"a": own}, PUBLISHED, "page")


def test_a_stored_table_is_read_as_it_was_written(tmp_path, own):
    write_stored(tmp_path / "a.csv", own)
    again = read_stored(tmp_path / "a.csv")
    assert again.facts == FACTS
    pd.testing.assert_frame_equal(again.table, own.table)


def test_a_stored_table_without_its_commit_is_refused(tmp_path, own, refused):
    write_stored(tmp_path / "a.csv", Stored({**FACTS, "commit": ""}, own.table))
    with refused("lacks commit"):
        read_stored(tmp_path / "a.csv")


def test_a_run_is_gathered_with_its_left_out_snapshots(tmp_path, own, refused):
    with refused("summary.csv: is not there"):
        gather(tmp_path, 1)
    own.table.to_csv(tmp_path / "summary.csv", index=False)
    scores = [("d", "weightflow", seed, time, "nll_loo", 1.0 + seed) for seed in (0, 1) for time in (2.0, 3.5)]
    columns = ["dataset", "model", "seed", "time", "metric", "value"]
    pd.DataFrame(scores, columns=columns).to_csv(tmp_path / "leave_one_out.csv", index=False)
    found = gather(tmp_path, 1)
    assert list(found) == COLUMNS
    assert len(found) == len(own.table) + 2
    assert found.iloc[-1].tolist()[1:] == ["weightflow", "nll_loo", "left_out at 3.5", 1.5, pytest.approx(0.5**0.5), 2]


def test_the_coverage_of_bands_is_stored_with_every_bin_counting_once(tmp_path):
    rows = [("d", "m", 1.0, "observed", 10, 0.9, 0.1), ("d", "m", 2.0, "unseen", 30, 0.5, 0.3)]
    columns = ["dataset", "model", "time", "times", "bins", "coverage", "width"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "bands.csv", index=False)
    found = gather(tmp_path, 1).set_index(["metric", "times"])["mean"]
    assert found["band_coverage"].to_dict() == pytest.approx({"observed": 0.9, "unseen": 0.5, "all": 0.6})
    assert found["band_width", "all"] == pytest.approx(0.25)


def test_the_seconds_of_a_run_are_those_of_all_its_stages(tmp_path, own):
    own.table.to_csv(tmp_path / "summary.csv", index=False)
    costs = {"anchors": 1, "spline": 2}
    stages = [("d", "weightflow", seed, stage, 10.0 * seed + cost) for seed in (0, 1) for stage, cost in costs.items()]
    pd.DataFrame(stages, columns=["dataset", "model", "seed", "stage", "seconds"]).to_csv(tmp_path / "runtime.csv")
    found = gather(tmp_path, 2).iloc[-1]
    assert found.tolist() == ["d", "weightflow", "seconds", "all", 13.0, pytest.approx(200**0.5), 2]

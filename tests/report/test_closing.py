"""The last lines of a run, from a small summary by hand."""

from pathlib import Path

import numpy as np
import pandas as pd

from weightflow.evaluation.registry import METRICS
from weightflow.report.closing import closing_lines, main_numbers, verdicts

RUNS = {"cells": ["mine", "other", "mixture", "previous", "floor_bootstrap"]}


def summary(rows, times="unseen") -> pd.DataFrame:
    """Means by model and metric."""
    entries = [("cells", model, metric, times, mean, np.nan, 1) for (model, metric), mean in rows.items()]
    return pd.DataFrame(entries, columns=["dataset", "model", "metric", "times", "mean", "std", "n"])


def test_the_first_model_stands_beside_the_best_baseline_of_each_metric():
    rows = {("mine", "w_marginal"): 0.5, ("mine", "nll"): 1.25, ("mine", "jsd_marginal"): 0.1, ("other", "nll"): 0.1}
    rows |= {("mixture", "w_marginal"): 0.75, ("previous", "w_marginal"): 0.25, ("floor_bootstrap", "w_marginal"): 0}
    found = main_numbers(summary(rows), RUNS)
    assert found == [
        "cells, mine at unseen times:",
        f"  {METRICS['w_marginal'].words} 0.500 (0.250 previous)",
        f"  {METRICS['nll'].words} 1.25",
    ]


def test_distances_from_an_exact_law_stand_for_those_from_samples():
    names = ("w_marginal", "w_marginal_exact", "kl_exact")
    rows = {(model, name): 2.0 for model in ("mine", "mixture") for name in names}
    assert main_numbers(summary(rows, "all"), RUNS) == [
        "cells, mine at all times, on which it was trained:",
        *(f"  {METRICS[name].words} 2.00 (2.00 mixture)" for name in ("w_marginal_exact", "kl_exact")),
    ]


def test_left_out_snapshots_stand_beside_those_of_training():
    trained = summary({("mine", "nll"): 1.0, ("mixture", "nll"): 1.0}, "all")
    left_out = summary({("mine", "nll_loo"): 1.5, ("mixture", "nll_loo"): 1.25}, "left_out")
    assert main_numbers(pd.concat([trained, left_out]), RUNS)[:2] == [
        "cells, mine at left-out snapshots:",
        f"  {METRICS['nll_loo'].words} 1.50 (1.25 mixture)",
    ]


def test_without_a_model_or_its_metrics_there_is_no_line():
    rows = {("mixture", "w_marginal"): 2.0}
    assert main_numbers(summary(rows), RUNS) == main_numbers(summary(rows), {"cells": ["mixture"]}) == []


def test_only_what_the_run_made_is_named(tmp_path):
    table, page = tmp_path / "summary.csv", tmp_path / "report.html"
    summary({("mine", "nll"): 1.0}).to_csv(table, index=False)
    pages = [page, tmp_path / "none.html"]
    assert closing_lines(tmp_path / "none.csv", RUNS, pages, 0) == []
    page.touch()
    title, *numbers, report = closing_lines(table, RUNS, pages, 0)
    assert title.startswith("Main numbers of the first model")
    assert numbers == ["cells, mine at unseen times:", f"  {METRICS['nll'].words} 1.00"]
    assert report == f"Report: {page}"
    assert closing_lines(table, RUNS, pages, 0, tmp_path)[-2] == f'From Python: weightflow.load("{tmp_path}")'
    assert not any("load" in line for line in closing_lines(table, RUNS, pages, 0, Path("none")))
    assert closing_lines(table, RUNS, pages, page.stat().st_mtime + 1) == []


def scores(metric, values, seen=False):
    rows = [
        ("cells", model, 0, float(time), seen, False, metric, value)
        for model, own in values.items()
        for time, value in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "seed", "time", "seen", "extrapolated", "metric", "value"])


def test_the_verdict_is_by_left_out_snapshots_where_there_are_some():
    ahead = {"mine": [9, 1.0, 1.1, 1.2], "mixture": [9, 2.0, 2.1, 2.2]}
    (told,) = verdicts(scores("nll", ahead), None, RUNS)
    assert told.startswith("cells, by times between the snapshots: mine is better than mixture")
    behind = {"mine": [3.0, 3.1, 3.2], "mixture": [2.0, 2.1, 2.2]}
    (told,) = verdicts(scores("nll", ahead), scores("nll_loo", behind), RUNS)
    assert told.startswith("cells, by left-out snapshots: mine is worse than mixture")
    (told,) = verdicts(scores("nll", ahead, seen=True), None, RUNS)
    assert told.startswith("cells, by held-out states of the snapshots: mine is better")
    assert verdicts(scores("w_marginal", ahead), None, RUNS) == verdicts(None, None, RUNS) == []


def test_the_verdict_follows_the_numbers(tmp_path):
    table = tmp_path / "summary.csv"
    summary({("mine", "nll"): 1.0}).to_csv(table, index=False)
    scores("nll", {"mine": [9, 1.0, 1.1], "mixture": [9, 2.0, 2.1]}).to_csv(tmp_path / "metrics.csv", index=False)
    assert "better than mixture" in closing_lines(table, RUNS, [], 0)[-1]

"""Published numbers are the table's, and stand beside this run's of the same system."""

import pandas as pd
import pytest

from weightflow.evaluation.published import COLUMNS, OWN, PUBLISHED, beside_published, read_published

RUNS = ["mine", "mixture", "floor_bootstrap"]


@pytest.fixture
def published(root) -> pd.DataFrame:
    return read_published(root / "resources" / "published.csv")


@pytest.fixture
def summary() -> pd.DataFrame:
    rows = [
        (dataset, run, metric, times, 10 * d + order + (metric == "w_marginal") / 2 + 100 * (times != "all"), 0.25, 3)
        for d, dataset in enumerate(("one", "two"))
        for order, run in enumerate(RUNS)
        for metric in ("w_marginal", "jsd_marginal", "nll")
        for times in ("all", "unseen")
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "metric", "times", "mean", "std", "n"])


def test_every_system_has_every_method_and_metric(published):
    assert not published.duplicated(["system", "method", "metric"]).any()
    counts = published[published["metric"].isin(["w_marginal", "jsd_marginal"])]
    assert len(counts) == counts["system"].nunique() * 6 * 2 == 60
    assert counts["mean"].between(0, 1).all()
    cells = published[published["system"].isin(["beta_cell", "embryoid"])]
    assert set(cells["metric"]) == {"w1_joint", "mmd"}
    assert len(counts) + len(cells) == len(published)
    assert (published["std"] >= 0).all()


def test_the_methods_own_row(published):
    own = published[(published["system"] == "epidemic") & (published["method"] == "WeightFlow")].set_index("metric")
    assert own.loc["w_marginal", ["mean", "std"]].tolist() == [0.110, 0.014]
    assert own.loc["jsd_marginal", ["mean", "std"]].tolist() == [0.034, 0.001]
    # WeightFlow is the best published method everywhere, as the table prints it.
    best = published.loc[published.groupby(["system", "metric"])["mean"].idxmin(), "method"]
    assert set(best) == {"WeightFlow"}


def test_this_run_stands_below_what_is_published(published, summary):
    systems = {"one": "epidemic", "two": "toggle_switch", "three": "unheard_of"}
    table = beside_published(published, summary, systems, dict.fromkeys(systems, RUNS))
    assert list(table.columns) == COLUMNS
    assert table["dataset"].tolist() == ["one"] * 9 + ["two"] * 9
    one = table[table["dataset"] == "one"].set_index(["origin", "method"])
    assert [method for origin, method in one.index if origin == OWN] == RUNS
    assert one.loc[(PUBLISHED, "WeightFlow"), ["w_mean", "w_std", "jsd_mean"]].tolist() == [0.110, 0.014, 0.034]
    assert one.loc[(OWN, "mixture"), ["w_mean", "w_std", "jsd_mean", "n"]].tolist() == [1.5, 0.25, 1, 3]
    assert one.loc[(PUBLISHED, "NLSB"), "w_std"] == 0.028


def test_a_run_that_is_missing_is_left_out(published, summary):
    table = beside_published(published, summary, {"one": "epidemic"}, {"one": [*RUNS, "later"]})
    assert "later" not in set(table["method"])


def test_nothing_published_is_an_empty_table(published, summary):
    table = beside_published(published, summary, {"one": "unheard_of"}, {"one": RUNS})
    assert table.empty
    assert list(table.columns) == COLUMNS

"""Results of populations as stored tables."""

import pandas as pd
import pytest

from weightflow.errors import InputError
from weightflow.report.stored_populations import gather_populations
from weightflow.report.stored_tables import COLUMNS


@pytest.fixture
def folder(tmp_path):
    rows = [("p", "aligned", "flow", "nearest", 0.4, 0.1, 2), ("p", "raw", "flow", "nearest", 0.3, 0.1, 2)]
    columns = ["population", "layout", "source", "metric", "mean", "std", "seeds"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "summary.csv", index=False)
    runtime = [("p", "training", 0, 2.0, 9.0), ("p", "training", 1, 4.0, 9.0)]
    pd.DataFrame(runtime, columns=["population", "stage", "seed", "seconds", "max_rss_mb"]).to_csv(
        tmp_path / "runtime.csv", index=False
    )
    return tmp_path


def row(table, **of):
    for name, value in of.items():
        table = table[table[name] == value]
    (found,) = table.itertuples()
    return found


def test_sources_layouts_and_stages_have_a_row_each(folder):
    found = gather_populations(folder, 2)
    assert list(found.columns) == COLUMNS
    assert row(found, model="flow", times="raw").mean == 0.3
    assert (row(found, model="training").mean, row(found, model="training").n) == (3.0, 2)


def test_frontiers_and_fine_tuned_networks_are_averaged_over_seeds(folder):
    names = ["accuracy", "deviation", "nearest", "nearest_varying", "spread", "overlap", "overlap_among"]
    points = [
        ("p", seed, source, value, *[seed / 10] * 7)
        for seed in (1, 3)
        for source, value in (("flow", 0.5), ("trained", None))
    ]
    pd.DataFrame(points, columns=["population", "seed", "source", "value", *names]).to_csv(
        folder / "frontier.csv", index=False
    )
    tuned = [("p", seed, "own", True, "flow", 5, 0.9, 0.95, 10.0 * seed) for seed in (1, 3)]
    columns = ["population", "seed", "task", "frozen", "source", "epochs", "accuracy_mean", "ensemble", "steps_to"]
    pd.DataFrame(tuned, columns=columns).to_csv(folder / "transfer.csv", index=False)
    found = gather_populations(folder, 2)
    assert row(found, model="flow 0.5", times="frontier", metric="overlap").mean == pytest.approx(0.2)
    assert row(found, model="trained", times="frontier", metric="overlap").n == 2
    tuned = found[found["dataset"] == "p → own, last layer only"]
    assert row(tuned, model="flow", metric="steps_to").mean == 20
    assert row(tuned, model="flow", metric="ensemble after 5").mean == 0.95


def test_other_populations_and_variants_are_averaged_over_seeds(folder):
    measures = ["accuracy", "share", "agreement", "distance"]
    zoos = [
        ("p", seed, zoo, zoo == "wide", "behaviour", 12, 0.9, *[seed / 10] * 4)
        for seed in (1, 3)
        for zoo in ("wide", "digits")
    ]
    columns = ["population", "seed", "zoo", "trained", "source", "networks", "accuracy_originals", *measures]
    pd.DataFrame(zoos, columns=columns).to_csv(folder / "zoos.csv", index=False)
    variants = [("p", seed, "base", 0.1, 0.05, "noise", 100, 20.0 * seed, *[seed / 10] * 4) for seed in (1, 3)]
    columns = ["population", "seed", "variant", "structural", "contrastive", "queries", "count", "seconds", *measures]
    pd.DataFrame(variants, columns=columns).to_csv(folder / "variants.csv", index=False)
    found = gather_populations(folder, 2)
    assert row(found, dataset="p → wide", times="reconstructed", metric="agreement").mean == pytest.approx(0.2)
    assert row(found, dataset="p → digits", times="unfamiliar", metric="accuracy_originals").n == 2
    assert row(found, model="base, β = 0.1", times="variants", metric="distance").mean == pytest.approx(0.2)
    assert row(found, model="base, β = 0.1", metric="seconds").mean == 40


def test_other_seeds_and_missing_runs_are_refused(folder):
    with pytest.raises(InputError, match="has 2 seeds and the config 3"):
        gather_populations(folder, 3)
    with pytest.raises(InputError, match="is not there; run `snakemake populations` first"):
        gather_populations(folder / "none", 2)

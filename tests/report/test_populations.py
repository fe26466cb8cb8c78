"""The section about a population: each table that there is something for, a row for each layout."""

import pandas as pd
import pytest

from weightflow.populations.metrics import LEARNED, OF_TUNED, TRAINED, TUNED
from weightflow.report.populations import population_section

SETTINGS = {
    "task": "iris",
    "architecture": {"kind": "mlp"},
    "training": {"networks": 9, "epochs": 2},
    "networks": {"files": None, "module": None},
    "norms": ["training"],
    "transfer": {"goal": 0.9},
}

SPENT = [("p", "training", 0, 2.0), ("p", "training", 1, 4.0), ("p", "flow, raw", 0, 7.0), ("q", "flow", 0, 99.0)]
RUNTIME = pd.DataFrame(SPENT, columns=["population", "stage", "seed", "seconds"])


@pytest.fixture
def summary() -> pd.DataFrame:
    generated = [(layout, source) for layout in ("aligned", "raw") for source in (TRAINED, "flow", "gaussian")]
    rows = [(*pair, metric, 0.5, 0.01) for pair in generated for metric in ("accuracy_mean", "nearest")]
    coded = [("reconstructed", "behaviour", metric, 0.98765, 0.0) for metric in ("share", "agreement")]
    coded += [("reconstructed", "behaviour, unaligned", "agreement", 0.5, 0.0)]
    coded += [("reconstructed", "behaviour, bootstrapped", "nearest", 0.7, float("nan"))]
    coded += [("reconstructed", source, "error_conv0", 0.2, 0.1) for source in ("structure", "behaviour")]
    coded += [("reconstructed", "behaviour", "error_fc", 0.3, 0.1)]
    coded += [("reconstructed", LEARNED, "nearest", 0.8, 0.1), ("reconstructed", LEARNED, "overlap", float("nan"), 0)]
    coded += [("reconstructed", source, "probe_epoch", 0.9, 0.1) for source in ("weights", "behaviour, mean code")]
    coded += [("reconstructed", "weights", f"probe_{name}", 0.4, 0.1) for name in ("initialisation", "learning_rate")]
    table = pd.DataFrame([*rows, *coded], columns=["layout", "source", "metric", "mean", "std"])
    return pd.concat([table.assign(population="p"), table.assign(population="other", mean=9.0)])


def test_every_table_has_its_rows_and_columns(summary):
    tables = population_section("p", SETTINGS, summary, RUNTIME)["tables"]
    labels = [[row["label"] for row in table["rows"]] for table in tables]
    generated = [f"{source}, {layout}" for layout in ("aligned", "raw") for source in (TRAINED, "flow", "gaussian")]
    assert labels == [
        generated,
        ["behaviour", "behaviour, unaligned"],
        ["conv0", "fc"],
        ["behaviour, bootstrapped", LEARNED],
        ["weights", "behaviour, mean code"],
    ]
    assert [table["metrics"] for table in tables] == [
        ["accuracy_mean", "nearest"],
        ["share", "agreement"],
        ["structure", "behaviour"],
        ["nearest", "overlap"],
        ["probe_epoch", "probe_learning_rate", "probe_initialisation"],
    ]
    assert all(set(table["metrics"]) == set(table["meanings"]) for table in tables)


def test_numbers_are_means_and_deviations(summary):
    tables = population_section("p", SETTINGS, summary, RUNTIME)["tables"]
    assert tables[0]["rows"][1]["cells"][0] == {"mean": "0.500", "spread": "0.010", "best": False}
    assert tables[3]["rows"][0]["cells"][0]["spread"] == ""


def test_errors_of_layers_have_a_column_for_each_autoencoder(summary):
    table = population_section("p", SETTINGS, summary, RUNTIME)["tables"][2]
    assert [[cell["mean"] for cell in row["cells"]] for row in table["rows"]] == [["0.200", "0.200"], ["–", "0.300"]]


def test_what_was_not_measured_has_no_table(summary):
    alone = summary[summary["layout"] != "reconstructed"]
    assert len(population_section("p", SETTINGS, alone, RUNTIME)["tables"]) == 1


def test_seconds_are_means_over_seeds_by_stage(summary):
    assert (
        population_section("p", SETTINGS, summary, RUNTIME)["facts"]["seconds of a seed"] == "training: 3; flow, raw: 7"
    )


def test_examples_of_a_user_are_told_with_their_labels(summary):
    examples = {"source": "a.csv", "labels": {f"label{i}": i for i in range(14)}, "test": 5}
    facts = population_section("p", SETTINGS | {"task": None}, summary, RUNTIME, examples)["facts"]
    assert (facts["task"], facts["examples"]) == ("examples of a.csv", "91, and 5 of the test part")
    assert facts["labels"].startswith("label0 (0), label1 (1), ")
    assert facts["labels"].endswith(" and 2 more")


def test_networks_from_files_are_told_as_such(summary):
    def facts(**networks):
        own = SETTINGS | {"networks": SETTINGS["networks"] | networks}
        return population_section("p", own, summary, RUNTIME)["facts"]

    assert facts()["networks"] == "9, 2 epochs each"
    assert facts(files="runs", module="nets.py:Net")["networks"] == "loaded from runs"
    assert facts(files="runs", module="nets.py:Net")["architecture"] == "nets.py:Net"
    assert facts(files=["a.pt", "b.pt"])["networks"] == "loaded from 2 files"


@pytest.mark.parametrize(
    ("norms", "label", "told"),
    [
        ("test", "norms of test inputs", "an ablation, as in DeepWeightFlow's code"),
        ("originals", "norms of originals", "the mean moments"),
    ],
)
def test_other_norms_than_those_of_training_inputs_are_told(summary, norms, label, told):
    new = summary["source"].isin(["flow", "gaussian", "behaviour", "behaviour, bootstrapped"])
    marked = summary.assign(source=summary["source"] + new.map({True: f" ({label})", False: ""}))
    section = population_section("p", SETTINGS | {"norms": [norms]}, marked, RUNTIME)
    assert section["facts"][label].startswith(told)
    labels = [[row["label"] for row in table["rows"]] for table in section["tables"]]
    assert labels[0][:2] == [f"{TRAINED}, aligned", f"flow ({label}), aligned"]
    assert labels[3] == [f"behaviour, bootstrapped ({label})", LEARNED]
    for settings, table in ((SETTINGS, summary), (SETTINGS | {"norms": [norms]}, summary)):  # the latter has no norms
        assert label not in population_section("p", settings, table, RUNTIME)["facts"]


def test_fine_tuned_networks_have_a_row_for_each_source_and_number_of_epochs(summary):
    rows = [
        (population, seed, "own", frozen, source, epochs, *[0.25 + 0.5 * seed] * 6, float("nan"))
        for population in "pq"
        for seed in (0, 1)
        for frozen in (False, True)
        for source in ("flow", "random")
        for epochs in (0, 5)
    ]
    transfer = pd.DataFrame(rows, columns=["population", "seed", "task", *TUNED, *OF_TUNED])
    table = population_section("p", SETTINGS, summary, RUNTIME, transfer=transfer)["tables"][-1]
    assert [row["label"] for row in table["rows"]][:3] == [
        "own: flow, 0 epochs",
        "own: flow, 5 epochs",
        "own: random, 0 epochs",
    ]
    assert table["rows"][-1]["label"] == "own: random, 5 epochs, last layer only"
    assert len(table["rows"]) == 8
    assert table["rows"][0]["cells"][0] == {"mean": "0.500", "spread": "0.354", "best": False}
    assert table["rows"][0]["cells"][-1]["mean"] == "–"
    assert table["metrics"] == OF_TUNED
    assert "an accuracy of 90 %" in table["meanings"]["steps_to"]


def test_other_populations_have_a_row_for_each_autoencoder(summary):
    rows = [
        (population, seed, zoo, trained, source, 12, 0.9, 0.8, 0.8 / 0.9, 0.25 + 0.5 * seed, 0.4)
        for population in "pq"
        for seed in (0, 1)
        for zoo, trained in (("wide", True), ("digits", False))
        for source in ("structure", "behaviour")
    ]
    measures = ["networks", "accuracy_originals", "accuracy", "share", "agreement", "distance"]
    zoos = pd.DataFrame(rows, columns=["population", "seed", "zoo", "trained", "source", *measures])
    table = population_section("p", SETTINGS, summary, RUNTIME, zoos=zoos)["tables"][-1]
    assert [row["label"] for row in table["rows"]] == [
        "wide, trained on, 12 networks: structure",
        "wide, trained on, 12 networks: behaviour",
        "digits, unfamiliar, 12 networks: structure",
        "digits, unfamiliar, 12 networks: behaviour",
    ]
    assert table["metrics"] == list(table["meanings"]) == measures[1:]
    assert table["rows"][0]["cells"][3] == {"mean": "0.500", "spread": "0.354", "best": False}
    assert not any(
        own["title"] == table["title"]
        for own in population_section("r", SETTINGS, summary, RUNTIME, zoos=zoos)["tables"]
    )


def test_variants_have_a_row_for_each_weight_of_the_structural_loss(summary):
    rows = [
        ("p", seed, variant, structural, changes, 20 + seed, 0.8, 0.9, 0.25 + 0.5 * seed, 0.4)
        for seed in (0, 1)
        for variant, changes in (("base", ""), ("plain", "contrastive: 0"))
        for structural in (1.0, 0.1)
    ]
    settings = ["variant", "structural", "changes"]
    measures = ["seconds", "accuracy", "share", "agreement", "distance"]
    variants = pd.DataFrame(rows, columns=["population", "seed", *settings, *measures])
    table = population_section("p", SETTINGS, summary, RUNTIME, variants=variants)["tables"][-1]
    assert [row["label"] for row in table["rows"]] == ["base, β = 1", "base, β = 0.1", "plain, β = 1", "plain, β = 0.1"]
    assert table["metrics"] == list(table["meanings"]) == [*settings[2:], *measures]
    cells = table["rows"][2]["cells"]
    assert [cell["mean"] for cell in cells[:2]] == ["contrastive: 0", "20.5"]
    assert cells[4] == {"mean": "0.500", "spread": "0.354", "best": False}

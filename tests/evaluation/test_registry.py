"""Which metrics are shown, in which order, which of them judge, and how a new metric is entered."""

import subprocess
import sys
import types

import pytest

from weightflow.data.snapshots import Snapshots
from weightflow.evaluation.registry import METRICS, Metric, compared, judge, left_out_name, ordered, panels
from weightflow.evaluation.score_tables import Judge, evaluate, summarise
from weightflow.prediction.predictions import Prediction
from weightflow.registry import Lazy

EVERY = list(METRICS)
SHOWN = {
    "metrics": [
        "w_marginal_exact",
        "w1_marginal",
        "jsd_marginal_exact",
        "kl_exact",
        "w1_joint",
        "nll",
    ],
    "ablation": ["kl_exact", "nll", "jsd_marginal_exact", "w_marginal_exact", "w1_marginal"],
    "leave_one_out": ["w1_loo", "nll_loo"],
    "ablations table": ["w1_marginal"],
}


def test_every_metric_is_explained_and_what_replaces_it_is_another_one():
    for name, metric in METRICS.items():
        assert metric.meaning.endswith(".")
        assert metric.instead is None or metric.instead in set(METRICS) - {name}


def test_metrics_come_in_the_order_of_the_tables_and_unknown_ones_last():
    assert ordered(reversed(EVERY), True) + ordered(["own", *reversed(EVERY)], False) == [*EVERY, "own"]
    assert ordered([], True) == []


def test_the_exact_law_takes_the_place_of_samples():
    assert panels("metrics", ("w_marginal", "w_marginal_exact")) == ["w_marginal_exact"]
    assert panels("metrics", ["w_marginal"]) == ["w_marginal"]


@pytest.mark.parametrize("figure", SHOWN)
def test_a_figure_has_its_panels_in_its_own_order(figure):
    assert panels(figure, EVERY) == SHOWN[figure]
    places = [metric.panels[figure] for metric in METRICS.values() if figure in metric.panels]
    assert sorted(places) == list(range(1, len(places) + 1))


@pytest.mark.parametrize(
    ("there", "law_of_all", "judging"),
    [
        (EVERY, True, "kl_exact"),
        (EVERY, False, "nll"),
        (["nll", "mmd"], True, "nll"),
        (["kl_exact"], False, None),
        ([], True, None),
    ],
)
def test_the_exact_divergence_judges_where_the_law_is_that_of_all_variables(there, law_of_all, judging):
    assert judge(there, law_of_all) == judging


def test_of_those_that_judge_one_is_compared_if_it_can_judge():
    there = ("kl_exact", "nll", "w_marginal", "mmd")
    assert compared("ablation", there, True) == ["kl_exact", "w_marginal"]
    assert compared("ablation", there, False) == ["nll", "w_marginal"]
    assert compared("ablation", ["kl_exact", "w_marginal"], False) == ["kl_exact", "w_marginal"]


def test_metrics_of_left_out_snapshots_are_those_of_the_same_kind():
    left_out = {name: left_out_name(name) for name, metric in METRICS.items() if metric.left_out}
    assert left_out == {
        "nll": "nll_loo",
        "w1_joint": "w1_loo",
        "w2_joint": "w2_loo",
        "mmd": "mmd_loo",
        "mmd_median": "mmd_median_loo",
    }
    for name, own in left_out.items():
        assert (METRICS[own].proper, METRICS[own].linear) == (METRICS[name].proper, METRICS[name].linear)
        assert METRICS[own].meaning == f"As {name}, for a left-out snapshot."


def test_the_registry_needs_neither_figures_nor_networks(root):
    heavy = "{'torch', 'matplotlib', 'numpy', 'scipy', 'pandas'}"
    asked = f"import sys; import weightflow.evaluation.registry; print({heavy} & set(sys.modules))"
    scripts = root / "workflow" / "scripts"
    found = subprocess.run([sys.executable, "-c", asked], cwd=scripts, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_metric_that_is_entered_is_computed(counts: Snapshots, monkeypatch):
    module = types.ModuleType("made_metric")
    module.mean_distance = lambda samples, truth, weights: float(abs(weights @ samples - truth.mean(0)).max())
    monkeypatch.setitem(sys.modules, "made_metric", module)
    entry = Metric(
        "Largest distance of the means.",
        "distance of the means (states)",
        "joint",
        Lazy("made_metric", "mean_distance"),
    )
    monkeypatch.setitem(METRICS, "mean_distance", entry)
    table = evaluate(Judge(counts, None, 4, 1000), Prediction(counts.times, counts.truth), threads=1)
    assert table.loc[table["metric"] == "mean_distance", "time"].tolist() == [0, 5]
    assert table.loc[table["metric"] == "mean_distance", "value"].max() == pytest.approx(0)
    summary = summarise(table.assign(dataset="d", model="m", seed=0))
    assert ordered(summary["metric"], False)[-1] == "mean_distance"

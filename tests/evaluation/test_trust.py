"""The evidence about a model: which times count, and which baseline is the best alternative at each."""

import numpy as np
import pandas as pd
import pytest

from weightflow.data.folds import fold_name
from weightflow.evaluation.calibration import COLUMNS
from weightflow.evaluation.trust import (
    BETTER,
    LEFT_OUT,
    LEVEL,
    PAST,
    SEEN,
    UNSEEN,
    WORSE,
    find_recommended,
    judge_trust,
    verdict_on,
)

RUNS = ["mine", "mixture_kernel", "transport_kernel", "previous"]


def calibration(seen=(True, False, True), dataset="d", model="mine", inside=0.9) -> pd.DataFrame:
    rows = [
        [dataset, model, 0, float(t), is_seen, name, 100, 0.5, inside - 0.2 * (t == 2) * (name == "b"), *[0.1] * 10]
        for t, is_seen in enumerate(seen)
        for name in ("a", "b")
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def metrics(metric="nll") -> pd.DataFrame:
    values = {"mine": [9, 2.0, 3.0], "mixture_kernel": [9, 2.5, np.inf], "transport_kernel": [9, 2.2, 2.9]}
    rows = [
        ["d", model, seed, float(t), t != 1, False, metric, value]
        for model, own in values.items()
        for seed in (0, 1)
        for t, value in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "seed", "time", "seen", "extrapolated", "metric", "value"])


def test_times_that_were_not_observed_come_before_the_snapshots():
    found = judge_trust(calibration(), metrics(), None, "d", "mine", RUNS)
    assert found.evidence == UNSEEN
    assert set(found.calibration["time"]) == {1.0}
    (row,) = found.likelihood.itertuples()
    assert (row.time, row.other, row.gain) == (1.0, "transport_kernel", pytest.approx(0.2))


def test_snapshots_are_the_evidence_if_every_time_was_observed():
    table = metrics().assign(seen=True)
    found = judge_trust(calibration((True, True, True)), table, None, "d", "mine", RUNS)
    assert found.evidence == SEEN
    assert found.likelihood["time"].tolist() == [1.0, 2.0]
    assert found.likelihood["gain"].to_numpy() == pytest.approx([0.2, -0.1])


def test_times_past_the_last_snapshot_are_apart():
    table = metrics()
    table["seen"] = table["time"] == 0
    past = judge_trust(calibration((True, False, False)), table, None, "d", "mine", RUNS)
    assert (past.evidence, past.likelihood["time"].tolist()) == (PAST, [1.0, 2.0])
    table["seen"] |= table["time"] == 1
    both = calibration((True, True, False))
    assert judge_trust(both, table, None, "d", "mine", RUNS).evidence == PAST
    table["seen"] = table["time"] == 2
    inside = judge_trust(calibration((True, False, True)), table, None, "d", "mine", RUNS)
    assert (inside.evidence, inside.likelihood["time"].tolist()) == (UNSEEN, [1.0])


def test_left_out_snapshots_come_first():
    both = pd.concat([calibration(), calibration(dataset=fold_name("d", 1), inside=0.8)])
    found = judge_trust(both, metrics(), metrics("nll_loo"), "d", "mine", RUNS)
    assert found.evidence == LEFT_OUT
    assert set(found.calibration["dataset"]) == {fold_name("d", 1)}
    assert len(found.likelihood) == 3


def test_coverage_is_pooled_and_the_worst_is_named():
    found = judge_trust(calibration((True, True, True)), metrics(), None, "d", "mine", RUNS)
    assert found.coverage(0.9).to_dict() == pytest.approx({"a": 0.9, "b": 0.9 - 0.2 / 3})
    assert found.worst == ("b", 2.0, 0.9, pytest.approx(-0.2))


def test_without_states_or_alternatives_there_is_no_evidence():
    found = judge_trust(calibration()[:0], metrics(), None, "d", "mine", ["mine"])
    assert found.calibration.empty
    assert found.likelihood.empty
    assert found.worst is None


def nll(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index([1.0, 2.0, 3.0], name="time"))


@pytest.mark.parametrize(
    ("mine", "word", "gain"),
    [([1.0, 1.1, 1.2], BETTER, 1.0), ([3.0, 3.1, 3.2], WORSE, -1.0), ([1.0, 2.1, 3.1], LEVEL, 0.0333)],
)
def test_a_verdict_is_level_unless_times_tell_methods_apart(mine, word, gain):
    found = verdict_on(nll(mine=mine, mixture_kernel=[2.0, 2.1, 2.2], transport_kernel=[9.0, 0.1, 9.0]), "mine", RUNS)
    assert (found.word, found.other, found.times) == (word, "mixture_kernel", 3)
    assert found.gain == pytest.approx(gain, abs=1e-3)


def test_one_time_gives_no_standard_error_and_no_verdict_but_level():
    found = verdict_on(nll(mine=[1.0] * 3, mixture_kernel=[2.0] * 3).iloc[:1], "mine", RUNS)
    assert (found.word, found.gain, found.times) == (LEVEL, 1.0, 1)
    assert np.isnan(found.error)


@pytest.mark.parametrize(
    "columns",
    [{"mine": [1.0, 1, 1]}, {"mine": [1, np.inf, 1], "mixture_kernel": [2, 2, 2]}, {"mixture_kernel": [2.0, 2, 2]}],
)
def test_without_an_alternative_or_a_likelihood_there_is_no_verdict(columns):
    assert verdict_on(nll(**columns), "mine", RUNS) is None


def test_an_alternative_that_excludes_a_state_is_not_the_best():
    scores = nll(mine=[1.0, 1, 1], mixture_kernel=[0.5, np.inf, 0.5], transport_kernel=[2.0, 2.1, 2.3])
    assert verdict_on(scores, "mine", RUNS).other == "transport_kernel"
    assert verdict_on(scores[["mine", "mixture_kernel"]], "mine", RUNS) is None


def test_few_times_tell_less_than_two_standard_errors_do():
    """Gains 0.1 and 0.3 are two standard errors ahead, which chance gives three times in ten."""
    scores = nll(mine=[1.0, 1.0, np.nan], mixture_kernel=[1.1, 1.3, 9.0])
    found = verdict_on(scores, "mine", RUNS)
    assert (found.word, found.times, found.gain) == (LEVEL, 2, pytest.approx(0.2))


def test_an_alternative_without_a_likelihood_at_a_time_is_not_the_best():
    scores = nll(mine=[1.0, 1, 1], mixture_kernel=[0.1, np.nan, np.nan], transport_kernel=[2.0, 2.1, 2.3])
    assert verdict_on(scores, "mine", RUNS).other == "transport_kernel"


@pytest.mark.parametrize(("mine", "chosen"), [([1.0, 1.1, 1.0], "mine"), ([2.0, 2.1, 2.0], "mixture_kernel")])
def test_the_model_is_recommended_unless_a_baseline_is_better(mine, chosen):
    rows = [
        {"time": float(t + 1), "model": run, "seen": False, "value": value}
        for run, values in (("mine", mine), ("mixture_kernel", [1.5, 1.61, 1.5]))
        for t, value in enumerate(values)
    ]
    rows.append({"time": 0.0, "model": "mine", "seen": True, "value": 1.0})
    table = pd.DataFrame(rows).assign(dataset="d", seed=0, extrapolated=False, metric="nll")
    assert find_recommended(table, None, "d", "mine", RUNS) == chosen

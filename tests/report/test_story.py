"""Sentences of the report's first page say what the numbers say."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.test_trust import RUNS, calibration, metrics
from weightflow.bands.coverage import COLUMNS as OF_BANDS
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.evaluation.trust import UNSEEN, Trust, Verdict, judge_trust
from weightflow.prediction.answers import COLUMNS
from weightflow.prediction.motion import Motion
from weightflow.report.story import (
    _runs,
    _span,
    shorten,
    tell_answers,
    tell_bands,
    tell_motion,
    tell_parts,
    tell_slowing,
    tell_trust,
    tell_verdict,
)
from weightflow.teaching.teachers import Teacher

TIMES = np.array([0.0, 1, 2, 3])


def motion(*means: list[float], width: float = 2.0) -> Motion:
    middle = np.array(means).T
    bands = np.stack([middle + width * shift for shift in (-1, -0.5, 0, 0.5, 1)], axis=1)
    nothing = np.zeros((0, 0, 0, 0))
    return Motion(TIMES, middle, bands, TIMES[:1], np.zeros((0, 2), dtype=int), nothing)


def data(count: int) -> Snapshots:
    part = [np.ones((2, count), int)] * 4
    return Snapshots(TIMES, part, part, np.ones(4, bool), [f"x{i}" for i in range(count)], Counts(40), "heldout", "day")


@pytest.mark.parametrize(
    ("means", "course"),
    [
        ([1.0, 20, 30, 5], "rises from 1 to 30 at time 2, then falls to 5 at time 3"),
        ([20.0, 15, 10, 5], "falls from 20 to 5 at time 3"),
        ([30.0, 5, 20, 25], "falls from 30 to 5 at time 1, then rises to 25 at time 3"),
        ([10.0, 10.1, 10.05, 10.0], "stays near 10"),
        ([1.0, 30, 29.5, 30], "rises from 1 to 30 at time 1, then stays there until time 3"),
    ],
)
def test_the_course_of_a_mean(means, course):
    (told,) = tell_motion(data(1), motion(means))
    assert told.startswith(f"The mean of x0 {course}. At the first snapshot nine tenths lie between ")


def test_a_certain_start_is_one_number():
    (told,) = tell_motion(data(1), motion([5.0, 6, 7, 8], width=0.0))
    assert told.endswith("At the first snapshot nearly all values are 5; at the last nearly all are 8.")


def test_many_variables_are_cut():
    assert tell_motion(data(8), motion(*[[1.0, 2, 3, 40]] * 8))[-1].startswith("2 more variables")


def answers() -> pd.DataFrame:
    rows = []
    for t, (mine, law) in enumerate([(0.0, 0.0), (0.5, 0.4), (0.2, 0.25), (0.0005, 0.0)]):
        seen = t != 1
        for seed, shift in ((0, 0.02), (1, -0.02)):
            value = mine + shift * (t == 1)
            rows.append(["big", "I > 20", "model", "mine", seed, float(t), seen, value, value, value, None])
        rows.append(["big", "I > 20", "exact law", None, None, float(t), seen, law, law, law, None])
        rows += [["big", "I > 20", "data", None, None, float(t), seen, law, law - 0.01, law + 0.01, 100]] * seen
    return pd.DataFrame(rows, columns=COLUMNS)


def test_an_answer_says_when_and_how_sure():
    (answer,) = tell_answers(answers(), "mine")
    assert (answer.name, answer.event) == ("big", "I > 20")
    assert answer.sentences[0] == (
        "The probability rises from 0.0 % to 50.0 % at time 1, then falls to < 0.1 % at time 3."
    )
    assert "furthest off at time 2: 5.0 percentage points too low; the 95 % interval" in answer.sentences[1]
    assert answer.sentences[2] == "It lies outside the 95 % interval of the data at 1 of 3 snapshots."
    assert "10.0 percentage points from the exact law on average, furthest off at time 1: 10" in answer.sentences[3]
    assert answer.sources == ["model", "data", "exact law"]
    assert answer.sentences[4] == "It is more than 2.0 percentage points off at these times: too high at 1."
    assert answer.rows[1:3] == [("1", "", "50.0 %", "–", "40.0 %"), ("2", "snapshot", "20.0 %", "25.0 %", "25.0 %")]
    assert len(answer.rows) == 4


def test_times_of_one_error_are_told_together():
    away = pd.Series([0.03, 0.04, 0.05, -0.03, -0.03, 0.03], [1.0, 2.0, 3.0, 4.0, 6.0, 20.0])
    found = [(side, _span(part.index)) for side, part in _runs(away, 2.1)]
    assert found == [("high", "1 to 3"), ("low", "4 to 6"), ("high", "20")]


def test_trust_names_the_evidence_the_verdict_and_the_worst():
    told = tell_trust(judge_trust(calibration(), metrics(), None, "d", "mine", RUNS), "mine", 5)
    assert told[0] == "Tested on 100 states at 1 time between the snapshots, which no model was trained on."
    assert told[1].startswith("mine is level with transport_kernel")
    assert told[2].startswith(
        "The model's central 90 % holds 90.0 % of the a, 90.0 % of the b values, over all times: as it should"
    )
    assert "at each time, most often transport_kernel, mine gives the held-out states a higher" in told[-1]
    assert told[-1].endswith("at 1 of 1 times; it is 0.200 nats per variable ahead on average.")
    every = tell_trust(
        judge_trust(calibration((True,) * 3), metrics().assign(seen=True), None, "d", "mine", RUNS), "mine", 5
    )
    assert every[0].startswith("Every time was used for training, so the numbers here tell how well the model fits")
    worst = "furthest off for b at time 2: the central 90 % holds 70.0 % of the values, so the model is too narrow"
    assert any(worst in sentence for sentence in every)
    assert (
        every[-1] == "It is furthest behind at time 2, by 0.100 nats per variable, where transport_kernel is the best."
    )


@pytest.mark.parametrize(("inside", "verdict"), [(0.7, "too narrow for a, b"), (0.99, "too wide for a, b")])
def test_a_wrong_width_is_named(inside, verdict):
    few = calibration(inside=inside)
    told = tell_trust(judge_trust(few.assign(states=9000), metrics(), None, "d", "mine", RUNS), "mine", 5)
    assert verdict in told[2]
    unsure = tell_trust(judge_trust(few.assign(states=5), metrics(), None, "d", "mine", RUNS), "mine", 5)
    assert "so few states cannot tell this from 90 %" in unsure[2]


def test_a_shift_is_named():
    table = calibration().assign(states=9000)
    slope = 0.1 + 0.01 * np.arange(4.5, -5, -1)
    table.loc[table["variable"] == "a", [f"pit_{k + 1}" for k in range(10)]] = slope
    told = tell_trust(judge_trust(table, metrics(), None, "d", "mine", RUNS), "mine", 5)
    assert "On the whole the model is too high or too low for some: a high." in told


def test_without_evidence_the_keys_that_give_it_are_named():
    (told,) = tell_trust(judge_trust(calibration()[:0], metrics(), None, "d", "mine", RUNS), "mine", 5)
    assert "evaluation: {leave_one_out: true}" in told
    (told,) = tell_trust(judge_trust(calibration()[:0], metrics(), None, "d", "mine", RUNS), "mine", 2)
    assert "measure at a third time" in told


def test_two_snapshots_test_nothing_between_them():
    table = calibration((True,) * 3)
    told = tell_trust(judge_trust(table, metrics().assign(seen=True), None, "d", "mine", RUNS), "mine", 2)
    assert told[0].startswith("Nothing tests the model between the snapshots: a path needs both.")


def test_a_likelihood_of_zero_is_named():
    table = metrics()
    table.loc[(table["model"] == "mine") & (table["time"] == 1), "value"] = np.inf
    told = tell_trust(judge_trust(calibration(), table, None, "d", "mine", RUNS), "mine", 5)
    assert told[-1].startswith("At time 1 a state lies where mine has no probability")
    assert told[-1].endswith("relations, or by backbone.levels; change these keys.")


def likelihood(model_nll: list[float], other_nll: list[float]) -> pd.DataFrame:
    table = pd.DataFrame(
        {"time": np.arange(1.0, 4), "model_nll": model_nll, "other_nll": other_nll, "other": "mixture"}
    )
    return table.assign(gain=table["other_nll"] - table["model_nll"])


def test_several_likelihoods_of_zero_are_counted():
    told = tell_trust(Trust(UNSEEN, calibration(), likelihood([1, np.inf, np.inf], [2, 2, 2])), "mine", 5)
    assert told[-1].startswith("At 2 of 3 times, first at time 2, a state lies where mine has no probability")


def test_a_mean_over_some_of_the_times_says_so():
    told = tell_trust(Trust(UNSEEN, calibration(), likelihood([1, 1, 1], [2, np.inf, 2])), "mine", 5)
    assert (
        "ahead on average over the 2 times at which any of them gives every state a positive probability." in told[-1]
    )


def test_chance_is_no_fault():
    few = calibration((True, True, True)).assign(states=8)
    told = tell_trust(judge_trust(few, metrics().assign(seen=True), None, "d", "mine", RUNS), "mine", 5)
    assert not any("furthest off" in sentence for sentence in told)


def test_alternatives_without_any_likelihood_are_told():
    table = metrics()
    table.loc[table["model"] != "mine", "value"] = np.inf
    told = tell_trust(judge_trust(calibration(), table, None, "d", "mine", RUNS), "mine", 5)
    assert told[-1] == "No other method gives the held-out states a positive probability; mine does."


def test_long_tables_are_thinned():
    rows = [(str(k),) for k in range(100)]
    assert [row[0] for row in shorten(rows, 4)] == ["0", "33", "66", "99"]
    assert shorten(rows[:3], 4) == rows[:3]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (
            Verdict("better than", "mixture_kernel", 0.1234, 0.02, 9),
            "mine is better than mixture_kernel, the best of the baselines with a likelihood: 0.123 nats per "
            "variable ahead over 9 times, standard error 0.020.",
        ),
        (
            Verdict("worse than", "mixture_kernel", -0.5, 0.1, 4),
            "mine is worse than mixture_kernel, the best of the baselines with a likelihood: 0.500 nats per "
            "variable behind over 4 times, standard error 0.100. Take mixture_kernel for these data; the "
            "recommended states of this run are its.",
        ),
        (
            Verdict("level with", "other", 0.5, float("nan"), 1),
            "mine is level with other, the best of the baselines with a likelihood: 0.500 nats per variable ahead "
            "over one time. One time cannot tell more.",
        ),
    ],
)
def test_a_verdict_is_one_sentence_with_its_number(verdict, said):
    assert tell_verdict(verdict, "mine") == said


def test_parts_of_cells_are_told_by_growth_way_and_noise():
    parts = (
        (Teacher("growing", way="straight"), 0.2),
        (Teacher("growing", 0.5, growth=1.0, way="mean"), 0.5),
        (Teacher("growing", growth=1.0, way="mean"), 0.2),
        (Teacher("mixture"), 0.1),
    )
    assert tell_parts(parts) == (
        "growth 0: 20%, 1: 70%; way straight: 20%, mean: 70%; noise 0: 40%, 0.5: 50%; mixture and other members: 10%."
    )
    assert tell_parts(((Teacher("mixture"), 1.0),)) == ""


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([0.0, 2.0, 4.0], "up to time 6, every variable's quantiles"),
        ([0.0, 2.0, 4.0], "predicted from those before it: 0: 25%, 3: 75%. No snapshot tests more"),
        ([0.0, 4.0], "Two snapshots tell no rate from another, so they have equal weights (0: 25%, 3: 75%)."),
    ],
)
def test_what_is_taught_past_the_last_snapshot_is_told(times, said):
    assert said in tell_slowing(((0.0, 0.25), (3.0, 0.75)), np.array(times))
    assert tell_slowing((), np.array(times)) == ""


def test_the_coverage_of_bands_is_told_with_every_bin_counting_once():
    rows = [(1.0, "observed", 10, 0.9, 0.1), (2.0, "unseen", 10, 1.0, 0.1), (3.0, "unseen", 30, 0.8, 0.1)]
    told = tell_bands(pd.DataFrame(rows, columns=OF_BANDS), 0.9)
    assert told == [
        "The 90 % bands of the marginals hold the true probability of 85.0 % between the snapshots and 90.0 % at them, "
        "among bins with a probability of at least 0.001."
    ]
    assert tell_bands(pd.DataFrame(columns=OF_BANDS), 0.9) == []

"""The choices in the report against the scores behind them."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

from weightflow.evaluation.choices import (
    Choice,
    informed_models,
    rank_models,
    rank_teachers,
    smoothing_scores,
    steps_chosen,
    verdict,
)
from weightflow.evaluation.registry import METRICS
from weightflow.teaching.teachers import FIELDS, Teacher

NLL = METRICS["nll"].words


def teacher_scores(values: dict[tuple[str, float], list[float]], interval: str = "later") -> pd.DataFrame:
    """Scores of (member, noise) at times 20, 30, …, with errors 0.3 at every time."""
    rows = [
        (interval, member, noise, 0.0, 0.0, False, 0.0, "straight", 20.0 + 10 * k, 0.2, nll, 0.3)
        for (member, noise), found in values.items()
        for k, nll in enumerate(found)
    ]
    columns = ["interval", *FIELDS, "time", "bandwidth", "nll", "error"]
    return pd.DataFrame(rows, columns=columns)


def teacher(member: str, noise: float = 0.0) -> list[dict]:
    return [{"teacher": dataclasses.asdict(Teacher(member, noise)), "part": 1.0}]


@pytest.fixture
def teachers() -> Choice:
    first = teacher_scores({("bridge", 0.5): [3.0], ("displacement", 0.0): [2.0]}, "first")
    later = teacher_scores({("mixture", 0.0): [9, 9, 9], ("bridge", 0.5): [5, 6, 7], ("bridge", 1.0): [4, 6, 5]})
    made = {"first": teacher("displacement"), "later": teacher("bridge", 0.5)}
    return Choice("teacher", ["a", "b"], None, made, pd.concat([first, later]))


def test_models_whose_teacher_knows_the_system_are_named(teachers):
    assert informed_models([teachers]) == []
    for made in (
        {"first": teacher("kinetic"), "later": teacher("bridge", 0.5)},
        {"first": teacher("bridge", 0.5), "later": teacher("kinetic")},
    ):
        knowing = Choice("teacher", ["c"], None, made, teachers.scores)
        assert informed_models([teachers, knowing, Choice("steps", ["d"], 0, {"steps": 1}, pd.DataFrame())]) == ["c"]


def test_teachers_are_ranked_within_their_interval(teachers):
    table = rank_teachers(teachers, most=10)
    assert list(table["teacher"]) == [
        "displacement",
        "bridge (noise 0.5)",
        "bridge (noise 1)",
        "bridge (noise 0.5)",
        "mixture",
    ]
    assert list(table["interval"]) == ["first"] * 2 + ["later"] * 3
    assert list(table["chosen"]) == [True, False, False, True, False]
    np.testing.assert_allclose(table["nll"], [2, 3, 5, 6, 9])
    np.testing.assert_allclose(table["behind"], [0, 1, 0, 1, 4])
    np.testing.assert_allclose(table["error"], [0.3, 0.3, *[0.3 / np.sqrt(3)] * 3])
    assert table["behind_at"][3] == [1, 0, 2]
    assert table["times"][3] == [20, 30, 40]


def test_the_chosen_teacher_is_shown_however_far_behind(teachers):
    table = rank_teachers(teachers, most=1)
    assert list(table["teacher"]) == ["displacement", "bridge (noise 1)", "bridge (noise 0.5)"]
    assert list(table["candidates"]) == [2, 3, 3]


def test_smoothing_marks_what_was_chosen():
    scores = pd.DataFrame({"hidden": [4, 8], "curvature": 10.0, "roughness": 0.003, "nll": [2.0, 1.0]})
    made = {"hidden": 8, "curvature": 10.0, "roughness": 0.003}
    table = smoothing_scores(Choice("smoothing", ["a"], None, made, scores))
    assert list(table["chosen"]) == [False, True]
    assert list(table["nll"]) == [2.0, 1.0]


def test_without_candidates_there_is_no_smoothing_to_show():
    empty = pd.DataFrame(columns=["hidden", "curvature", "roughness", "nll"])
    assert smoothing_scores(Choice("smoothing", ["a"], None, {"hidden": 8}, empty)).empty


def test_steps_gain_over_no_step():
    scores = pd.DataFrame({"step": [0, 10, 20], "nll": [7.0, 6.75, 6.9]})
    table = steps_chosen([Choice("steps", ["field"], 3, {"steps": 10}, scores)])
    assert table.to_dict("records") == [{"model": "field", "seed": 3, "steps": 10, "most": 20, "gain": 0.25}]
    assert steps_chosen([]).empty


def summary(scores: dict[str, dict[str, float]], std: float, times=("all", "unseen")) -> pd.DataFrame:
    rows = [
        (model, metric, part, mean + (part == "all"), std, 3)
        for part, (model, found) in itertools.product(times, scores.items())
        for metric, mean in found.items()
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "times", "mean", "std", "n"])


def test_the_exact_divergence_ranks_models_over_unseen_times():
    table = summary({"a": {"kl_exact": 0.3, "nll": 1}, "b": {"kl_exact": 0.2, "nll": 2}, "mixture": {"nll": 0}}, 0.01)
    found = rank_models(table, ["a", "b"], law_of_all=True)
    assert (found.metric, found.times) == ("kl_exact", "unseen")
    assert list(found.scores["model"]) == ["b", "a"]
    assert list(found.scores["mean"]) == [0.2, 0.3]


def test_likelihood_ranks_models_where_the_law_is_that_of_some_variables():
    table = summary({"a": {"kl_exact": 0.3, "nll": 1}, "b": {"kl_exact": 0.2, "nll": 2}}, 0.01)
    found = rank_models(table, ["a", "b"], law_of_all=False)
    assert (found.metric, list(found.scores["model"])) == ("nll", ["a", "b"])


def test_likelihood_ranks_models_without_an_exact_law_and_all_times_without_unseen_ones():
    found = rank_models(summary({"a": {"nll": 1}, "b": {"nll": 2}}, 0.1, times=("all",)), ["a", "b"], law_of_all=True)
    assert (found.metric, found.times, found.scores["mean"][0]) == ("nll", "all", 2)


@pytest.mark.parametrize("models", [[], ["a", "c"]])
def test_models_without_scores_are_not_ranked(models):
    assert rank_models(summary({"a": {"nll": 1}, "b": {"nll": 2}}, 0.1), models, law_of_all=True) is None


@pytest.mark.parametrize(
    ("scores", "std", "said"),
    [
        (
            {"a": 1.0, "b": 2.0},
            0.1,
            f"The first model, a, has the lowest {NLL} over unseen times of the 2 models: 1 ±",
        ),
        (
            {"a": 2.0, "b": 1.0},
            0.1,
            f"b has the lowest {NLL} over unseen times of the 2 models: 1 ±",
        ),
        ({"a": 1.0, "b": 1.05}, 0.1, "next is b with 1.05 ± 0.1. The difference is within the standard deviation"),
        ({"a": 1.0, "b": 1.05}, np.nan, "One seed does not tell"),
        ({"a": 1.0}, 0.1, f"a is the only model; its {NLL} over unseen times is 1 ± 0.1."),
        ({"a": np.inf, "b": 2.0}, np.nan, "b has the lowest"),
    ],
)
def test_the_verdict_says_why(scores, std, said):
    table = summary({model: {"nll": value} for model, value in scores.items()}, std)
    text = verdict(rank_models(table, list(scores), law_of_all=True), "a")
    assert said in text
    assert text.endswith(".")
    assert "nan" not in text


def test_a_clear_difference_needs_no_caveat():
    table = summary({"a": {"nll": 1}, "b": {"nll": 2}}, 0.1)
    assert verdict(rank_models(table, ["a", "b"], law_of_all=True), "a").count(". ") == 0


def test_without_scores_there_is_no_verdict():
    assert verdict(None, "a") == ""


def test_infinite_scores_are_told_as_such():
    told = verdict(rank_models(summary({"a": {"nll": np.inf}, "b": {"nll": 2}}, 0.1), ["a", "b"], law_of_all=True), "a")
    assert told.endswith("a, has ∞.")
    told = verdict(rank_models(summary({"a": {"nll": np.inf}, "b": {"nll": np.inf}}, 0.1), ["a", "b"], True), "a")
    assert (
        "is infinite for all models: a state is excluded by the data set's ranges or relations, or by backbone.levels."
        in told
    )

"""Answers of the data, of the exact law and of models, against sums written out here."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from tests.prediction.test_fitted import LEVELS, TIMES, fitted
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.laws.law import GaussianLaw, PoissonLaw, TableLaw
from weightflow.prediction import answers as module
from weightflow.prediction.answers import COLUMNS, answer_questions, answered_times
from weightflow.systems.events import compile_questions

NAMES = ["S", "I"]


@pytest.fixture
def data(rng) -> Snapshots:
    parts = [[rng.integers(0, LEVELS, (30, 2)) for _ in TIMES] for _ in range(2)]
    return Snapshots(TIMES, *parts, np.array([True, False, True]), NAMES, Counts(LEVELS), "heldout", "day")


def asked(**questions: str):
    return compile_questions(questions, NAMES, "data set d")


def part(table: pd.DataFrame, source: str) -> pd.DataFrame:
    assert list(table) == COLUMNS
    return table[table["source"] == source]


def test_the_data_answer_by_their_share_of_states(data):
    found = part(answer_questions(asked(big="I > 2", both="I > 2 and S < t"), data, None, []), "data")
    for (_, row), (time, name) in zip(found.iterrows(), itertools.product(range(3), ("big", "both")), strict=True):
        states = np.concatenate([data.training[time], data.heldout[time]])
        holds = (states[:, 1] > 2) & ((name == "big") | (states[:, 0] < time))
        assert (row["question"], row["time"], row["states"]) == (name, time, 60)
        assert row["probability"] == pytest.approx(holds.mean())
        assert row["low"] <= row["probability"] <= row["high"]
        assert row["observed"] == (time != 1)


def test_states_that_are_in_both_parts_count_once(data):
    data.heldout[1] = data.training[1]
    found = part(answer_questions(asked(big="I > 2"), data, None, []), "data")
    assert found["states"].tolist() == [60, 30, 60]


def test_a_table_of_the_law_answers_by_a_sum(data, rng):
    states = np.array(list(itertools.product(range(LEVELS), repeat=2)))
    law = TableLaw(TIMES, states, rng.dirichlet(np.ones(len(states)), 3), np.zeros(3))
    found = part(answer_questions(asked(one="I >= 3", two="S > I"), data, law, []), "exact law")
    for _, row in found.iterrows():
        holds = states[:, 1] >= 3 if row["question"] == "one" else states[:, 0] > states[:, 1]
        assert row["probability"] == pytest.approx(law.probabilities[int(row["time"])] @ holds)
        assert row["low"] == row["high"] == row["probability"]


def test_a_law_answers_only_about_the_variables_it_covers(data):
    law = TableLaw(TIMES, np.arange(LEVELS)[:, None], np.full((3, LEVELS), 1 / LEVELS), np.zeros(3), np.array([1]))
    found = part(answer_questions(asked(covered="I == 0", other="S == 0"), data, law, []), "exact law")
    assert set(found["question"]) == {"covered"}
    assert found["probability"].to_numpy() == pytest.approx(1 / LEVELS)


def test_a_law_of_real_values_is_drawn(data):
    law = GaussianLaw(TIMES, np.zeros((3, 2)), np.stack([np.eye(2)] * 3))
    found = part(answer_questions(asked(one="I > 0", two="I > 0 and S > 0"), data, law, []), "exact law")
    for name, wanted in (("one", 0.5), ("two", 0.25)):
        own = found[found["question"] == name]
        assert ((own["low"] <= wanted + 0.01) & (own["high"] >= wanted - 0.01)).all()


def test_a_poisson_law_is_exact_in_one_variable_and_drawn_in_two(data):
    law = PoissonLaw(TIMES, np.array([[1.0, 2.0]] * 3))
    found = part(answer_questions(asked(one="I >= 3", two="I >= 3 and S > 0"), data, law, []), "exact law")
    one, two = (found[found["question"] == name] for name in ("one", "two"))
    exact = poisson.sf(2, 2.0)
    assert one["probability"].to_numpy() == pytest.approx(exact, abs=1e-6)
    wanted = exact * poisson.sf(0, 1.0)
    assert ((two["low"] <= wanted + 0.01) & (two["high"] >= wanted - 0.01)).all()
    assert (two["high"] > two["low"]).all()


@pytest.mark.parametrize("most", [10**6, 1])
def test_a_model_answers_by_a_sum_or_by_draws(data, monkeypatch, most):
    monkeypatch.setattr(module, "MOST_STATES", most)
    model = fitted(data)
    found = part(answer_questions(asked(one="I >= 3", two="S > I"), data, None, [model]), "model")
    states = np.array(list(itertools.product(range(LEVELS), repeat=2)))
    for _, row in found[found["time"] % 0.5 == 0].iterrows():
        (density,) = model.along(np.array([row["time"]]), 10**6, 1)
        p = np.exp(density.log_prob(states))
        holds = states[:, 1] >= 3 if row["question"] == "one" else states[:, 0] > states[:, 1]
        assert row["probability"] == pytest.approx(
            p @ holds, abs=1e-5 if most > 1 or row["question"] == "one" else 0.02
        )
        assert (row["model"], row["seed"]) == (model.name, model.seed)


def test_models_say_nothing_before_the_first_snapshot(data):
    data.is_observed[:] = [False, True, True]
    found = part(answer_questions(asked(one="I >= 3"), data, None, [fitted(data)]), "model")
    assert found["time"].tolist() == np.linspace(1, 2, 81).tolist()
    assert found["observed"].sum() == 2


def test_times_of_the_data_suffice_if_they_are_many(data):
    many = dataclasses.replace(data, times=np.arange(50.0), is_observed=np.arange(50) % 7 == 0)
    assert answered_times(many).tolist() == list(range(50))
    few = answered_times(data)
    assert set(data.times) <= set(few)
    assert len(few) == 81


def test_scaled_values_are_asked_in_the_units_of_the_file(rng):
    from weightflow.data.representation import Representation
    from weightflow.data.state_space import Reals

    values = [rng.normal(100, 10, (50, 2)) for _ in TIMES]
    made = Representation(NAMES, np.full(2, 100.0), np.eye(2) / 10, np.eye(2) * 10)
    parts = [made.states(v) for v in values]
    data = Snapshots(TIMES, parts, [], np.ones(3, bool), NAMES, Reals.of(parts), "training", "day", made)
    found = part(answer_questions(asked(high="S > 105"), data, None, []), "data")
    assert found["probability"].to_numpy() == pytest.approx([np.mean(v[:, 0] > 105) for v in values])


@pytest.mark.parametrize("event", ["X > 1", "I + 1", "I > "])
def test_faulty_questions_are_named(refused, event):
    with refused(r"data set d\.questions\.mine: "):
        asked(mine=event)

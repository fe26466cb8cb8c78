"""Scores of teachers: sizes of a comparison, and the log-likelihoods behind the table."""

import numpy as np
import pytest

from weightflow.data.state_space import Reals
from weightflow.teaching import scoring
from weightflow.teaching.scoring import EVERY, Effort, score_teachers
from weightflow.teaching.teachers import Teacher

ASKED = [Teacher("growing"), Teacher("growing", 0.5), Teacher("mixture")]
EFFORT = Effort(left_out=3, states=50, draws=2, particles=40)


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(count, 3)) + t for t, count in enumerate((60, 70, 80, 90, 30, 40, 50))]


def scores(cells, asked=ASKED, effort=EFFORT):
    times = np.arange(float(len(cells)))
    return score_teachers(asked, cells, times, Reals.of(cells), np.random.default_rng(1), effort=effort)


def test_as_many_snapshots_and_states_are_compared_as_said(cells):
    found = scores(cells)
    assert found.places == [1, 3, 5]
    assert [found.log_probs(k).shape for k in found.places] == [(3, 50), (3, 50), (3, 40)]


def test_the_table_has_the_mean_of_every_state(cells):
    found = scores(cells)
    table = found.table({EVERY: found.places})
    for k in found.places:
        own = table[table["time"] == k]
        np.testing.assert_allclose(-found.log_probs(k).mean(1), own["nll"])


def test_the_likeliest_has_no_error(cells):
    found = scores(cells)
    table = found.table({EVERY: found.places})
    means = table.groupby(["member", "noise"])["nll"].mean()
    assert (table.set_index(["member", "noise"]).loc[[means.idxmin()], "error"] == 0).all()


def test_an_interval_that_no_snapshot_judges_has_no_scores(cells):
    assert scores(cells).table({"later": []}).empty


def test_of_very_many_variables_ten_pairs_are_judged(monkeypatch, cells):
    wide = [
        np.concatenate([part] * 5, axis=1) + np.random.default_rng(2).normal(size=(len(part), 15)) for part in cells
    ]
    judged = []
    real = scoring.log_probs
    monkeypatch.setattr(scoring, "log_probs", lambda *args: judged.append(args[0].shape) or real(*args))
    scores(wide, [Teacher("mixture")], Effort(1, 50, 1, 40))
    assert judged == [(40, 2)] * 10

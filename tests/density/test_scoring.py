"""Scores of densities against SciPy and against enumeration of all states; undefined scores are left out."""

from itertools import product

import numpy as np
import pytest
from scipy.special import rel_entr

from weightflow.data.state_space import Counts
from weightflow.density.scoring import fit_levels, marginals, score
from weightflow.laws.law import RAREST, TableLaw, known_law, write_law

STATES = np.array(list(product(range(4), range(3))))


class Table:
    """A density that is a table of probabilities over the first states of a grid."""

    def __init__(self, probabilities: np.ndarray):
        self.probabilities = probabilities

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        inside = (states < self.probabilities.shape).all(1)
        found = np.full(len(states), -np.inf)
        with np.errstate(divide="ignore"):
            found[inside] = np.log(self.probabilities[tuple(states[inside].T)])
        return found

    def marginals(self, space: Counts, levels: int | None = None) -> np.ndarray:
        return np.stack([fit_levels(self.probabilities.sum(1 - axis), levels or space.levels) for axis in (0, 1)])

    def of(self, variables: np.ndarray) -> "Table | None":
        if len(variables) == self.probabilities.ndim:
            return self
        return Table(self.probabilities.sum(1)) if variables.tolist() == [0] else None


def tables(seed: int, times: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(12), times).reshape(times, 4, 3)


def law_of(probabilities: np.ndarray) -> TableLaw:
    times = len(probabilities)
    return TableLaw(np.arange(float(times)), STATES, probabilities.reshape(times, -1), np.zeros(times))


def test_distances_from_the_law_equal_scipy():
    p, q = tables(0), tables(1)
    found = score([Table(table) for table in q], [], law_of(p))
    assert sorted(found) == ["kl_exact", "tv_exact"]
    for t in range(3):
        assert found["kl_exact"][t] == pytest.approx(rel_entr(p[t], q[t]).sum())
        assert found["tv_exact"][t] == pytest.approx(np.abs(p[t] - q[t]).sum() / 2)


def test_the_law_itself_has_no_distance():
    p = tables(2)
    found = score([Table(table) for table in p], [], law_of(p))
    np.testing.assert_allclose([found["kl_exact"], found["tv_exact"]], 0, atol=1e-12)


def test_mass_outside_the_laws_states_is_wrong():
    p, q = np.zeros((1, 4, 3)), np.zeros((4, 3))
    p[0, 0, 0] = 1
    q[[0, 1, 2], 0] = 0.5, 0.25, 0.25
    law = TableLaw(np.zeros(1), STATES[:1], np.ones((1, 1)), np.zeros(1))
    for known in (law_of(p), law):
        found = score([Table(q)], [], known)
        assert found["kl_exact"] == pytest.approx(np.log(2))
        assert found["tv_exact"] == pytest.approx(0.5)


def test_states_too_rare_to_count_change_nothing():
    p = np.array([[1 - RAREST / 2, RAREST / 2]])
    law = TableLaw(np.zeros(1), STATES[:2], p, np.zeros(1))
    q = np.zeros((4, 3))
    q[0, 0] = 1
    found = score([Table(q)], [], law)
    assert (found["kl_exact"], found["tv_exact"]) == pytest.approx((0, 0), abs=1e-14)


@pytest.mark.parametrize(("excluded", "infinite"), [(1e-7, False), (1e-5, True)])
def test_a_density_that_excludes_what_happens_is_infinitely_far(excluded, infinite):
    law = TableLaw(np.zeros(1), np.array([[0, 0], [9, 9]]), np.array([[1 - excluded, excluded]]), np.zeros(1))
    q = np.zeros((4, 3))
    q[0, 0] = 1
    found = score([Table(q)], [], law)
    assert np.isinf(found["kl_exact"]).tolist() == [infinite]
    assert found["tv_exact"] == pytest.approx(excluded)


def test_likelihood_is_a_mean_over_states_and_variables():
    q = tables(3)
    heldout = [np.random.default_rng(t).integers(0, [4, 3], (20, 2)) for t in range(3)]
    found = score([Table(table) for table in q], heldout, None)
    assert list(found) == ["nll"]
    for t, states in enumerate(heldout):
        assert found["nll"][t] == pytest.approx(-np.mean([np.log(q[t][tuple(state)]) for state in states]) / 2)


def test_a_state_outside_the_range_has_no_likelihood():
    heldout = [np.array([[0, 0], [4, 0]]), np.array([[0, 0]])]
    found = score([Table(table) for table in tables(4, 2)], heldout, None)["nll"]
    assert np.isinf(found).tolist() == [True, False]


def test_an_unknown_truth_leaves_no_scores():
    for nothing in ([], [np.zeros((0, 2), dtype=int)]):
        assert score([Table(tables(0)[0])], nothing, None) == {}


def test_a_law_at_other_times_is_refused():
    with pytest.raises(ValueError, match="the exact law has 3 times, and there are 1 densities"):
        score([Table(tables(0)[0])], [], law_of(tables(1)))


def test_marginals_of_all_times_are_stacked():
    q = tables(5)
    found = marginals([Table(table) for table in q], Counts(4))
    np.testing.assert_allclose(found[:, 0], q.sum(2))
    np.testing.assert_allclose(found[:, 1, :3], q.sum(1))


def test_levels_are_added_or_dropped():
    p = np.array([[0.125, 0.375, 0.375, 0.125]])
    assert fit_levels(p, 6)[0].tolist() == [0.125, 0.375, 0.375, 0.125, 0, 0]
    assert fit_levels(p, 2)[0].tolist() == [0.125, 0.375]


def test_a_law_is_read_if_there_is_one_that_is_known(tmp_path):
    assert known_law([]) is None
    known = law_of(tables(0))
    unknown = TableLaw(known.times, known.states[:0], known.probabilities[:, :0], np.ones(3))
    for law, expected in ((known, True), (unknown, False)):
        write_law(tmp_path / "law.safetensors", law)
        assert (known_law(tmp_path / "law.safetensors") is not None) == expected

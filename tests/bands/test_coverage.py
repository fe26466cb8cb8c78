"""Coverage of bands around marginals, for every variable with a known truth."""

import numpy as np
import pytest
from scipy.stats import poisson

from weightflow.bands.bands import Bands
from weightflow.bands.coverage import COLUMNS, judge_bands
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Reals
from weightflow.laws.law import PoissonLaw, TableLaw

TIMES = np.array([0.0, 1.0, 2.0])
LEVELS = 12


@pytest.fixture
def law() -> PoissonLaw:
    return PoissonLaw(TIMES, np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 1.0]]))


@pytest.fixture
def data(rng) -> Snapshots:
    part = [rng.integers(0, LEVELS, (20, 2)) for _ in TIMES]
    return Snapshots(TIMES, part, [], np.array([True, True, False]), ["a", "b"], Counts(LEVELS), "training", "t")


def about(middle: np.ndarray, away: float = 0.01, edges: np.ndarray | None = None) -> Bands:
    """Bands of equal width about marginals (T, d, B)."""
    count, variables, _ = middle.shape
    means, nothing = np.zeros((3, count, variables)), np.zeros((3, count, 0))
    ends = np.stack([middle - away, middle, middle + away])
    return Bands(TIMES, ends, np.zeros((0, 0)) if edges is None else edges, means, nothing, (), 0.9)


@pytest.fixture
def bands(law) -> Bands:
    return about(poisson.pmf(np.arange(LEVELS), law.means[:, :, None]))


def test_bands_about_the_truth_hold_all_of_it(law, data, bands):
    found = judge_bands(bands, data, law)
    assert found["time"].tolist() == [1, 2]  # the first is where systems begin
    assert found["times"].tolist() == ["observed", "unseen"]
    np.testing.assert_allclose(found["coverage"], 1)
    np.testing.assert_allclose(found["width"], 0.02)


def test_coverage_is_the_share_of_judged_bins_in_their_bands(law, data, bands):
    shifted = bands.marginals.copy()
    shifted[:, :, :, :2] += 0.5  # four of all bins; those of almost no probability do not count
    found = judge_bands(Bands(TIMES, shifted, bands.edges, bands.means, bands.events, (), 0.9), data, law)
    np.testing.assert_allclose(found["coverage"], 1 - 4 / found["bins"])
    assert (found["bins"] < 2 * LEVELS).all()


def test_variables_whose_law_is_unknown_are_left_out(law, data, bands):
    states = np.arange(30)[:, None]
    one = TableLaw(TIMES, states, poisson.pmf(states[:, 0], law.means[:, 1:]), np.zeros(3), np.array([1]))
    broken = bands.marginals + np.array([0.5, 0.0])[:, None]
    found = judge_bands(Bands(TIMES, broken, bands.edges, bands.means, bands.events, (), 0.9), data, one)
    np.testing.assert_allclose(found["coverage"], 1)


def test_of_an_unknown_law_nothing_is_measured(data, bands):
    assert judge_bands(bands, data, None).columns.tolist() == COLUMNS
    assert judge_bands(bands, data, None).empty


def test_many_held_out_states_stand_for_the_truth_of_real_values(rng):
    states = [rng.normal(size=(60_000, 1)) for _ in TIMES]
    space = Reals.of([part[:100] for part in states])
    data = Snapshots(TIMES, [s[:100] for s in states], states, np.ones(3, bool), ["x"], space, "heldout", "t")
    shares = np.stack([np.histogram(part[:, 0], space.edges(0))[0] / len(part) for part in states])[:, None]
    found = judge_bands(about(shares, 1e-9, space.edges(0)[None]), data, None)
    np.testing.assert_allclose(found["coverage"], 1)
    few = Snapshots(TIMES, data.training, data.training, np.ones(3, bool), ["x"], space, "heldout", "t")
    assert judge_bands(about(shares), few, None).empty

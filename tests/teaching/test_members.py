"""Members of the family of teachers against the laws they stand for."""

import numpy as np
import pytest
from scipy.stats import binom, chisquare

from tests.teaching.ways import between, constant
from weightflow.data.state_space import Counts, Reals
from weightflow.teaching.teachers import Interpolant, Teacher

TIMES = np.array([0.0, 1.0, 3.0])
CORRELATED = np.array([[9.0, 4.0], [4.0, 3.0]])


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_the_bridges_covariance_from_a_point(rng, noise, share):
    way = between(np.zeros((1000, 2)), rng.multivariate_normal([5.0, -1.0], CORRELATED, 1000))
    drawn = way.draw(Teacher("bridge", noise), np.array([2 * share]), 60, rng)[0]
    v = np.cov(way.particles[1].T)
    expected = share**2 * v + noise * share * (1 - share) * v
    np.testing.assert_allclose(np.cov(drawn.T), expected, rtol=0.04)
    np.testing.assert_allclose(drawn.mean(axis=0), share * way.particles[1].mean(axis=0), atol=0.05)


def test_a_bridge_with_noise_one_spreads_like_the_root_of_the_time(rng):
    way = between(np.zeros((1000, 1)), rng.normal(3, 4, (1000, 1)))
    times = np.array([0.02, 0.2, 0.5, 1.0, 2.0])
    spreads = [states.std() for states in way.draw(Teacher("bridge", 1.0), times, 60, rng)]
    np.testing.assert_allclose(spreads, np.sqrt(times / 2) * spreads[-1], rtol=0.03)


def test_a_bridge_keeps_what_the_variables_conserve_together(rng):
    first, last = (np.stack([a, 30 - a], axis=1) for a in (rng.normal(9, 1, 50), rng.normal(20, 3, 50)))
    drawn = between(first, last).sample(Teacher("bridge", 1.0), 0.7, rng)
    np.testing.assert_allclose(drawn.sum(axis=1), 30, atol=1e-6)


@pytest.mark.parametrize(("first", "last"), [(5, 17), (17, 5)])
def test_a_poisson_bridge_between_fixed_ends_is_binomial(rng, first, last):
    share, jumps = 0.3, 12
    way = between(constant(first), constant(last), Counts(18))
    drawn = way.draw(Teacher("poisson", 1.0), np.array([2 * share]), 5, rng)[0]
    made = np.abs(drawn[:, 0] - first)
    assert drawn.dtype == np.int64
    assert ((drawn >= 5) & (drawn <= 17)).all()
    expected = binom.pmf(np.arange(jumps + 1), jumps, share)
    found = np.bincount(made, minlength=jumps + 1)
    few = expected * len(made) < 5
    groups = [np.append(counts[~few], counts[few].sum()) for counts in (found, expected * len(made))]
    assert chisquare(*groups).pvalue > 0.001


def test_a_poisson_bridges_pairs_back_and_forth_add_to_its_spread(rng):
    last, share, noise = rng.normal(100, 6, (1000, 1)).round().astype(int), 0.4, 1.0
    way = between(constant(50, 1000), last, Counts(200))
    change = (way.particles[1] - way.particles[0])[:, 0]
    drawn = way.draw(Teacher("poisson", noise), np.array([2 * share]), 60, rng)[0]
    jumps = share * (1 - share) * np.abs(change).mean()
    expected = share**2 * change.var() + jumps + noise * share * (1 - share) * change.var()
    assert drawn.var() == pytest.approx(expected, rel=0.04)
    assert drawn.mean() == pytest.approx(50 + share * change.mean(), abs=0.2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_mixture_takes_the_snapshots_in_proportion_to_their_nearness(rng, share):
    drawn = between(constant(0), constant(9), Counts(10)).draw(Teacher("mixture"), np.array([2 * share]), 10, rng)[0]
    assert set(drawn.flatten()) == {0, 9}
    assert (drawn == 9).mean() == pytest.approx(share, abs=0.02)


def test_a_blend_takes_its_share_from_the_mixture(rng):
    drawn = between(constant(0), constant(8), Counts(9)).draw(Teacher("blend", 0.5, 0.25), np.ones(1), 10, rng)[0]
    assert set(drawn.flatten()) == {0, 4, 8}
    assert (drawn != 4).mean() == pytest.approx(0.25, abs=0.02)


def test_a_displacement_follows_its_coupled_states(rng):
    way = between(rng.normal(size=(30, 2)), rng.normal(9, 2, (30, 2)))
    halfway = way.sample(Teacher("displacement"), 1.0, rng)
    np.testing.assert_allclose(halfway, way.particles.mean(axis=0), atol=1e-12)


@pytest.fixture
def cells(rng):
    """Three snapshots of two clusters far apart, of which one grows from a half to nine tenths."""

    def snapshot(count, share, shift):
        first = np.arange(count) < share * count
        return rng.normal(0, 0.3, (count, 2)) + np.where(first[:, None], [0.0, 0.0], [8.0, 0.0]) + [0.0, shift]

    return [snapshot(200, 0.5, 0.0), snapshot(160, 0.9, 1.0), snapshot(180, 0.9, 2.0)]


def growing_way(snapshots, rng, times=TIMES):
    return Interpolant(snapshots, times, Reals.of(snapshots), rng)


def test_clusters_that_grow_are_not_emptied_into_each_other(rng, cells):
    way = growing_way(cells, rng)
    halfway = {
        growth: (np.abs(way.sample(Teacher("growing", growth=growth), 0.5 * TIMES[1], rng)[:, 0] - 4) < 2).mean()
        for growth in (0.0, 10.0)
    }
    assert halfway[0.0] > 0.3  # two of five cells of the second cluster are on their way
    assert halfway[10.0] < 0.1


def test_growing_states_are_the_snapshots_at_their_times_and_as_many_as_particles(rng, cells):
    way = growing_way(cells, rng)
    assert len(way.sample(Teacher("growing"), 0.3, rng)) == 200
    near = way.sample(Teacher("growing"), TIMES[1] * 1e-9, rng)
    assert np.sqrt(((near[:, None] - cells[0]) ** 2).sum(-1)).min(1).max() < 1e-3


@pytest.mark.parametrize("length", [1.0, 4.0])
def test_growing_noise_is_a_diffusion_per_unit_of_time(rng, length):
    end = np.resize([-1.0, 1.0], (600, 1))  # equally far from the start, so that no way is preferred
    way = growing_way([np.zeros((600, 1)), end], rng, np.array([0.0, length]))
    moved = np.concatenate([way.sample(Teacher("growing", 0.5), 0.5 * length, rng) for _ in range(10)])
    assert way.growing.diffusion == pytest.approx(1 / length)
    assert moved.var() == pytest.approx(0.25 + 0.5 * 0.25, rel=0.05)


def test_counts_do_not_grow(rng):
    way = between(constant(3), constant(9), Counts(12))
    with pytest.raises(ValueError, match="counts do not grow"):
        way.sample(Teacher("growing"), 0.5, rng)


def test_a_constant_variable_stays_constant(rng):
    cells = [np.column_stack([rng.normal(t, 1, 200), np.full(200, 7.0)]) for t in range(3)]
    way = growing_way(cells, rng)
    found = way.sample(Teacher("growing", 0.5), 0.5 * TIMES[1], rng)
    np.testing.assert_allclose(found[:, 1], 7.0)
    assert found[:, 0].std() > 0.5

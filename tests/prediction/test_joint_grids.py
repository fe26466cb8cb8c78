"""Grids of joint probabilities are those of the density, exact where it can enumerate them."""

import numpy as np
import pytest
import torch

from tests.conftest import real_density
from weightflow.data.relations import Relation
from weightflow.data.state_space import BINS, Counts, Range, Reals
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.prediction import joint_grids as module
from weightflow.prediction.figure_grids import bin_counts
from weightflow.prediction.joint_grids import grid_bins, joint_grids


def drawn(variables: int, states: int) -> tuple[GRUBackbone, torch.Tensor]:
    """A backbone, and two sets of weights for it."""
    backbone = GRUBackbone(variables, CountHead(states), hidden=4)
    return backbone, 3 * backbone.initial(2, torch.Generator().manual_seed(3))


def enumerated(backbone: GRUBackbone, weights: torch.Tensor, variables: int, pair: tuple[int, int]) -> np.ndarray:
    """(S, L, L) sums of the density over all states."""
    axes = [torch.arange(backbone.head.levels)] * variables
    states = torch.cartesian_prod(*axes).reshape(-1, variables)
    with torch.no_grad():
        whole = backbone.log_prob(weights, states).exp().numpy()
    others = tuple(1 + v for v in range(variables) if v not in pair)
    return whole.reshape(-1, *[backbone.head.levels] * variables).sum(others)


@pytest.mark.parametrize("variables", [2, 3])
def test_the_first_two_variables_are_enumerated(variables):
    backbone, weights = drawn(variables, 5)
    grids = joint_grids(backbone, weights, Counts(backbone.head.levels), (0, 1), seed=0)
    assert grids.dtype == np.float32
    np.testing.assert_allclose(grids, enumerated(backbone, weights, variables, (0, 1)), atol=1e-6)
    np.testing.assert_allclose(grids.sum((1, 2)), 1, rtol=1e-6)
    marginals = backbone.marginals(weights, 1000, torch.Generator())
    np.testing.assert_allclose(grids.sum(2), marginals[:, 0], atol=1e-6)
    np.testing.assert_allclose(grids.sum(1), marginals[:, 1], atol=1e-6)


def test_the_first_two_are_exact_in_either_order():
    backbone = GRUBackbone(3, CountHead(5), hidden=4, order=(1, 0, 2))
    weights = 3 * backbone.initial(2, torch.Generator().manual_seed(3))
    grids = joint_grids(backbone, weights, Counts(5), (0, 1), seed=0)
    np.testing.assert_allclose(grids, enumerated(backbone, weights, 3, (0, 1)), atol=1e-6)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_other_variables_are_the_mean_over_drawn_states(order):
    backbone, weights = drawn(3, 5)
    backbone.order = order  # with another one than this backbone's, states are counted alone
    grids = joint_grids(backbone, weights, Counts(backbone.head.levels), (1, 2), seed=0)
    np.testing.assert_allclose(grids, enumerated(backbone, weights, 3, (1, 2)), atol=0.03)
    np.testing.assert_allclose(grids.sum((1, 2)), 1, rtol=1e-6)
    np.testing.assert_array_equal(grids, joint_grids(backbone, weights, Counts(backbone.head.levels), (1, 2), seed=0))


def test_a_large_grid_sums_over_equally_many_counts(monkeypatch):
    backbone, weights = drawn(2, 7)
    fine = joint_grids(backbone, weights, Counts(backbone.head.levels), (0, 1), seed=0)
    monkeypatch.setattr(module, "MOST_PROBABILITIES", 2 * 4**2)
    coarse = joint_grids(backbone, weights, Counts(backbone.head.levels), (0, 1), seed=0)
    assert coarse.shape == (2, 4, 4)
    np.testing.assert_allclose(coarse[:, 1, 2], fine[:, 2:4, 4:6].sum((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(coarse[:, 3, 3], fine[:, 6, 6], rtol=1e-5)


def test_without_a_pair_or_with_too_many_states_there_is_no_grid():
    backbone, weights = drawn(1, 5)
    assert joint_grids(backbone, weights, Counts(backbone.head.levels), (0,), seed=0).size == 0
    backbone, weights = drawn(2, 513)
    assert joint_grids(backbone, weights, Counts(backbone.head.levels), (0, 1), seed=0).size == 0


@pytest.mark.parametrize(("states", "times"), [(56, 101), (100, 101), (512, 101), (7, 1), (512, 100_000)])
def test_a_grids_size_tells_how_many_counts_a_bin_holds(states, times):
    bins = grid_bins(states, times)
    counts = bin_counts(states, bins)
    assert bins <= states
    assert times * bins**2 <= module.MOST_PROBABILITIES
    assert (bins - 1) * counts < states <= bins * counts


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 2), (2, 0, 1)])
def test_grids_of_real_values_are_the_histograms_of_many_samples(order):
    backbone, weights, space, samples = real_density(order)
    pair = (len(order) - 2, len(order) - 1)
    grids = joint_grids(backbone, weights, space, pair, seed=0)
    assert grids.shape == (2, BINS, BINS)
    assert grids.dtype == np.float32
    np.testing.assert_allclose(grids.sum((1, 2)), 1, atol=1e-3)
    np.testing.assert_array_equal(grids, joint_grids(backbone, weights, space, pair, seed=0))
    for grid, own in zip(grids, samples, strict=True):
        found = np.histogram2d(*own[:, pair].T, bins=[space.edges(v) for v in pair])[0] / len(own)
        coarse, expected = (whole.reshape(12, 10, 12, 10).sum((1, 3)) for whole in (grid, found))
        np.testing.assert_allclose(coarse, expected, atol=0.03)
        # All else equal, transposing would be as far off as the pair is asymmetric.
        assert np.abs(coarse - expected).sum() < 0.3 * np.abs(coarse.T - expected).sum()


@pytest.mark.parametrize("order", [(0, 1), (0, 1, 2)])
def test_the_first_two_real_variables_have_the_density_itself(order):
    backbone, weights, space, _ = real_density(order)
    grids = joint_grids(backbone, weights, space, (0, 1), seed=0)
    edges = [space.edges(v) for v in (0, 1)]
    centres = [torch.from_numpy((ends[:-1] + ends[1:]) / 2).float() for ends in edges]
    states = torch.cartesian_prod(*centres)
    with torch.no_grad():
        density = backbone.prefix_log_prob(weights, states).exp().double().numpy().reshape(2, BINS, BINS)
    expected = density * np.outer(*map(np.diff, edges))
    np.testing.assert_allclose(grids, expected, atol=0.05 * expected.max())
    assert np.abs(grids - expected).sum() < 0.04


def test_what_lies_beyond_the_bins_is_left_out():
    backbone, weights, space, samples = real_density((0, 1))
    high = tuple(np.quantile(samples.reshape(-1, 2), 0.8, axis=0))
    small = Reals(space.mean, space.spread, space.low, high)
    grids = joint_grids(backbone, weights, small, (0, 1), seed=0)
    for grid, own in zip(grids, samples, strict=True):
        inside = [(own[:, v] > small.edges(v)[0]) & (own[:, v] <= small.edges(v)[-1]) for v in (0, 1)]
        assert grid.sum() == pytest.approx((inside[0] & inside[1]).mean(), abs=0.02)


def test_too_many_times_of_real_values_have_no_grid(monkeypatch):
    backbone, weights, space, _ = real_density((0, 1))
    monkeypatch.setattr(module, "MOST_PROBABILITIES", 2 * BINS**2 - 1)
    assert joint_grids(backbone, weights, space, (0, 1), seed=0).size == 0


RELATED = Counts.of([Range(6), Range(4), Range(6)], [Relation((1, 1, 1), 6, 1)])


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (0, 2), (2, 1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_a_computed_variable_has_grids_too(pair, order):
    backbone = GRUBackbone(3, CountHead(RELATED), hidden=4, order=order)
    weights = 3 * backbone.initial(2, torch.Generator().manual_seed(3))
    grids = joint_grids(backbone, weights, RELATED, pair, seed=0)
    states = np.array([(a, 6 - a - b, b) for a in range(7) for b in range(7) if 0 <= 6 - a - b <= 4])
    with torch.no_grad():
        probabilities = backbone.log_prob(weights, torch.tensor(states)).exp().numpy()
    expected = np.zeros((2, 7, 7))
    for state, share in zip(states, probabilities.T, strict=True):
        expected[:, state[pair[0]], state[pair[1]]] += share
    np.testing.assert_allclose(grids, expected, atol=1e-5 if pair == (0, 2) else 0.03)
    np.testing.assert_allclose(grids.sum((1, 2)), 1, rtol=1e-4)


def test_impossible_pairs_have_no_mass_and_no_nan():
    space = Counts.of([Range(9), Range(4), Range(9)], [Relation((1, -1, 1), 2, 2)])
    backbone = GRUBackbone(3, CountHead(space), hidden=4, order=(1, 0, 2))
    weights = 3 * backbone.initial(2, torch.Generator().manual_seed(3))
    for pair in ((0, 1), (1, 2), (0, 2)):
        grids = joint_grids(backbone, weights, space, pair, seed=0)
        assert np.isfinite(grids).all()
        np.testing.assert_allclose(grids.sum((1, 2)), 1, rtol=1e-4)

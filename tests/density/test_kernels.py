"""Smoothed densities against tables over all states, worked out directly."""

from itertools import pairwise, product

import numpy as np
import pytest
from scipy.stats import chisquare, gaussian_kde, kstest, norm

from weightflow.data.state_space import BINS, Counts, Range, Reals
from weightflow.density import kernels as module
from weightflow.density.kernels import (
    MULTIPLES,
    NARROWEST,
    UNIFORM,
    AddOneDensity,
    CountKernels,
    GaussianKernels,
    LeftOut,
    best_multiple,
    kernels,
)


def cloud(variables: int, levels: int, count: int = 15) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(variables)
    return rng.integers(0, levels, (count, variables)), rng.dirichlet(np.ones(count))


def grid(variables: int, levels: int) -> np.ndarray:
    return np.array(list(product(range(levels), repeat=variables)))


def direct(density: CountKernels, state: np.ndarray) -> float:
    """The sum over samples of the product over variables, term by term."""
    total = 0.0
    spread = np.sqrt(
        np.average((density.states - np.average(density.states, 0, density.weights)) ** 2, 0, density.weights)
    )
    for centre, weight in zip(density.states, density.weights, strict=True):
        term = weight
        for x, y, s in zip(centre, state, spread, strict=True):
            weights = norm(x, max(density.multiple * s, NARROWEST)).pdf(np.arange(density.space.levels))
            term *= (1 - UNIFORM) * weights[y] / weights.sum() + UNIFORM / density.space.levels
        total += term
    return total


@pytest.mark.slow
@pytest.mark.parametrize(("variables", "levels"), [(1, 9), (2, 5), (3, 4), (5, 3)])
@pytest.mark.parametrize("dense", [0, 30], ids=["gathered", "matrix product"])
def test_kernel_density_equals_the_sum_over_samples(variables, levels, dense, monkeypatch):
    monkeypatch.setattr(module, "_DENSE", dense)
    density = CountKernels(*cloud(variables, levels), 0.4, Counts(levels))
    states = grid(variables, levels)[::3]
    np.testing.assert_allclose(np.exp(density.log_prob(states)), [direct(density, state) for state in states])


@pytest.mark.parametrize("variables", [1, 2, 4])
def test_small_batches_change_nothing(variables, monkeypatch):
    density, states = CountKernels(*cloud(variables, 4), 0.4, Counts(4)), grid(variables, 4)
    whole = density.log_prob(states)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    np.testing.assert_allclose(density.log_prob(states), whole)


DENSITIES = {
    "kernel": lambda states, weights, levels: CountKernels(states, weights, 0.7, Counts(levels)),
    "add one": lambda states, weights, levels: AddOneDensity(states, weights, 30, Counts(levels)),
}


@pytest.mark.parametrize("make", DENSITIES.values(), ids=DENSITIES)
@pytest.mark.parametrize(("variables", "levels"), [(1, 7), (2, 5), (3, 4)])
def test_a_density_sums_to_one_and_so_do_its_marginals(make, variables, levels):
    density = make(*cloud(variables, levels), levels)
    table = np.exp(density.log_prob(grid(variables, levels))).reshape([levels] * variables)
    assert table.sum() == pytest.approx(1)
    for i, marginal in enumerate(density.marginals(Counts(levels))):
        np.testing.assert_allclose(marginal, table.sum(tuple(j for j in range(variables) if j != i)))


@pytest.mark.parametrize("make", DENSITIES.values(), ids=DENSITIES)
def test_counts_beyond_the_levels_are_impossible(make):
    density = make(*cloud(2, 5), 5)
    assert np.isinf(density.log_prob(np.array([[5, 0], [0, 0], [1, 99]]))).tolist() == [True, False, True]
    assert np.isinf(density.log_prob(np.array([[5, 5]]))).all()
    longer, shorter = density.marginals(Counts(5), 7), density.marginals(Counts(5), 3)
    assert longer[:, 5:].tolist() == [[0, 0], [0, 0]]
    np.testing.assert_array_equal(shorter[:, :2], longer[:, :2])
    np.testing.assert_allclose(shorter[:, 2], longer[:, 2:].sum(1))  # 2 or more


def test_add_one_by_hand():
    states, weights = np.array([[0, 0], [0, 0], [2, 1]]), np.full(3, 1 / 3)
    density = AddOneDensity(states, weights, 3, Counts(3))
    found = np.exp(density.log_prob(np.array([[0, 0], [2, 1], [1, 1]])))
    assert found == pytest.approx([3 / 12, 2 / 12, 1 / 12])


def test_a_point_mass_stays_where_it_is():
    density = CountKernels(np.full((10, 2), 3), np.full(10, 0.1), 0.3, Counts(8))
    assert density.log_prob(np.array([[3, 3]]))[0] == pytest.approx(0, abs=3e-3)
    assert np.isfinite(density.log_prob(grid(2, 8))).all()


def test_many_variables_neither_vanish_nor_need_a_table():
    rng = np.random.default_rng(0)
    states = rng.integers(0, 4096, (20, 60))
    density = CountKernels(states, np.full(20, 0.05), 0.05, Counts(4096))
    far = density.log_prob(np.zeros((1, 60), dtype=np.int64))
    assert np.isfinite(far).all()
    assert density.log_prob(states).min() > far.max()


def test_samples_follow_the_density():
    density = CountKernels(*cloud(2, 3), 0.5, Counts(3))
    drawn = density.sample(20_000, np.random.default_rng(1))
    expected = np.exp(density.log_prob(grid(2, 3)))
    assert chisquare(np.bincount(drawn @ [3, 1], minlength=9), 20_000 * expected).pvalue > 0.001


def test_the_best_multiple_smooths_few_samples_and_not_the_truth():
    rng = np.random.default_rng(2)
    few, snapshot = rng.poisson(20, (30, 2)), rng.poisson(20, (500, 2))
    wide = best_multiple([LeftOut(few, np.full(30, 1 / 30), snapshot)], Counts(60))
    assert wide >= 0.3
    assert best_multiple([LeftOut(snapshot, np.full(500, 1 / 500), snapshot)], Counts(60)) == MULTIPLES[0]


def test_a_point_mass_among_the_samples_does_not_stop_the_choice():
    still, snapshot = np.full((20, 1), 5), np.array([[5], [6]])
    assert best_multiple([LeftOut(still, np.full(20, 0.05), snapshot)], Counts(10)) in MULTIPLES


@pytest.mark.parametrize("kind", [CountKernels, AddOneDensity])
@pytest.mark.parametrize("variables", [[0], [2, 0], [0, 1, 2]])
def test_some_of_the_variables_have_the_sums_over_the_others(kind, variables):
    states, weights = cloud(3, 4)
    density = kind(states, weights, 0.3 if kind is CountKernels else 9, Counts(4))
    part, everything = density.of(np.array(variables)), grid(3, 4)
    joint = np.exp(density.log_prob(everything))
    for state in grid(len(variables), 4):
        expected = joint[(everything[:, variables] == state).all(1)].sum()
        np.testing.assert_allclose(np.exp(part.log_prob(state[None])), expected, rtol=1e-9)
    np.testing.assert_allclose(part.marginals(Counts(4)), density.marginals(Counts(4))[variables], atol=1e-12)


def test_more_cells_than_a_float_can_count_leave_add_one_finite():
    states = np.zeros((3, 400), dtype=int)
    density = AddOneDensity(states, np.full(3, 1 / 3), 3, Counts(50))
    np.testing.assert_allclose(density.log_prob(states[:1]), np.log(4) - 400 * np.log(50))
    np.testing.assert_allclose(density.marginals(Counts(60)).sum(1), 1)


def real_cloud(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Correlated values in very different units, unequally weighted."""
    rng = np.random.default_rng(3)
    states = rng.multivariate_normal([5, -2], [[4, 1.5], [1.5, 1]], count) * [1e3, 1e-3]
    return states, rng.dirichlet(np.ones(count))


def scipys(states: np.ndarray, weights: np.ndarray, multiple: float) -> gaussian_kde:
    """The same kernels: scipy's covariance is unbiased, by the weights' effective number."""
    return gaussian_kde(states.T, multiple * np.sqrt(1 - np.sum(weights**2)), weights)


@pytest.mark.parametrize("multiple", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("variables", [[0], [1], [0, 1]])
def test_gaussian_kernels_equal_scipys(variables, multiple):
    states, weights = real_cloud()
    asked = states[:7] + 0.1 * states[7:14]
    expected = scipys(states[:, variables], weights, multiple).logpdf(asked[:, variables].T)
    found = GaussianKernels(states[:, variables], weights, multiple).log_prob(asked[:, variables])
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    part = GaussianKernels(states, weights, multiple).of(np.array(variables))
    np.testing.assert_allclose(part.log_prob(asked[:, variables]), found, rtol=1e-12)


def test_gaussian_kernels_score_in_batches(monkeypatch):
    density, states = GaussianKernels(*real_cloud(), 0.3), real_cloud()[0]
    whole = density.log_prob(states)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    np.testing.assert_allclose(density.log_prob(states), whole)
    assert density.log_prob(states[:0]).shape == (0,)


def test_marginals_of_gaussian_kernels_are_scipys_integrals():
    states, weights = real_cloud()
    space = Reals.of([states])
    found = GaussianKernels(states, weights, 0.4).marginals(space)
    for v, masses in enumerate(found):
        alone, edges = scipys(states[:, [v]], weights, 0.4), space.edges(v)
        expected = [alone.integrate_box_1d(edges[i], edges[i + 1]) for i in range(0, len(masses), 10)]
        np.testing.assert_allclose(masses[::10], expected, atol=1e-6)
    assert (found.sum(1) > 0.97).all()
    assert (found.sum(1) <= 1).all()


def test_samples_follow_gaussian_kernels():
    states, weights = real_cloud()
    drawn = GaussianKernels(states, weights, 0.5).sample(20_000, np.random.default_rng(1))
    for v in (0, 1):
        alone = scipys(states[:, [v]], weights, 0.5)
        grid = np.linspace(*(drawn[:, v].min(), drawn[:, v].max()), 400)
        below = np.cumsum([0, *(alone.integrate_box_1d(a, b) for a, b in pairwise(grid))])
        assert kstest(drawn[:, v], lambda x, g=grid, b=below: np.interp(x, g, b)).pvalue > 0.001
    expected = 1.25 * np.cov(states.T, aweights=weights, bias=True)
    np.testing.assert_allclose(np.cov(drawn.T), expected, rtol=0.1)


def test_real_values_on_a_line_or_at_a_point_still_have_a_density():
    line = np.arange(10.0)[:, None] * [1, 2]
    assert np.isfinite(GaussianKernels(line, np.full(10, 0.1), 0.5).log_prob(line)).all()
    still = np.array([[0.0, 3.0], [1.0, 3.0]])
    assert np.isfinite(GaussianKernels(still, np.full(2, 0.5), 0.5).log_prob(still)).all()


def test_the_space_says_which_kernels_suit_it():
    states, weights = cloud(2, 5)
    assert isinstance(kernels(states, weights, 0.3, Counts(5)), CountKernels)
    assert isinstance(kernels(states, weights, 0.3, Reals.of([states])), GaussianKernels)


def test_the_best_multiple_of_real_values_smooths_few_samples():
    rng = np.random.default_rng(2)
    few, many, snapshot = (rng.normal(size=(n, 2)) for n in (30, 3000, 500))
    space = Reals.of([snapshot])
    chosen = [best_multiple([LeftOut(s, np.full(len(s), 1 / len(s)), snapshot)], space) for s in (few, many)]
    assert chosen[1] < chosen[0]


TAILS = Counts.of([Range(4, 0.5), Range(3), Range(6, 0.2)])
LONG = Counts.of([Range(10**6, 0.9), Range(5, 0.3), Range(10**6)])


def tail_cloud(space: Counts, count: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """States some of which lie in the tails."""
    rng = np.random.default_rng(4)
    tops = [own.top + (3 if own.ratio else 0) for own in space.ranges]
    return rng.integers(0, np.array(tops) + 1, (count, len(tops))), rng.dirichlet(np.ones(count))


SMOOTHED = {
    "kernel": lambda cloud, space: CountKernels(*cloud, 0.7, space),
    "add one": lambda cloud, space: AddOneDensity(*cloud, 30, space),
}


@pytest.mark.parametrize("make", SMOOTHED.values(), ids=SMOOTHED)
def test_tails_are_geometric_and_sums_one(make):
    density = make(tail_cloud(TAILS), TAILS)
    tops = [40, 3, 20]
    states = np.array(list(product(*(range(top + 1) for top in tops))))
    table = np.exp(density.log_prob(states)).reshape([top + 1 for top in tops])
    assert table.sum() == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(table[5:] / table[4:-1], 0.5)
    assert np.isinf(density.log_prob(np.array([[0, 4, 0], [-1, 0, 0]]))).all()
    for levels in (2, 5, 7, 30):
        for v, found in enumerate(density.marginals(TAILS, levels)):
            alone = table.sum(tuple(i for i in range(3) if i != v))
            expected = np.bincount(np.minimum(np.arange(len(alone)), levels - 1), alone, levels)
            np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("make", SMOOTHED.values(), ids=SMOOTHED)
@pytest.mark.parametrize("variables", [[0], [1], [2, 0]])
def test_some_variables_with_tails_have_the_sums_over_the_others(make, variables):
    density = make(tail_cloud(TAILS), TAILS)
    states = np.array(list(product(range(41), range(4), range(21))))
    joint = np.exp(density.log_prob(states))
    part = density.of(np.array(variables))
    for state in ([0, 0], [5, 7], [2, 3])[: 3 if len(variables) == 2 else 2]:
        own = np.array(state[: len(variables)])
        expected = joint[(states[:, variables] == own).all(1)].sum()
        np.testing.assert_allclose(np.exp(part.log_prob(own[None])), expected, rtol=1e-6)
    np.testing.assert_allclose(part.marginals(TAILS, 9), density.marginals(TAILS, 9)[variables], atol=1e-9)


def test_samples_follow_the_tails():
    density = CountKernels(*tail_cloud(TAILS), 0.5, TAILS)
    drawn = density.sample(20_000, np.random.default_rng(1))
    for v, expected in enumerate(density.marginals(TAILS, 9)):
        found = np.bincount(np.minimum(drawn[:, v], 8), minlength=9)
        often = expected * 20_000 > 5
        assert chisquare(found[often], expected[often] / expected[often].sum() * found[often].sum()).pvalue > 0.001
        assert found[~often].sum() < 50


@pytest.mark.parametrize("make", SMOOTHED.values(), ids=SMOOTHED)
def test_a_million_counts_need_no_table(make):
    """Sums over a million counts, worked out for one variable at a time."""
    states, weights = tail_cloud(LONG)
    density = make((states, weights), LONG)
    for v in (0, 2):
        alone = density.of(np.array([v]))
        parts = np.array_split(np.arange(10**6 + 1)[:, None], 20)
        probabilities = np.concatenate([np.exp(alone.log_prob(part)) for part in parts])
        probabilities[-1] /= 0.1 if v == 0 else 1  # of the tail's first count
        assert probabilities.sum() == pytest.approx(1, abs=1e-6)
        width = LONG.width(v)
        expected = np.add.reduceat(probabilities, np.arange(0, 10**6 + 1, width))
        np.testing.assert_allclose(density.marginals(LONG)[v], np.pad(expected, (0, BINS - len(expected))), atol=1e-7)
    assert density.marginals(LONG).shape == (3, BINS)
    np.testing.assert_allclose(density.marginals(LONG).sum(1), 1)


def test_samples_of_long_ranges_follow_the_bins():
    density = CountKernels(*tail_cloud(LONG), 0.3, LONG)
    drawn = density.sample(20_000, np.random.default_rng(1))
    for v, expected in enumerate(density.marginals(LONG)):
        found = np.bincount(np.minimum(drawn[:, v] // LONG.width(v), BINS - 1), minlength=BINS)
        often = expected * 20_000 > 5
        found, expected = (
            np.append(found[often], found[~often].sum()),
            np.append(expected[often], expected[~often].sum()),
        )
        kept = expected > 1e-9
        assert chisquare(found[kept], expected[kept] * 20_000).pvalue > 0.001
    assert LONG.contains(drawn).all()


def test_the_largest_counts_take_no_memory():
    space = Counts.of([Range(10**9, 0.9)])
    states = np.array([[0], [5], [999_999_999]])
    for density in (
        CountKernels(states, np.full(3, 1 / 3), 0.5, space),
        AddOneDensity(states, np.full(3, 1 / 3), 3, space),
    ):
        assert np.isfinite(density.log_prob(states)).all()
        np.testing.assert_allclose(density.marginals(space).sum(1), 1)

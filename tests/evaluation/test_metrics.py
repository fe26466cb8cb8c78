"""Metrics against POT, SciPy, plain loops and cases worked by hand."""

from itertools import permutations, product

import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist, jensenshannon
from scipy.stats import wasserstein_distance

from weightflow.evaluation import metrics

count_samples = st.integers(1, 3).flatmap(
    lambda d: st.tuples(
        *(st.integers(2, 12).flatmap(lambda n: arrays(np.int64, (n, d), elements=st.integers(0, 5))) for _ in "xy")
    )
)


def uniform(n: int) -> np.ndarray:
    return np.full(n, 1 / n)


def random_marginals(seed: int, rows: int, levels: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(levels), rows)


def looped_mmd(x, y, a, b, sigmas) -> float:
    """Σ over kernels of the unbiased estimate, pair by pair."""

    def kernel(u, v, sigma):
        return np.exp(-((u - v) ** 2).sum() / (2 * sigma**2))

    def within(z, w, sigma):
        pairs = [(i, j) for i, j in product(range(len(z)), repeat=2) if i != j]
        total = sum(w[i] * w[j] for i, j in pairs)
        return sum(w[i] * w[j] * kernel(z[i], z[j], sigma) for i, j in pairs) / total

    def between(sigma):
        return sum(a[i] * b[j] * kernel(x[i], y[j], sigma) for i in range(len(x)) for j in range(len(y)))

    return sum(within(x, a, s) + within(y, b, s) - 2 * between(s) for s in sigmas)


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_w_marginal_equals_the_best_of_all_permutations(rows):
    p, q = random_marginals(1, rows, 6), random_marginals(2, rows, 6)
    best = min(
        np.mean([np.linalg.norm(p[i] - q[j]) for i, j in enumerate(order)]) for order in permutations(range(rows))
    )
    assert metrics.w_marginal(p, q) == pytest.approx(best)


def test_w_marginal_of_two_certain_counts_is_the_square_root_of_two():
    assert metrics.w_marginal(np.array([[1.0, 0, 0]]), np.array([[0, 0, 1.0]])) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("rows", [1, 3])
def test_jsd_marginal_equals_scipy(rows):
    p, q = random_marginals(3, rows, 8), random_marginals(4, rows, 8)
    assert metrics.jsd_marginal(p, q) == pytest.approx(np.mean(jensenshannon(p, q, axis=1) ** 2), rel=1e-6)


def test_jsd_marginal_of_disjoint_distributions_is_log_two():
    assert metrics.jsd_marginal(np.array([[1.0, 0]]), np.array([[0, 1.0]])) == pytest.approx(np.log(2), rel=1e-6)


@pytest.mark.parametrize("metric", [metrics.w_marginal, metrics.jsd_marginal])
def test_marginal_distance_to_itself_is_zero(metric):
    p = random_marginals(5, 3, 6)
    assert metric(p, p) == pytest.approx(0, abs=1e-12)


@given(count_samples)
def test_w_joint_equals_pot_on_every_sample_by_itself(pair):
    x, y = (z.astype(float) for z in pair)
    cost = cdist(x, y)
    w1, w2 = metrics.w_joint(*pair)
    assert w1 == pytest.approx(ot.emd2(uniform(len(x)), uniform(len(y)), cost), abs=1e-9)
    assert w2 == pytest.approx(np.sqrt(ot.emd2(uniform(len(x)), uniform(len(y)), cost**2)), abs=1e-6)


def test_w_joint_in_one_dimension_equals_the_sorted_differences():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 1)), rng.normal(1, 2, size=(50, 1))
    w1, w2 = metrics.w_joint(x, y)
    assert w1 == pytest.approx(wasserstein_distance(x[:, 0], y[:, 0]))
    assert w2 == pytest.approx(np.sqrt(np.mean((np.sort(x[:, 0]) - np.sort(y[:, 0])) ** 2)))


def test_w_joint_of_a_shift_is_its_length():
    x = np.random.default_rng(0).integers(0, 9, (30, 3))
    assert metrics.w_joint(x, x + np.array([3, 0, 4])) == pytest.approx((5.0, 5.0))


def test_w_joint_of_weighted_states_equals_repeated_states():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, (4, 2)), rng.integers(0, 5, (6, 2))
    weighted = metrics.w_joint(x, y, np.array([0.5, 0.25, 0.125, 0.125]))
    repeated = metrics.w_joint(np.repeat(x, [4, 2, 1, 1], axis=0), y)
    assert weighted == pytest.approx(repeated)


@given(count_samples)
def test_mmd_equals_a_double_loop_over_pairs(pair):
    x, y = pair
    released, _ = metrics.mmd(x, y)
    goal = looped_mmd(x, y, uniform(len(x)), uniform(len(y)), metrics.RELEASED_BANDWIDTHS)
    assert released == pytest.approx(goal, abs=1e-10)


def test_mmd_of_real_values_equals_a_double_loop_over_pairs():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(7, 2)), rng.normal(size=(9, 2))
    released, median = metrics.mmd(x, y)
    assert released == pytest.approx(looped_mmd(x, y, uniform(7), uniform(9), metrics.RELEASED_BANDWIDTHS))
    middle = np.sort(cdist(x, y).ravel())[(7 * 9 - 1) // 2]
    assert median == pytest.approx(looped_mmd(x, y, uniform(7), uniform(9), [middle]))


def test_mmd_of_weighted_states_equals_a_weighted_double_loop():
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 4, (6, 2)), rng.integers(0, 4, (5, 2))
    a, b = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(5))
    assert metrics.mmd(x, y, a, b)[0] == pytest.approx(looped_mmd(x, y, a, b, metrics.RELEASED_BANDWIDTHS))


@pytest.mark.parametrize("at_once", [1, 30, 10_000])
@pytest.mark.parametrize("whole", [False, True])
def test_mmd_is_the_same_in_parts(at_once, whole, monkeypatch):
    rng = np.random.default_rng(4)
    x, y = rng.normal(0, 3, (40, 2)), rng.normal(1, 3, (25, 2))
    if whole:
        x, y = x.round().astype(int), y.round().astype(int)
    a, b = rng.dirichlet(np.ones(40)), rng.dirichlet(np.ones(25))
    released, median = metrics.mmd(x, y, a, b)
    monkeypatch.setattr(metrics, "_PAIRS_AT_ONCE", at_once)
    parts, near = metrics.mmd(x, y, a, b)
    assert parts == pytest.approx(released)
    assert near == pytest.approx(median, rel=1e-9 if at_once == 10_000 else 0.5)


def test_w1_of_the_variables_is_the_mean_shift():
    x = np.random.default_rng(5).normal(size=(30, 3))
    assert metrics.w1_variables(x, x[::-1] + np.array([0.3, 0, 0.6])) == pytest.approx(0.3)
    assert metrics.w1_variables(np.array([[0.0], [4.0]]), np.zeros((1, 1)), np.array([0.75, 0.25])) == pytest.approx(1)


def test_mmd_is_unbiased():
    """Its mean over all equally likely pairs of samples is the population value."""
    values = np.array([[0], [1], [3]])
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
    mean = 0.0
    for i, j, k, m in product(range(3), repeat=4):
        mean += p[i] * p[j] * q[k] * q[m] * metrics.mmd(values[[i, j]], values[[k, m]])[0]
    kernel = sum(np.exp(-cdist(values, values, "sqeuclidean") / (2 * s**2)) for s in metrics.RELEASED_BANDWIDTHS)
    assert mean == pytest.approx((p - q) @ kernel @ (p - q))


def test_mmd_of_large_counts_needs_little_memory():
    x, y = np.array([[0, 65_535], [65_535, 0], [7, 7]]), np.array([[65_535, 65_535], [1, 2]])
    released, _ = metrics.mmd(x, y)
    assert released == pytest.approx(looped_mmd(x, y, uniform(3), uniform(2), metrics.RELEASED_BANDWIDTHS))

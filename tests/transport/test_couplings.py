"""Couplings against brute force, chains, splines and rounding."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from weightflow.data.state_space import Counts
from weightflow.transport import couplings
from weightflow.transport.couplings import GrowingPlan, chain, couple, couple_growing, smooth_curve, transport_spline


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_coupling_is_the_cheapest_permutation(rng):
    source, target = rng.normal(size=(6, 2)), rng.normal(1, 2, size=(6, 2))
    found = couple(source, target, rng)
    best = min(permutations(range(6)), key=lambda p: ((source - target[list(p)]) ** 2).sum())
    assert tuple(found) == best


def test_a_coupling_in_one_dimension_keeps_the_order(rng):
    source, target = rng.permutation(50.0 * np.arange(50))[:, None], rng.normal(size=(50, 1))
    found = couple(source, target, rng)
    assert np.array_equal(np.argsort(source[:, 0]), np.argsort(target[found, 0]))


def test_a_coupling_to_more_states_draws_among_those_its_mass_goes_to(rng):
    source, target = np.array([[0.0], [10.0]]), np.array([[-1.0], [1.0], [9.0], [11.0]])
    draws = np.array([couple(source, target, rng) for _ in range(400)])
    assert set(draws[:, 0]) == {0, 1}
    assert set(draws[:, 1]) == {2, 3}
    assert abs((draws[:, 0] == 0).mean() - 0.5) < 0.1


def test_a_coupling_to_fewer_states_uses_them_all(rng):
    source, target = rng.normal(size=(30, 2)), rng.normal(size=(10, 2))
    found = couple(source, target, rng)
    assert np.bincount(found, minlength=10).tolist() == [3] * 10


@given(size=st.integers(1, 40), at_once=st.integers(1, 45), seed=st.integers(0, 1000))
def test_a_coupling_in_parts_is_a_coupling_and_no_cheaper_than_the_exact_one(size, at_once, seed):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(size, 2)), rng.normal(1, 2, size=(size, 2))
    found = couple(source, target, rng, at_once)
    exact = couple(source, target, rng)
    assert sorted(found) == list(range(size))
    cost, least = (((source - target[chosen]) ** 2).sum() for chosen in (found, exact))
    assert cost >= least - 1e-9


def test_a_coupling_in_parts_to_fewer_states_uses_them_all(rng):
    source, target = rng.normal(size=(60, 2)), rng.normal(size=(30, 2))
    found = couple(source, target, rng, at_once=15)
    assert np.bincount(found, minlength=30).tolist() == [2] * 30


def test_a_coupling_in_parts_to_more_states_keeps_their_law_on_average(rng):
    source, target = np.zeros((20, 1)), np.arange(50.0)[:, None]
    draws = np.array([couple(source, target, rng, at_once=20) for _ in range(200)])
    assert np.bincount(draws.flatten(), minlength=50).min() > 0
    assert target[draws].mean() == pytest.approx(24.5, abs=1.0)


def test_more_parts_than_states_on_the_smaller_side_are_not_made(rng):
    found = couple(rng.normal(size=(50, 1)), rng.normal(size=(3, 1)), rng, at_once=5)
    assert set(found) == {0, 1, 2}


def test_up_to_the_limit_the_plan_is_the_exact_one(rng):
    source, target = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    one, two = (couple(source, target, np.random.default_rng(3), limit) for limit in (30, 4000))
    assert np.array_equal(one, two)


def test_same_seed_same_parts(rng):
    source, target = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    one, two, other = (couple(source, target, np.random.default_rng(seed), 7) for seed in (3, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_particles_of_a_chain_are_states_of_each_snapshot(rng):
    snapshots = [rng.integers(0, 9, (20, 2)) for _ in range(4)]
    particles = chain(snapshots, rng)
    assert particles.shape == (4, 20, 2)
    for found, snapshot in zip(particles, snapshots, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, snapshot))


def test_a_translated_cloud_moves_along_straight_lines(rng):
    cloud, times = rng.normal(size=(15, 3)), np.array([0.0, 1.0, 3.0, 4.0])
    speed = np.array([5.0, -2.0, 1.0])
    path = transport_spline(times, chain([cloud + t * speed for t in times], rng))
    np.testing.assert_allclose(path(2.2), cloud + 2.2 * speed, atol=1e-9)


def test_the_spline_passes_through_the_chain(rng):
    snapshots, times = [rng.normal(size=(12, 2)) for _ in range(5)], np.array([0.0, 1.0, 3.0, 4.0, 7.0])
    particles = chain(snapshots, np.random.default_rng(1))
    path = transport_spline(times, particles)
    np.testing.assert_allclose(path(times), particles, atol=1e-12)
    np.testing.assert_allclose(path(2.0), CubicSpline(times, particles)(2.0))


UNEVEN = {"two close": [0, 2, 6, 6.2, 10], "a late pair": [0, 4, 8, 8.1], "an early pair": [0, 0.1, 5, 10]}


@pytest.mark.parametrize("case", UNEVEN)
def test_a_short_interval_between_long_ones_throws_no_particle_out_of_range(rng, case):
    times = np.array(UNEVEN[case])
    particles = chain([rng.poisson(3 + 2 * t, (50, 1)) for t in times], rng)
    path = transport_spline(times, particles)
    np.testing.assert_allclose(path(times), particles, atol=1e-12)
    for a, b, start, end in zip(times, times[1:], particles, particles[1:], strict=False):
        middle = path((a + b) / 2)
        assert (np.minimum(start, end) - 1e-9 <= middle).all()
        assert (middle <= np.maximum(start, end) + 1e-9).all()


def test_intervals_of_ratio_3_are_alike(rng):
    times, values = np.array([0, 0.1, 0.4, 0.7]), rng.normal(size=(4, 2))
    np.testing.assert_array_equal(
        smooth_curve(times, values, "natural")(0.2), CubicSpline(times, values, bc_type="natural")(0.2)
    )


def test_rounding_is_unbiased(rng):
    values = np.full((200_000, 1), 3.3)
    rounded = Counts(10).project(values, rng)
    assert set(rounded.ravel()) == {3, 4}
    assert rounded.mean() == pytest.approx(3.3, abs=5 * np.sqrt(0.21 / 200_000))


def test_whole_numbers_are_left_alone(rng):
    values = np.arange(5.0)[:, None]
    assert np.array_equal(Counts(10).project(values, rng), values)


def test_rounded_counts_stay_within_the_states(rng):
    assert Counts(10).project(np.array([[-2.5, 11.7]]), rng).tolist() == [[0, 9]]


def test_a_growing_plan_is_even_at_both_ends(rng):
    source, target = rng.standard_normal((60, 2)), rng.standard_normal((40, 2)) + 1
    plan = couple_growing(source, target, 1.0, rng)
    np.testing.assert_allclose(np.bincount(plan.rows, plan.start, 60), 1 / 60, rtol=1e-9)
    np.testing.assert_allclose(np.bincount(plan.columns, plan.end, 40), 1 / 40, rtol=1e-9)


def test_without_growth_the_plan_is_balanced_transport(rng):
    source = rng.standard_normal((50, 2))
    plan = couple_growing(source, source + np.array([3.0, 0.0]), 0.0, rng)
    assert (plan.rows == plan.columns).all()
    np.testing.assert_allclose(plan.start, 1 / 50)


def test_images_and_origins_are_means_over_pairs():
    plan = GrowingPlan(np.array([0, 0, 2]), np.array([1, 0, 0]), np.array([0.25, 0.25, 0.5]), np.array([0.5, 0.1, 0.4]))
    target, source = np.array([[0.0], [8.0]]), np.array([[1.0], [2.0], [6.0]])
    np.testing.assert_allclose(plan.images(target, 3), [[4.0], [np.nan], [0.0]])
    np.testing.assert_allclose(plan.origins(source, 2), [[5.0], [1.0]])


@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_a_plan_in_parts_is_even_at_both_ends_and_nearly_as_short(rng, growth, monkeypatch):
    source, target = rng.standard_normal((90, 2)), rng.standard_normal((150, 2)) + 3
    whole = couple_growing(source, target, growth, rng)
    monkeypatch.setattr(couplings, "MAX_EXACT", 50)
    monkeypatch.setattr(couplings, "_MAX_UNBALANCED", 50)
    parts = couple_growing(source, target, growth, rng)
    np.testing.assert_allclose(np.bincount(parts.rows, parts.start, 90), 1 / 90, rtol=1e-9)
    np.testing.assert_allclose(np.bincount(parts.columns, parts.end, 150), 1 / 150, rtol=1e-9)
    steps = [np.square(source[p.rows] - target[p.columns]).sum(1) @ p.start for p in (whole, parts)]
    assert steps[0] - 1e-9 < steps[1] < 1.3 * steps[0]


def test_a_cluster_that_grows_is_not_fed_by_another(rng):
    # Two clusters; the second doubles its share without any state's moving.
    def clusters(few: int, many: int) -> np.ndarray:
        return np.concatenate([rng.normal(0, 0.1, (few, 2)), rng.normal(10, 0.1, (many, 2))])

    source, target = clusters(100, 100), clusters(50, 150)
    plan = couple_growing(source, target, 10.0, rng)
    rows, columns = plan.draw(0.5, 4000, rng)
    moved = np.linalg.norm(source[rows] - target[columns], axis=1) > 5
    assert moved.mean() < 0.02
    share = (source[rows, 0] > 5).mean()
    assert 0.5 < share < 0.75


def test_far_counts_are_coupled_as_far_as_they_are():
    source, target = (np.array(states, dtype=np.int32) for states in ([[0, 0], [60_000, 0]], [[60_000, 1], [0, 1]]))
    assert couple(source, target, np.random.default_rng(0)).tolist() == [1, 0]


@pytest.mark.parametrize("growth", [0.0, 1.0])
@pytest.mark.parametrize(("many", "few"), [(5000, 10), (600, 2), (3, 1200)])
def test_a_small_snapshot_is_coupled_as_a_whole(rng, growth, many, few):
    """Two clusters far apart; no cell crosses, however unequal the numbers are."""

    def clusters(count: int) -> np.ndarray:
        return np.resize([0.0, 100.0], count)[:, None] + rng.normal(0, 0.1, (count, 1))

    source, target = clusters(many), clusters(few)
    plan = couple_growing(source, target, growth, rng)
    crossing = np.abs(source[plan.rows] - target[plan.columns])[:, 0] > 50
    assert plan.start[crossing].sum() < 0.35 * (few == 3 or many == 3) + 1e-6


@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_identical_states_are_coupled_evenly(rng, growth):
    plan = couple_growing(np.ones((4, 1)), np.ones((6, 1)), growth, rng)
    np.testing.assert_allclose(np.bincount(plan.rows, plan.start, 4), 0.25)

"""State spaces: the networks' inputs for a state, and the inverse."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from weightflow.data.relations import Relation
from weightflow.data.state_space import BINS, Counts, Range, Reals, from_metadata, to_metadata, unrelated_variables

VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))  # a variance may be too small for a float
CLOUDS = st.integers(1, 4).flatmap(lambda d: st.lists(arrays(float, (6, d), elements=VALUES), min_size=1, max_size=3))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def clouds(rng) -> list[np.ndarray]:
    """Two snapshots of unequal size, of variables in very different units."""
    return [rng.normal([3e4, 0.0], [1e3, 1e-4], (400, 2)), rng.normal([1e4, 1e-4], [2e3, 1e-4], (100, 2))]


@given(levels=st.integers(1, 50), states=arrays(np.int32, (4, 3), elements=st.integers(0, 49)))
def test_counts_are_seen_as_they_are(levels, states):
    space = Counts(levels)
    seen = space.coordinates(states)
    assert seen.dtype == np.int32
    np.testing.assert_array_equal(seen, states)
    np.testing.assert_array_equal(space.states(seen), states)
    assert space.contains(states).tolist() == (states < levels).all(1).tolist()
    assert space.log_volume(3) == 0


def test_negative_counts_are_no_states():
    assert Counts(3).contains(np.array([[0, -1], [2, 0]])).tolist() == [False, True]


@given(snapshots=CLOUDS)
def test_real_values_come_back_from_what_networks_see(snapshots):
    space = Reals.of(snapshots)
    for states in snapshots:
        seen = space.coordinates(states)
        assert seen.dtype == np.float32
        assert np.isfinite(seen).all()
        # Float32 loses 1e-7 of a standardised value.
        slack = 1e-6 * np.array(space.spread) * (1 + np.abs(seen)) + 1e-9 * np.abs(space.mean)
        assert (np.abs(space.states(seen) - states) <= slack).all()
        assert space.contains(states).all()


def test_snapshots_count_alike_in_mean_and_spread(clouds):
    space = Reals.of(clouds)
    means, variances = ([f(axis=0) for f in (s.mean, s.var)] for s in clouds)
    one, two = np.stack([means, variances])
    np.testing.assert_allclose(space.mean, (one[0] + two[0]) / 2)
    np.testing.assert_allclose(np.square(space.spread), (one[1] + two[1]) / 2 + (one[0] - two[0]) ** 2 / 4)
    np.testing.assert_allclose(space.low, np.concatenate(clouds).min(0))
    np.testing.assert_allclose(space.high, np.concatenate(clouds).max(0))


def test_networks_see_values_of_mean_zero_and_spread_one(clouds):
    seen = [Reals.of(clouds).coordinates(states).astype(float) for states in clouds]
    np.testing.assert_allclose(np.mean([s.mean(0) for s in seen], axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.mean([(s**2).mean(0) for s in seen], axis=0), 1, rtol=1e-5)


def test_the_first_variables_are_seen_alone(clouds):
    space = Reals.of(clouds)
    np.testing.assert_array_equal(space.coordinates(clouds[0][:, :1]), space.coordinates(clouds[0])[:, :1])


def test_a_variable_that_stands_still_keeps_its_unit():
    space = Reals.of([np.full((3, 2), 0.1), np.full((3, 2), 0.1)])
    assert space.spread == (1.0, 1.0)
    np.testing.assert_allclose(space.coordinates(np.array([[0.1, 2.1]])), [[0, 2]], atol=1e-6)
    assert (np.diff(space.edges(0)) > 0).all()


def test_the_volume_turns_densities_of_coordinates_into_those_of_states(clouds, rng):
    space, states = Reals.of(clouds), clouds[0][:5]
    expected = norm(space.mean, space.spread).logpdf(states)
    found = norm.logpdf(space.coordinates(states).astype(float))
    np.testing.assert_allclose(found.sum(1) - space.log_volume(2), expected.sum(1), rtol=1e-5)
    np.testing.assert_allclose(found[:, 0] - space.log_volume(1), expected[:, 0], rtol=1e-5)


def test_counts_are_rounded_without_bias(rng):
    rounded = Counts(10).project(np.full((200_000, 1), 3.3), rng)
    assert set(rounded.ravel()) == {3, 4}
    assert rounded.mean() == pytest.approx(3.3, abs=5 * np.sqrt(0.21 / 200_000))


def test_real_values_are_projected_onto_themselves(clouds, rng):
    assert Reals.of(clouds).project(clouds[0], rng) is clouds[0]


def test_every_count_has_a_bin():
    found = np.histogram([0, 0, 3, 4], Counts(5).edges(0))[0]
    assert found.tolist() == [2, 0, 0, 1, 1]


def test_bins_of_real_values_reach_a_tenth_beyond_the_observed_range(clouds):
    space = Reals.of(clouds)
    for variable in range(2):
        edges, low, high = space.edges(variable), space.low[variable], space.high[variable]
        assert len(edges) == BINS + 1
        np.testing.assert_allclose([edges[0], edges[-1]], [low - (high - low) / 10, high + (high - low) / 10])
        np.testing.assert_allclose(np.diff(edges), 1.2 * (high - low) / BINS)
    seen = space.edge_coordinates(2)
    assert seen.shape == (2, BINS + 1)
    np.testing.assert_allclose(space.states(seen.T).T, [space.edges(0), space.edges(1)], rtol=1e-5, atol=1e-8)


@given(space=st.builds(Counts, st.integers(1, 10**6)) | CLOUDS.map(Reals.of))
def test_a_space_is_read_back_from_its_metadata(space):
    assert from_metadata(json.loads(json.dumps(to_metadata(space)))) == space


def test_a_description_is_for_readers():
    assert Counts(5).describe() == "counts 0 … 4"
    assert Reals((0.0,), (1.0,), (0.0,), (1.0,)).describe().startswith("real values")


@pytest.mark.parametrize("space", [Counts(6), Reals((1.0, 0.0), (2.0, 1.0), (-3.0, 0.0), (5.0, 1.0))])
def test_every_bin_has_its_middle_between_its_edges(space):
    edges = space.edge_coordinates(2)
    assert edges.shape == (2, space.bins + 1)
    for own, middles in zip(edges, [space.middles(0), space.middles(1)], strict=True):
        assert ((own[:-1] < middles) & (middles < own[1:])).all()


RANGES = st.builds(Range, st.integers(1, 300), st.sampled_from([0.0, 0.3, 0.9]), st.floats(0, 50))


@given(own=RANGES, levels=st.integers(1, 400))
def test_a_tail_is_what_lies_beyond_the_table(own, levels):
    cells = np.random.default_rng(own.top).dirichlet(np.ones(own.cells))
    counts = np.arange(6000)
    every = cells[np.minimum(counts, own.top)] * np.exp(own.log_tail(counts))
    assert every.sum() == pytest.approx(1, abs=1e-9)
    found = own.spread(cells, levels)
    np.testing.assert_allclose(found[:-1], every[: levels - 1], atol=1e-12)
    assert found.sum() == pytest.approx(1)
    assert every[own.reach :].sum() <= 1e-4 * cells[-1] + 1e-12


def test_counts_beyond_the_table_are_drawn_from_the_tail(rng):
    own, cells = Range(5, 0.6), rng.integers(0, 6, 60_000)
    drawn = own.beyond(cells, rng)
    assert (drawn[cells < 5] == cells[cells < 5]).all()
    over = drawn[cells == 5] - 5
    assert over.min() == 0
    assert over.mean() == pytest.approx(0.6 / 0.4, abs=0.1)
    assert Range(5).beyond(cells, rng) is cells


SPACE = Counts.of([Range(4), Range(3, 0.5), Range(9)], [Relation((1, 0, 2), 9, 0)])


def test_a_space_contains_what_its_ranges_and_relations_allow():
    states = np.array([[3, 0, 3], [1, 50, 4], [2, 0, 3], [5, 0, 2], [3, -1, 3], [3, 2_000_000_000, 3]])
    assert SPACE.contains(states).tolist() == [True, True, False, False, False, False]
    assert SPACE.contains(states[:, :2]).tolist() == [True, True, True, False, False, False]
    assert Counts(5).contains(np.array([[4], [5]])).tolist() == [True, False]


def test_a_part_keeps_ranges_and_relations_of_its_own():
    assert SPACE.part([2, 0]) == Counts.of([Range(9), Range(4)], [Relation((2, 1), 9, 1)])
    assert SPACE.part([1, 0]) == Counts.of([Range(3, 0.5), Range(4)])
    assert Counts(5).part([0]) == Counts(5)


def test_projected_states_lie_in_the_space(rng):
    values = rng.uniform(-2, 12, (5000, 3))
    assert SPACE.contains(SPACE.project(values, rng)).all()


@given(relations=st.booleans(), ranges=st.lists(RANGES, min_size=2, max_size=2))
def test_ranges_and_relations_are_read_back(relations, ranges):
    space = Counts.of(ranges, [Relation((1, -3), 7, 0)] if relations else [])
    assert from_metadata(json.loads(json.dumps(to_metadata(space)))) == space


@pytest.mark.parametrize("tops", [(20, 6000), (10**9, 10**6)])
def test_very_many_counts_share_bins(tops):
    space = Counts.of([Range(top, 0.5) for top in tops])
    assert not space.has_unit_bins
    assert space.bins == BINS
    for v, top in enumerate(tops):
        edges = space.edges(v)
        assert len(edges) == BINS + 1
        assert edges[0] == -0.5
        assert edges[-1] > top
        assert (np.diff(edges) == space.width(v)).all()


def test_descriptions_name_tails_and_the_smaller_ranges():
    assert SPACE.describe() == "counts 0 … 9, of other variables to 3, and a geometric tail of all larger ones"


def test_variables_of_relations_are_not_unrelated(clouds):
    assert unrelated_variables(Counts.of([Range(8)] * 3, [Relation((1, 0, 1), 7, 0)]), 3) == [1]
    assert unrelated_variables(Counts(9), 2) == unrelated_variables(Reals.of(clouds), 2) == [0, 1]

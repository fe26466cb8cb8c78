"""Distances, overlaps and probes against loops over networks."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weightflow.networks.layout import LinearMap
from weightflow.populations.metrics import (
    disagreement,
    errors_by_layer,
    largest_overlap,
    largest_overlap_with_another,
    nearest,
    nearest_other,
    probe,
    probe_labels,
    relative_distance,
    spread,
    weight_statistics,
)

SIZES = st.integers(1, 5)
NUMBERS = st.floats(-100, 100, width=32)


@st.composite
def two_populations(draw):
    """Two sets of networks of one size."""
    size = draw(SIZES)
    return tuple(draw(arrays(np.float64, (draw(st.integers(2, 6)), size), elements=NUMBERS)) for _ in range(2))


@given(two_populations())
def test_spread_and_nearest_are_distances_of_pairs(case):
    weights, others = case
    n = len(weights)
    pairs = [np.linalg.norm(weights[i] - weights[j]) for i in range(n) for j in range(n) if i != j]
    assert spread(weights) == pytest.approx(np.mean(pairs), abs=1e-9)
    expected = [min(np.linalg.norm(own - other) for other in others) for own in weights]
    np.testing.assert_allclose(nearest(weights, others), expected, atol=1e-9)
    among = [min(np.linalg.norm(weights[i] - weights[j]) for j in range(n) if j != i) for i in range(n)]
    np.testing.assert_allclose(nearest_other(weights), among, atol=1e-9)


def test_copies_have_no_distance(rng):
    weights = rng.standard_normal((6, 4))
    assert not nearest(weights[[3, 1]], weights).any()
    assert spread(weights[[2, 2, 2]]) == 0


@given(SIZES, SIZES, st.integers(1, 12), st.data())
def test_overlaps_are_intersections_over_unions(networks, others, inputs, data):
    wrong = data.draw(arrays(np.bool_, (networks, inputs)))
    theirs = data.draw(arrays(np.bool_, (others, inputs)))
    expected = []
    for own in wrong:
        found = []
        for other in theirs:
            one, two = set(np.flatnonzero(own)), set(np.flatnonzero(other))
            found.append(len(one & two) / len(one | two) if one else np.nan)
        expected.append(max(found))
    np.testing.assert_allclose(largest_overlap(wrong, theirs), expected, rtol=1e-6)


def test_a_copy_errs_where_the_original_does(rng):
    wrong = rng.random((5, 50)) < 0.2
    assert (largest_overlap(wrong, wrong) == 1).all()
    alone = [largest_overlap(wrong[[i]], np.delete(wrong, i, axis=0))[0] for i in range(5)]
    np.testing.assert_allclose(largest_overlap_with_another(wrong), alone)
    assert max(alone) < 1


def test_of_networks_without_errors_no_overlap_is_known():
    wrong = np.array([[True, False], [False, False]])
    np.testing.assert_array_equal(largest_overlap(wrong, wrong), [1, np.nan])
    np.testing.assert_array_equal(largest_overlap_with_another(wrong), [0, np.nan])


def test_relative_distances_are_in_units_of_the_population(rng):
    weights, others = rng.standard_normal((2, 7, 4)) * 3
    mean = sum(weights) / 7
    unit = sum(sum((w - m) ** 2 for w, m in zip(row, mean, strict=True)) for row in weights) / 7
    expected = [
        sum((a - b) ** 2 for a, b in zip(*rows, strict=True)) / unit for rows in zip(weights, others, strict=True)
    ]
    np.testing.assert_allclose(relative_distance(weights, others), expected)


@given(two_populations(), st.floats(0.01, 100))
def test_relative_distances_know_no_unit(case, unit):
    weights, _ = case
    if np.ptp(weights, axis=0).max() > 1e-3:
        others = weights[::-1]
        one, two = (relative_distance(scale * weights, scale * others) for scale in (1.0, unit))
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-9)


def test_the_mean_network_is_as_far_as_the_variance(rng):
    weights = rng.standard_normal((9, 5))
    found = relative_distance(weights, np.broadcast_to(weights.mean(0), weights.shape))
    assert found.mean() == pytest.approx(1)


def probed(features: np.ndarray, goals: np.ndarray, unseen: np.ndarray, goals_unseen: np.ndarray) -> float:
    """Of networks with one checkpoint each."""
    return probe(features[:, None], goals[:, None], unseen[:, None], goals_unseen[:, None])


def test_a_linear_property_is_found(rng):
    features, unseen = rng.standard_normal((200, 6)), rng.standard_normal((80, 6))
    slopes = rng.standard_normal(6)
    assert probed(1e3 * features + 5, features @ slopes, 1e3 * unseen + 5, unseen @ slopes) > 0.999


def test_noise_tells_nothing(rng):
    features, unseen = rng.standard_normal((200, 20)), rng.standard_normal((200, 20))
    assert -0.1 < probed(features, rng.standard_normal(200), unseen, rng.standard_normal(200)) < 0.05


def test_more_features_than_networks_are_held_in_check(rng):
    features, unseen = rng.standard_normal((40, 300)), rng.standard_normal((40, 300))
    assert probed(features, rng.standard_normal(40), unseen, rng.standard_normal(40)) < 0.05


def test_a_property_that_is_no_line_is_found_in_part(rng):
    features, unseen = rng.standard_normal((500, 3)), rng.standard_normal((500, 3))
    goals = [part[:, 0] + (part[:, 1] ** 2 - 1) / 2**0.5 for part in (features, unseen)]
    assert probed(features, goals[0], unseen, goals[1]) == pytest.approx(0.5, abs=0.12)


def test_checkpoints_of_a_network_do_not_vouch_for_each_other(rng):
    """What is true of one network alone, and told by all of its checkpoints, would pass for a rule among them."""
    features = np.repeat(rng.standard_normal((20, 1, 15)), 30, axis=1)
    unseen = np.repeat(rng.standard_normal((20, 1, 15)), 30, axis=1)
    goals, others = (np.repeat(rng.standard_normal((20, 1)), 30, axis=1) for _ in range(2))
    assert probe(features, goals, unseen, others) > -0.3


def test_a_line_through_one_network_is_none(rng):
    assert np.isnan(probe(rng.standard_normal((1, 3, 2)), np.ones((1, 3)), np.ones((2, 3, 2)), np.ones((2, 3))))


@given(st.integers(2, 6), st.integers(1, 8), st.data())
def test_disagreement_is_that_of_pairs(networks, inputs, data):
    labels = data.draw(arrays(np.int64, (networks, inputs), elements=st.integers(0, 4)))
    pairs = [np.mean(labels[i] != labels[j]) for i in range(networks) for j in range(i)]
    assert disagreement(labels) == pytest.approx(np.mean(pairs))


def test_copies_agree_and_one_network_has_nobody_to_disagree_with(rng):
    labels = rng.integers(0, 9, (1, 40))
    assert disagreement(labels.repeat(7, axis=0)) == 0
    assert disagreement(np.stack([np.zeros(5, int), np.ones(5, int)])) == 1
    assert np.isnan(disagreement(labels))


LAYERS = (LinearMap("one", 2, 3), LinearMap("fixed", 4, 1, bias=False), LinearMap("two", 1, 2))
SIZE = sum(layer.weights for layer in LAYERS)


@pytest.fixture
def layered(rng):
    """Networks of three layers, the second equal in all."""
    weights = rng.standard_normal((9, SIZE)).astype(np.float32)
    weights[:, 8:12] = rng.standard_normal(4)
    return weights


def test_a_guess_of_the_mean_has_the_error_one_in_each_layer_that_varies(layered):
    found = errors_by_layer(LAYERS, layered, np.broadcast_to(layered.mean(0), layered.shape))
    assert found == {"one": pytest.approx(1, rel=1e-5), "two": pytest.approx(1, rel=1e-5)}


def test_errors_are_those_of_their_layer(layered):
    decoded = layered.copy()
    decoded[:, 12:] += 2.0
    found = errors_by_layer(LAYERS, layered, decoded)
    assert found["one"] == 0
    assert found["two"] == pytest.approx(3 * 4 / layered[:, 12:].var(0).sum(), rel=1e-5)
    assert errors_by_layer(LAYERS, layered[:1], decoded[:1]) == {}


def test_statistics_of_weights_and_biases_of_each_layer(layered):
    stages = np.stack([layered, 2 * layered], axis=1)
    found = weight_statistics(LAYERS, stages)
    assert found.shape == (9, 2, 5 * 7)  # the second layer has no biases
    own = layered[4].astype(float)
    first = own[:8].reshape(2, 4)
    expected = []
    for part in (first[:, :3], first[:, 3], own[8:12], own[12:14], own[14:]):
        ranked = np.sort(part.ravel())
        expected += [part.mean(), part.std(), ranked[0], *np.percentile(ranked, [25, 50, 75]), ranked[-1]]
    np.testing.assert_allclose(found[4, 0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[:, 1], 2 * found[:, 0], rtol=1e-5, atol=1e-6)


def test_planted_labels_are_found_and_noise_tells_none(rng):
    labels = np.array(["he", "xavier", "normal"])[rng.integers(3, size=200)]
    features = rng.standard_normal((200, 2, 5))
    told = features + 9 * (labels[:, None] == np.unique(labels))[:, None, [0, 1, 2, 0, 1]]
    for codes, least, most in ((told, 0.99, 1), (features, 0.2, 0.5)):
        assert least <= probe_labels(codes[:120], labels[:120], codes[120:], labels[120:]) <= most


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "b"], [*"abcdefg"], ["a"] * 9 + ["b"]])
def test_few_networks_of_a_label_are_no_obstacle(rng, labels):
    features = rng.standard_normal((len(labels), 2, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        share = probe_labels(features, np.array(labels), features, np.array(labels))
    assert 0 <= share <= 1


def test_probes_of_wide_networks_in_single_precision_have_no_warning(rng):
    features = rng.standard_normal((60, 1, 1)).repeat(3000, axis=2).astype(np.float32)
    labels = np.array(["a", "b", "c"] * 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 0 < probe_labels(features, labels, features, labels) < 0.7
        assert probe(features, rng.standard_normal((60, 1)), features, rng.standard_normal((60, 1))) < 0.5


@pytest.mark.parametrize("networks", [2, 3, 7, 9, 10])
def test_few_networks_with_one_checkpoint_have_a_probe_without_warnings(rng, networks):
    features, unseen = rng.standard_normal((networks, 1)), rng.standard_normal((9, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert probed(features, 3 * features[:, 0], unseen, 3 * unseen[:, 0]) > 0.9

"""Principal components are scikit-learn's, however they are found, and the way back is the way there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from weightflow.populations import reduction
from weightflow.populations.reduction import fit_reduction

METHODS = ["dual", "incremental"]


def population(rng, networks: int = 40, size: int = 120, span: int = 6) -> np.ndarray:
    """Networks near an affine space of few dimensions, whose variances differ."""
    scales = 2.0 ** -np.arange(span)
    return rng.standard_normal((networks, span)) * scales @ rng.standard_normal((span, size)) + rng.standard_normal(
        size
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_axes_are_those_of_scikit_learn(rng, method):
    weights = population(rng)
    found = fit_reduction(weights, 4, method)
    expected = PCA(4).fit(weights)
    np.testing.assert_allclose(found.mean, expected.mean_)
    # The sign of an axis means nothing.
    np.testing.assert_allclose(np.abs(found.axes @ expected.components_.T), np.eye(4), atol=1e-6)
    there, wanted = found.coordinates(weights) * found.scale, expected.transform(weights)
    np.testing.assert_allclose(np.abs(there), np.abs(wanted), atol=1e-5)
    back = expected.inverse_transform(wanted)
    np.testing.assert_allclose(found.weights(found.coordinates(weights)), back, atol=1e-5)


def test_batches_of_networks_find_the_same_axes(rng, monkeypatch):
    """Networks that span as many directions as are kept lose nothing from batch to batch."""
    monkeypatch.setattr(reduction, "_ROWS", 10)
    weights = population(rng, networks=47)
    one, two = (fit_reduction(weights, 6, method) for method in METHODS)
    np.testing.assert_allclose(np.abs(one.axes @ two.axes.T), np.eye(6), atol=1e-6)
    assert one.scale == pytest.approx(two.scale)


@pytest.mark.parametrize("networks", [3, 10, 19, 20, 29, 30])
def test_batches_hold_every_network_once_and_are_never_small(networks):
    rows = np.arange(networks)[:, None]
    parts = list(reduction._batches(rows, 10))
    np.testing.assert_array_equal(np.concatenate(parts), rows)
    assert all(len(part) >= min(10, networks) for part in parts)


@st.composite
def reducible(draw):
    """Networks that are not all the same, and a number of components that they may have."""
    networks, size = draw(st.integers(2, 8)), draw(st.integers(1, 12))
    weights = draw(arrays(np.float64, (networks, size), elements=st.floats(-100, 100, width=32)))
    weights[0, 0] += 1 + np.ptp(weights)
    return weights, draw(st.one_of(st.none(), st.integers(1, min(networks - 1, size))))


@given(reducible(), st.sampled_from(METHODS))
def test_coordinates_are_centred_and_their_mean_variance_is_one(case, method):
    weights, components = case
    found = fit_reduction(weights, components, method)
    there = found.coordinates(weights)
    assert there.shape == (len(weights), components or weights.shape[1])
    np.testing.assert_allclose(there.mean(0), 0, atol=1e-6)
    assert there.var(0).mean() == pytest.approx(1)


@given(reducible(), st.sampled_from(METHODS))
def test_a_way_there_and_back_is_a_projection(case, method):
    weights, components = case
    found = fit_reduction(weights, components, method)
    there = found.coordinates(weights)
    back = found.weights(there)
    np.testing.assert_allclose(found.coordinates(back), there, atol=1e-6)
    if components is None:
        np.testing.assert_allclose(back, weights, atol=1e-9)
    else:
        np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(components), atol=1e-6)
        residual = np.square(back - weights).sum()
        assert residual <= np.square(weights - weights.mean(0)).sum() * (1 + 1e-9)


@given(reducible(), st.sampled_from(METHODS))
def test_all_components_lose_nothing(case, method):
    weights, _ = case
    found = fit_reduction(weights, min(len(weights) - 1, weights.shape[1]), method)
    np.testing.assert_allclose(found.weights(found.coordinates(weights)), weights, atol=1e-5 * np.ptp(weights))


@pytest.mark.parametrize("method", METHODS)
def test_networks_that_repeat_are_reduced_too(rng, method):
    """Eight networks, of which two are different: one direction, and others that do not matter."""
    weights = np.repeat(rng.standard_normal((2, 30)), 4, axis=0)
    found = fit_reduction(weights, 5, method)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(5), atol=1e-9)
    np.testing.assert_allclose(found.weights(found.coordinates(weights)), weights, atol=1e-9)


@pytest.mark.parametrize("components", [None, 3])
def test_single_precision_stays_single(rng, components):
    weights = population(rng).astype(np.float32)
    found = fit_reduction(weights, components)
    there = found.coordinates(weights)
    assert there.dtype == found.weights(there).dtype == np.float32


def test_one_scale_keeps_what_coordinates_tell_of_each_other(rng):
    weights = rng.standard_normal((500, 2)) * np.array([3.0, 1.0])
    spread = fit_reduction(weights, None).coordinates(weights).std(0)
    assert spread[0] / spread[1] == pytest.approx(weights[:, 0].std() / weights[:, 1].std())


@pytest.mark.parametrize("shape", [(5, 20), (20, 4)])
def test_more_components_than_there_are_is_refused(rng, refused, shape):
    weights = rng.standard_normal(shape)
    with refused(rf"components is 5, and {shape[0]} networks of {shape[1]} weights have at most 4; lower it"):
        fit_reduction(weights, 5)


@pytest.mark.parametrize("components", [None, 2])
def test_networks_that_are_all_the_same_are_refused(refused, components):
    with refused("all networks are the same"):
        fit_reduction(np.ones((4, 7)), components)

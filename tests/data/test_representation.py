"""Scaling and principal components against scikit-learn, and what is refused."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from weightflow.data.representation import check_components, check_spread, fit_representation
from weightflow.data.settings import DatasetSettings
from weightflow.errors import InputError


@pytest.fixture
def snapshots(rng):
    mix = rng.standard_normal((4, 4))
    return [rng.standard_normal((60 + 10 * k, 4)) @ mix + k for k in range(3)]


def fit(snapshots, everything=None, **settings):
    names = ["a", "b", "c", "d"]
    return fit_representation(snapshots, everything or snapshots, names, DatasetSettings(**settings))


def test_training_states_have_mean_0_and_variance_1(snapshots):
    found = fit(snapshots, scale="training")
    pooled = found.states(np.concatenate(snapshots))
    np.testing.assert_allclose([pooled.mean(0), pooled.std(0)], [[0] * 4, [1] * 4], atol=1e-12)


def test_all_states_have_mean_0_and_variance_1(snapshots):
    found = fit(snapshots[:2], snapshots, scale="all")
    pooled = found.states(np.concatenate(snapshots))
    np.testing.assert_allclose([pooled.mean(0), pooled.std(0)], [[0] * 4, [1] * 4], atol=1e-12)


def test_components_are_those_of_the_training_states(snapshots):
    found, pooled = fit(snapshots[:2], snapshots, components=2), np.concatenate(snapshots[:2])
    np.testing.assert_allclose(
        found.states(snapshots[2]), PCA(2, svd_solver="full").fit(pooled).transform(snapshots[2])
    )


@pytest.mark.parametrize("settings", [{}, {"scale": "training"}, {"scale": "training", "components": 4}])
def test_values_come_back(snapshots, settings):
    found = fit(snapshots, **settings)
    np.testing.assert_allclose(found.values(found.states(snapshots[1])), snapshots[1], atol=1e-9)


def test_fewer_components_give_the_nearest_values(snapshots):
    pooled = np.concatenate(snapshots)
    found, pca = fit(snapshots, components=2), PCA(2, svd_solver="full").fit(pooled)
    nearest = pca.inverse_transform(pca.transform(pooled))
    np.testing.assert_allclose(found.values(found.states(pooled)), nearest, atol=1e-9)


def test_fewer_components_of_scaled_values_give_the_nearest_scaled_values(snapshots):
    pooled = np.concatenate(snapshots) * [1, 10, 100, 1000]
    found, scaler = fit([pooled], scale="training", components=2), StandardScaler()
    pca = PCA(2, svd_solver="full").fit(scaler.fit_transform(pooled))
    nearest = scaler.inverse_transform(pca.inverse_transform(pca.transform(scaler.transform(pooled))))
    np.testing.assert_allclose(found.values(found.states(pooled)), nearest, rtol=1e-9)


@pytest.mark.parametrize(("count", "states", "variables"), [(6, 5, 10), (4, 100, 3)])
def test_more_components_than_data_are_refused(count, states, variables):
    with pytest.raises(InputError, match=rf"^cells\.csv: components is {count}, and .* at most \d+; lower it\.$"):
        check_components(count, states, variables, "cells.csv")


@pytest.mark.parametrize("scale", ["training", "all"])
def test_a_variable_that_only_varies_where_nothing_is_learned_has_no_scale(snapshots, scale):
    still = [np.column_stack([s[:, :3], np.full(len(s), 7.0)]) for s in snapshots[:2]]
    with pytest.raises(InputError, match=rf"^the variable 'd' is constant in the states of scale: {scale},"):
        fit(still, snapshots if scale == "training" else still, scale=scale)


def test_a_constant_variable_is_refused(snapshots):
    constant = [np.column_stack([s, np.full(len(s), 7.0)]) for s in snapshots]
    with pytest.raises(
        InputError, match=r"^cells\.csv: the variable 'e' is constant; leave it out \(key variables\)\.$"
    ):
        check_spread(constant, list("abcde"), "cells.csv")
    check_spread(snapshots, list("abcd"), "cells.csv")

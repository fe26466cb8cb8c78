"""The latent path: coordinates by every method, and a natural cubic spline through them."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline
from scipy.stats import spearmanr

from weightflow.dynamics.latent_path import fit_latent_path, read_latent_path, spline, write_latent_path
from weightflow.dynamics.registry import PATH_METHODS
from weightflow.errors import InputError


@pytest.mark.parametrize("method", PATH_METHODS)
def test_every_method_recovers_the_order_along_a_line(path_settings, line, method):
    coordinates, _ = fit_latent_path(line, path_settings(method), seed=0)
    assert abs(spearmanr(coordinates[:, 0], np.arange(9)).statistic) == pytest.approx(1)


@pytest.mark.parametrize("method", PATH_METHODS)
@pytest.mark.parametrize("z_dim", [1, 3])
def test_coordinates_are_standardised(path_settings, line, method, z_dim):
    weights = line + 2 * np.random.default_rng(1).normal(size=line.shape)
    coordinates, _ = fit_latent_path(weights, path_settings(method, z_dim), seed=0)
    assert coordinates.shape == (9, z_dim)
    np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(coordinates.std(axis=0), 1)


@pytest.mark.parametrize("method", PATH_METHODS)
def test_same_seed_gives_the_same_coordinates(path_settings, line, method):
    one, two = (fit_latent_path(line, path_settings(method), seed=4)[0] for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("method", PATH_METHODS)
def test_what_decodes_has_losses(path_settings, line, method):
    assert fit_latent_path(line, path_settings(method), seed=0)[1].empty != PATH_METHODS[method].decodes


@pytest.mark.parametrize("method", PATH_METHODS)
def test_more_dimensions_than_the_anchors_span_are_refused(path_settings, line, method):
    with pytest.raises(InputError, match=r"z_dim is 9, and 9 snapshots span at most 8 dimensions; set it to 8 or less"):
        fit_latent_path(line, path_settings(method, 9), seed=0)


@pytest.mark.parametrize("method", ["pca", "mds", "autoencoder"])
def test_three_anchors_are_enough(path_settings, line, method):
    coordinates, _ = fit_latent_path(line[:3], path_settings(method, 2), seed=0)
    assert np.isfinite(coordinates).all()


def test_equal_anchors_give_a_path_that_stands_still(path_settings):
    coordinates, _ = fit_latent_path(np.ones((4, 6)), path_settings("pca"), seed=0)
    assert not coordinates.any()


def test_spline_equals_scipys_natural_cubic_spline():
    times = np.array([0.0, 0.1, 0.4, 0.45, 1.0])
    knots = np.random.default_rng(0).normal(size=(5, 3))
    ours, theirs = (
        spline(torch.from_numpy(knots), torch.from_numpy(times)),
        CubicSpline(times, knots, bc_type="natural"),
    )
    for t in np.linspace(0, 1, 23):
        place = torch.tensor(t, dtype=torch.float64)
        np.testing.assert_allclose(ours.evaluate(place), theirs(t), atol=1e-9)
        np.testing.assert_allclose(ours.derivative(place), theirs(t, 1), atol=1e-8)


def test_a_written_path_is_read_back(tmp_path):
    times, coordinates = np.arange(4.0), np.random.default_rng(0).normal(size=(4, 2))
    write_latent_path(tmp_path / "path.safetensors", times, coordinates, seed=1)
    found = read_latent_path(tmp_path / "path.safetensors")
    assert np.array_equal(found[0], times)
    assert np.array_equal(found[1], coordinates)


def test_a_truncated_path_is_refused_by_name(tmp_path):
    path = tmp_path / "path.safetensors"
    write_latent_path(path, np.arange(4.0), np.zeros((4, 1)))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"path\.safetensors: the file is truncated"):
        read_latent_path(path)

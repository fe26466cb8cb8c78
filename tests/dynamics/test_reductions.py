"""Reductions against their definitions; every method as a path is tested in test_latent_path.py."""

import numpy as np

from weightflow.dynamics.latent_path import fit_latent_path


def test_pca_equals_the_singular_value_decomposition(path_settings, line):
    coordinates, _ = fit_latent_path(line, path_settings("pca", 2), seed=0)
    left = np.linalg.svd(line - line.mean(axis=0))[0][:, :2]
    goal = left / left.std(axis=0)
    np.testing.assert_allclose(np.abs(coordinates), np.abs(goal), atol=1e-6)

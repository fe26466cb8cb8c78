"""Shared by the tests of latent paths: settings, and weights near a line."""

import numpy as np
import pytest

from weightflow.dynamics.settings import PathSettings


@pytest.fixture
def path_settings(model_settings):
    def chosen(method: str, z_dim: int = 1) -> PathSettings:
        return model_settings.path.but(method=method, z_dim=z_dim, autoencoder_steps=300)

    return chosen


@pytest.fixture
def line() -> np.ndarray:
    """(9, 30) weights near a line, unequally spaced."""
    rng = np.random.default_rng(0)
    places = np.array([0, 1, 1.5, 3, 4, 5.5, 6, 8, 9.0])
    return places[:, None] * rng.normal(size=30) + 0.05 * rng.normal(size=(9, 30))

"""Reductions of the anchors' weights to a few coordinates, without training.

A reduction takes weights (K, P), the section `path` of the settings, a seed and a behavioural loss. It returns
coordinates (K, z_dim) and the rows of a table of losses, here none.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import MDS, Isomap

from weightflow import seeding
from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.dynamics.settings import PathSettings


def pca(
    weights: np.ndarray, settings: PathSettings, seed: int, behaviour: Behaviour | None
) -> tuple[np.ndarray, list[tuple]]:
    """Principal components."""
    return PCA(settings.z_dim, svd_solver="full").fit_transform(weights), []


def mds(
    weights: np.ndarray, settings: PathSettings, seed: int, behaviour: Behaviour | None
) -> tuple[np.ndarray, list[tuple]]:
    """Multidimensional scaling: coordinates that best preserve the distances between anchors."""
    random_state = seeding.integer(seed, "mds") % 2**32
    scaling = MDS(settings.z_dim, n_init=4, init="random", random_state=random_state)
    return scaling.fit_transform(weights), []


def isomap(
    weights: np.ndarray, settings: PathSettings, seed: int, behaviour: Behaviour | None
) -> tuple[np.ndarray, list[tuple]]:
    """Isomap: multidimensional scaling of distances along nearest neighbours."""
    neighbours = min(settings.neighbours, len(weights) - 1)
    return Isomap(n_neighbors=neighbours, n_components=settings.z_dim).fit_transform(weights), []

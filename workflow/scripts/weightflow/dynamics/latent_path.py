"""The latent path Z(t): the anchors' weights reduced to a few numbers, a natural cubic spline through them.

The path drives the neural CDE (dθ = g(θ, t) dZ). By default coordinates have zero mean and unit standard deviation, so
the size of dZ does not depend on the method.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
import torchcde

from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.dynamics.path_dimension import check_dimension
from weightflow.dynamics.registry import PATH_METHODS
from weightflow.dynamics.settings import PathSettings
from weightflow.errors import InputError
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "latent path"


def fit_latent_path(
    weights: np.ndarray, settings: PathSettings, seed: int, behaviour: Behaviour | None = None
) -> tuple[np.ndarray, pd.DataFrame]:
    """Reduce K anchors to z_dim coordinates each.

    Args:
        weights: (K, P) flat weights.
        settings: the section `path`.
        seed: of random starts, unless the settings have one.
        behaviour: behavioural loss of the auto-encoder's decoded weights, needed for `behavioural` above 0.

    Returns:
        (K, z_dim) coordinates, and the auto-encoder's losses (table step, loss, structural,
        behavioural; without rows for other methods).

    Raises:
        DivergenceError: the auto-encoder's loss became NaN or infinite.
        InputError: more dimensions than the anchors span, or coordinates that are not finite.
    """
    check_dimension(settings.z_dim, len(weights), "models.*.path.z_dim")
    reduce = PATH_METHODS[settings.method].reduce.load()
    own = seed if settings.seed is None else settings.seed
    coordinates, losses = reduce(weights.astype(np.float64), settings, own, behaviour)
    spread = coordinates.std(axis=0)
    if not np.isfinite(coordinates).all():
        raise InputError("the latent path is not finite; choose another models.*.path.method.")
    table = table_of_losses(losses)
    if settings.coordinates == "raw":
        return coordinates, table
    return (coordinates - coordinates.mean(axis=0)) / np.where(spread > 0, spread, 1.0), table


def table_of_losses(rows: Sequence[tuple]) -> pd.DataFrame:
    """Table of an auto-encoder's losses, from its rows."""
    return pd.DataFrame(list(rows), columns=["step", "loss", "structural", "behavioural"])


def spline(coordinates: torch.Tensor, times: torch.Tensor) -> torchcde.CubicSpline:
    """The natural cubic spline through coordinates (K, channels) at times (K,)."""
    return torchcde.CubicSpline(torchcde.natural_cubic_coeffs(coordinates, times), times)


def write_latent_path(path: str | Path, times: np.ndarray, coordinates: np.ndarray, **metadata: Any) -> None:
    """Write times (K,) and coordinates (K, z_dim)."""
    write_tensors(path, KIND, {"times": times, "coordinates": coordinates}, **metadata)


class LatentPath(NamedTuple):
    """A latent path, by its knots.

    Attributes:
        times: (K,) of the snapshots.
        coordinates: (K, z_dim).
    """

    times: np.ndarray
    coordinates: np.ndarray


def read_latent_path(path: str | Path) -> LatentPath:
    """Read a latent path.

    Raises:
        InputError: the file is missing or damaged.
    """
    tensors = read_tensors(path, KIND, finite=True).tensors
    with parts_of(path):
        times, coordinates = tensors["times"], tensors["coordinates"]
        if times.shape != coordinates.shape[:1] or coordinates.ndim != 2:
            raise ValueError
        return LatentPath(times, coordinates)

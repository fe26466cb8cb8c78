"""Representation of real values for training: scaled, or reduced to principal components."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weightflow.data.settings import DatasetSettings
from weightflow.errors import InputError


@dataclass(frozen=True)
class Representation:
    """An affine map from the values x of the file to the states y = (x − mean) · axesᵀ, and the way back.

    Attributes:
        names: D names of the file's variables.
        mean: (D,).
        axes: (d, D).
        back: (D, d) the inverse of `axes`; with components left out, the map to the nearest scaled values.
    """

    names: list[str]
    mean: np.ndarray
    axes: np.ndarray
    back: np.ndarray

    @property
    def is_scaling(self) -> bool:
        """Whether it only scales the variables."""
        return len(self.axes) == len(self.names) and not np.any(self.axes - np.diag(np.diag(self.axes)))

    @property
    def log_scales(self) -> np.ndarray:
        """(d,) logarithms of the states per unit of each value, of a scaling."""
        return np.log(np.abs(np.diag(self.axes)))

    def states(self, values: np.ndarray) -> np.ndarray:
        """(n, d) of values (n, D)."""
        return (values - self.mean) @ self.axes.T

    def values(self, states: np.ndarray) -> np.ndarray:
        """(n, D) of states (n, d): the inverse, or the nearest values if components were left out."""
        return states @ self.back.T + self.mean


def fit_representation(
    training: Sequence[np.ndarray], everything: Sequence[np.ndarray], names: Sequence[str], settings: DatasetSettings
) -> Representation:
    """Fit the representation that the settings name.

    Args:
        training: the observed training snapshots (N_k, D).
        everything: all snapshots of the file except those held back, used only by scale: all (published protocols).
        names: D names.
        settings: the data set's: `scale`, `components`.

    Raises:
        InputError: a variable is constant, or there are more components than states or variables.
    """
    pooled = np.concatenate(training)
    scaled = np.concatenate(everything) if settings.scale == "all" else pooled
    mean, spread = scaled.mean(0), np.ones(pooled.shape[1])
    if settings.scale != "none":
        spread = scaled.std(0)
        if len(still := np.flatnonzero(spread == 0)):
            raise InputError(
                f"the variable '{names[int(still[0])]}' is constant in the states of scale: {settings.scale}, "
                "so it has no scale; leave it out (key variables), or set scale: none."
            )
    elif settings.components is None:
        mean = np.zeros(pooled.shape[1])
    axes, back = np.diag(1 / spread), np.diag(spread)
    count = settings.components
    if count is not None:
        check_components(count, len(pooled), pooled.shape[1], "the data set")
        from sklearn.decomposition import PCA  # takes a second to import, and every job imports this module

        found = PCA(count, svd_solver="full").fit((pooled - mean) / spread)
        mean, axes, back = mean + spread * found.mean_, found.components_ @ axes, back @ found.components_.T
    return Representation(list(names), mean, axes, back)


def check_components(count: int, states: int, variables: int, where: str) -> None:
    """Refuse more principal components than the data have."""
    if count > min(states, variables):
        raise InputError(
            f"{where}: components is {count}, and {states} training states of {variables} variables have at most "
            f"{min(states, variables)}; lower it."
        )


def check_spread(states: Sequence[np.ndarray], names: Sequence[str], where: str) -> None:
    """Refuse constant variables of real values, which have no density."""
    pooled = np.concatenate(states)
    constant = np.flatnonzero(pooled.max(0) == pooled.min(0))
    if len(constant):
        name = names[int(constant[0])]
        raise InputError(f"{where}: the variable '{name}' is constant; leave it out (key variables).")

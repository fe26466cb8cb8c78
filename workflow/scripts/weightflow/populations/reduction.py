"""Coordinates of networks' weights: centred, scaled by one number, optionally reduced to principal components."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from weightflow.errors import InputError

_ROWS = 256  # networks that incremental PCA reads at a time
_COLUMNS = 2**17  # weights of all networks that are converted to double precision at once
_LARGE = 2**22  # weights from which axes are in single precision


@dataclass(frozen=True)
class Reduction:
    """An affine map of weights (…, P) to coordinates (…, d) whose mean is 0 and whose mean variance is 1, and back.

    Attributes:
        mean: (P,).
        scale: one number for all coordinates, so that their relative variances are kept.
        axes: (d, P) orthonormal, or None for the weights themselves.
    """

    mean: np.ndarray
    scale: float
    axes: np.ndarray | None = None

    def coordinates(self, weights: np.ndarray) -> np.ndarray:
        """(…, d) of weights (…, P)."""
        centred = (weights - self.mean) / self.scale
        return centred if self.axes is None else centred @ self.axes.T

    def weights(self, coordinates: np.ndarray) -> np.ndarray:
        """(…, P) of coordinates (…, d)."""
        spread = coordinates if self.axes is None else coordinates @ self.axes
        return spread * self.scale + self.mean


def fit_reduction(weights: np.ndarray, components: int | None, method: str = "dual", raw: bool = False) -> Reduction:
    """The reduction of a population.

    Args:
        weights: (N, P).
        components: d, or None for all weights.
        method: how the components are found, `dual`: from the (N, N) products of networks, for N ≪ P; `incremental`:
            from batches of networks (Ross et al. 2008), for N too large for these products.
        raw: whether weights, or principal components, are coordinates as they are.

    Raises:
        InputError: more components than N − 1 or P, or all networks are the same.
    """
    mean = weights.mean(0)
    if not (weights != weights[0]).any():
        raise InputError("populations: all networks are the same; train them with other seeds or for longer.")
    if components is None:
        return Reduction(np.zeros_like(mean), 1.0) if raw else Reduction(mean, _scale(weights))
    if components > (most := min(len(weights) - 1, weights.shape[1])):
        raise InputError(
            f"populations.*.flow.components is {components}, and {len(weights)} networks of {weights.shape[1]} weights "
            f"have at most {most}; lower it."
        )
    axes = _METHODS[method](weights, mean, components)
    return Reduction(mean, 1.0 if raw else _scale((weights - mean) @ axes.T), axes)


def _scale(coordinates: np.ndarray) -> float:
    """Root of the mean variance."""
    parts = (coordinates[:, part].var(0, dtype=np.float64).sum() for part in _parts(coordinates.shape[1]))
    return float(np.sqrt(sum(parts) / coordinates.shape[1]))


def _dual(weights: np.ndarray, mean: np.ndarray, components: int) -> np.ndarray:
    """(d, P) principal axes from the Gram matrix; orthonormal even where networks span fewer directions."""
    gram = np.zeros((len(weights), len(weights)))
    for part in _parts(weights.shape[1]):
        centred = (weights[:, part] - mean[part]).astype(np.float64)
        gram += centred @ centred.T
    vectors = np.linalg.eigh(gram).eigenvectors[:, : -components - 1 : -1]
    axes = np.empty((components, weights.shape[1]), dtype=np.float64 if weights.shape[1] < _LARGE else np.float32)
    for part in _parts(weights.shape[1]):
        axes[:, part] = vectors.T @ (weights[:, part] - mean[part]).astype(np.float64)
    return np.linalg.qr(axes.T).Q.T.astype(weights.dtype, order="C")


def _parts(size: int) -> Iterator[slice]:
    """Consecutive parts of the weights: their copies in double precision need little memory."""
    for start in range(0, size, _COLUMNS):
        yield slice(start, start + _COLUMNS)


def _incremental(weights: np.ndarray, mean: np.ndarray, components: int) -> np.ndarray:
    """(d, P) principal axes, from one batch of networks after another."""
    from sklearn.decomposition import IncrementalPCA  # slow

    found = IncrementalPCA(components)
    for batch in _batches(weights, max(components, _ROWS)):
        found.partial_fit(batch)
    return found.components_.astype(weights.dtype)


def _batches(weights: np.ndarray, rows: int) -> Iterator[np.ndarray]:
    """Batches of at least `rows` rows, as partial fits need; the last batch has the remainder."""
    starts = range(0, max(len(weights) - rows + 1, 1), rows)
    for start in starts:
        yield weights[start : len(weights) if start == starts[-1] else start + rows]


_METHODS = {"dual": _dual, "incremental": _incremental}

"""Metrics of networks: distances, overlaps of errors, disagreement, statistics of weights, and probes of codes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from weightflow.networks.layout import LinearMap

COLUMNS = ["population", "layout", "seed", "source", "metric", "value"]  # of tables of metrics
# Sources of networks that were not generated: all of a population, and the training and the test networks of an
# auto-encoder; and random initialisations.
TRAINED, LEARNED, UNSEEN = "trained", "learned", "unseen"
SCRATCH = "random"
# Columns of tables of fine-tuned networks: what a row is about, and what is measured.
TUNED = ["frozen", "source", "epochs"]
OF_TUNED = [
    *("accuracy_mean", "accuracy_deviation", "accuracy_least", "accuracy_largest", "loss", "ensemble"),
    "steps_to",
]

_COLUMNS = 2**17  # weights of all networks that are converted to double precision at once
_FOLDS = 5  # folds of networks for the choice of a probe's strength
_STRENGTHS = np.logspace(-3, 5, 17)  # of a probe's ridge
_QUANTILES = (0, 0.25, 0.5, 0.75, 1)


def distances(weights: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, M) distances of networks (N, P) and (M, P), by parts of the weights: little memory for large networks."""
    squares = np.zeros((len(weights), len(others)))
    for start in range(0, weights.shape[1], _COLUMNS):
        part = slice(start, start + _COLUMNS)
        squares += cdist(weights[:, part], others[:, part], "sqeuclidean")
    return np.sqrt(squares)


def spread(weights: np.ndarray) -> float:
    """Mean distance between two different networks of (N, P)."""
    return float(distances(weights, weights).sum() / (len(weights) * (len(weights) - 1)))


def nearest(weights: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) distance of each network (N, P) from the nearest of others (M, P): copies have 0."""
    return distances(weights, others).min(1)


def nearest_other(weights: np.ndarray) -> np.ndarray:
    """(N,) distance of each network (N, P) from the nearest of the others."""
    found = distances(weights, weights)
    np.fill_diagonal(found, np.inf)
    return found.min(1)


def largest_overlap(wrong: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) largest intersection over union of a network's wrong predictions with those of any of the others.

    Copies err where the original does. NaN for a network without errors.

    Args:
        wrong: (N, n) whether a network errs on an input.
        others: (M, n) the same of possible originals.
    """
    return _overlaps(wrong, others).max(1)


def largest_overlap_with_another(wrong: np.ndarray) -> np.ndarray:
    """(N,) `largest_overlap` of each network with the other networks."""
    found = _overlaps(wrong, wrong)
    np.fill_diagonal(found, -np.inf)
    return np.where(wrong.any(1), found.max(1), np.nan)


def _overlaps(wrong: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, M) of all pairs."""
    one, two = wrong.astype(np.float32), others.astype(np.float32)  # exact for these counts, and fast as a product
    both = one @ two.T
    either = one.sum(1)[:, None] + two.sum(1) - both
    return np.divide(both, either, out=np.full(both.shape, np.nan), where=one.any(1, keepdims=True))


def relative_distance(weights: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) squared distance of networks from their reconstructions, in units of the population's variance."""
    return np.square(weights - others).sum(1) / np.square(weights - weights.mean(0)).sum(1).mean()


def errors_by_layer(layers: Sequence[LinearMap], originals: np.ndarray, decoded: np.ndarray) -> dict[str, float]:
    """The mean squared distance of decoded networks in each layer, in units of the layer's variance.

    Layers that are equal in all originals have no variance, and are left out.

    Args:
        layers: the layer table.
        originals: (N, P).
        decoded: (N, P), in the same order.

    Returns:
        By the layers' names; a guess of the mean has 1.
    """
    found, start = {}, 0
    for layer in layers:
        own, other = (weights[:, start : start + layer.weights] for weights in (originals, decoded))
        if (own != own[:1]).any():
            found[layer.name] = float(relative_distance(own, other).mean())
        start += layer.weights
    return found


def disagreement(labels: np.ndarray) -> float:
    """Mean over pairs of networks of the share of inputs that they label differently; NaN for a single network.

    Args:
        labels: (N, n) of each network and input.
    """
    networks, inputs = labels.shape
    if networks == 1:
        return np.nan
    classes, own = np.unique(labels, return_inverse=True)
    cells = own.reshape(labels.shape) + len(classes) * np.arange(inputs)
    votes = np.bincount(cells.ravel(), minlength=len(classes) * inputs)  # of each input and class
    agreeing = (votes * (votes - 1)).sum() / (networks * (networks - 1) * inputs)
    return float(1 - agreeing)


def weight_statistics(layers: Sequence[LinearMap], weights: np.ndarray) -> np.ndarray:
    """(…, S) statistics of networks (…, P), from which accuracy is predicted well (Unterthiner et al. 2020).

    Mean, standard deviation, minimum, quartiles and maximum of each layer's weights, and of its biases.

    Args:
        layers: the layer table.
        weights: flat.
    """
    found, start = [], 0
    for layer in layers:
        own = weights[..., start : start + layer.weights].reshape(*weights.shape[:-1], layer.neurons, layer.columns)
        start += layer.weights
        for part in (own[..., : layer.inputs], own[..., layer.inputs :]):
            if part.size:
                flat = part.reshape(*weights.shape[:-1], -1)
                quantiles = np.quantile(flat, _QUANTILES, axis=-1)
                found += [flat.mean(-1), flat.std(-1), *quantiles]
    return np.stack(found, axis=-1)


def probe(features: np.ndarray, goals: np.ndarray, unseen: np.ndarray, goals_unseen: np.ndarray) -> float:
    """R² on unseen networks of a ridge regression of a property on features, its strength chosen by cross-validation.

    Checkpoints of one network are similar, so they are all in one fold.

    Args:
        features: (N, E, z) of the checkpoints of the training networks.
        goals: (N, E) their property.
        unseen: (M, E, z).
        goals_unseen: (M, E).

    Returns:
        R², or NaN for a single training network.
    """
    from sklearn.linear_model import RidgeCV  # slow, and many jobs import this module
    from sklearn.model_selection import GroupKFold

    networks, checkpoints, _ = features.shape
    if networks == 1:
        return np.nan
    rows, splits = _rows(features), min(_FOLDS, networks)
    folds = GroupKFold(splits).split(rows, groups=np.repeat(np.arange(networks), checkpoints))
    scoring = None if len(rows) >= 2 * splits else "neg_mean_squared_error"  # a single row has no R²
    model = _scaled(RidgeCV(_STRENGTHS, cv=list(folds), scoring=scoring), rows)
    return float(model.fit(rows, goals.ravel()).score(_rows(unseen), goals_unseen.ravel()))


def probe_labels(features: np.ndarray, labels: np.ndarray, unseen: np.ndarray, labels_unseen: np.ndarray) -> float:
    """Share of unseen networks whose label a linear classifier finds, its strength chosen by cross-validation.

    All checkpoints of a network have its label and are in one fold. Each fold has networks of all labels, as far as
    there are enough.

    Args:
        features: (N, E, z) of the checkpoints of the training networks.
        labels: (N,), at least two different ones.
        unseen: (M, E, z).
        labels_unseen: (M,).
    """
    from sklearn.linear_model import RidgeClassifierCV  # slow, and many jobs import this module
    from sklearn.model_selection import PredefinedSplit

    networks, checkpoints, _ = features.shape
    fold = np.empty(networks, dtype=int)
    fold[np.argsort(labels, kind="stable")] = np.arange(networks) % _FOLDS  # dealt out label by label
    folds = PredefinedSplit(np.repeat(fold, checkpoints))
    rows = _rows(features)
    model = _scaled(RidgeClassifierCV(_STRENGTHS, cv=folds), rows)
    model.fit(rows, np.repeat(labels, checkpoints))
    return float(model.score(_rows(unseen), np.repeat(labels_unseen, checkpoints)))


def _scaled(ridge: Any, rows: np.ndarray) -> Any:
    """A ridge model of standardised features, of as many coordinates as rows at most: the same fit, but faster."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rotation = [PCA(svd_solver="full")] if rows.shape[1] > len(rows) else []
    return make_pipeline(StandardScaler(), *rotation, ridge)


def _rows(features: np.ndarray) -> np.ndarray:
    """(N · E, z) of (N, E, z), in double precision: weak ridges are singular in single precision."""
    return features.reshape(-1, features.shape[-1]).astype(np.float64)

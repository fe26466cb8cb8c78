"""Metrics of generated and reconstructed networks: distances, overlaps of errors, and probes of codes."""

import numpy as np
from scipy.spatial.distance import cdist

COLUMNS = ["population", "layout", "seed", "source", "metric", "value"]  # of tables of metrics
# Sources of networks that were not generated: all of a population, and the training and the test networks of an
# auto-encoder; and random initialisations.
TRAINED, LEARNED, UNSEEN = "trained", "learned", "unseen"
SCRATCH = "random"
UNALIGNED = "unaligned"  # behind the names of reconstructions of networks in the order that they were trained with
# Columns of tables of fine-tuned networks: what a row is about, and what is measured.
TUNED = ["frozen", "source", "epochs"]
OF_TUNED = [
    *("accuracy_mean", "accuracy_deviation", "accuracy_least", "accuracy_largest", "loss", "ensemble"),
    "steps_to",
]

_COLUMNS = 2**17  # weights of all networks that are converted to double precision at once
_FOLDS = 5  # folds of networks for the choice of a probe's strength


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
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    networks, checkpoints, size = features.shape
    if networks == 1:
        return np.nan
    rows = features.reshape(-1, size)
    folds = GroupKFold(min(_FOLDS, networks)).split(rows, groups=np.repeat(np.arange(networks), checkpoints))
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17), cv=list(folds)))
    return float(model.fit(rows, goals.ravel()).score(unseen.reshape(-1, size), goals_unseen.ravel()))

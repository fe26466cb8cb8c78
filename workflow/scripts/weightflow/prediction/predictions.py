"""Predictions: the common form of the distributions of all models and baselines, for evaluation."""

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from weightflow.data.state_space import StateSpace
from weightflow.prediction.figure_grids import FigureGrids
from weightflow.storage import cut, parts_of, read_tensors, write_tensors

KIND = "prediction"
_SCORE = "score."
_ARRAYS = ("times", "marginals", "edges", "weights")
_GRIDS = tuple(grid.name for grid in fields(FigureGrids))


@dataclass(frozen=True)
class Prediction:
    """Distributions at T times.

    Attributes:
        times: (T,).
        samples: T arrays (n_t, d).
        sample_weights: T arrays (n_t,) that sum to one each, or empty for equal weights.
        scores: (T,) arrays by metric (scoring.py); empty without a density.
        marginals: (T, d, L) probabilities of the counts 0 … L−1 by the density, or of the bins between `edges`;
            empty without a density.
        edges: (d, B + 1) ends of the bins of real values and of wide counts; empty for counts with a bin of each.
        weights: (T, P) of the moving network; empty without one.
        figures: arrays for figures.
    """

    times: np.ndarray
    samples: list[np.ndarray]
    sample_weights: list[np.ndarray] = field(default_factory=list)
    scores: dict[str, np.ndarray] = field(default_factory=dict)
    marginals: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))
    edges: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    figures: FigureGrids = field(default_factory=FigureGrids)

    def weighted(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Samples (n, d) at the t-th time and their weights (n,)."""
        samples = self.samples[t]
        return samples, self.sample_weights[t] if self.sample_weights else np.full(len(samples), 1 / len(samples))


def density_edges(space: StateSpace, variables: int) -> np.ndarray:
    """`Prediction.edges` of a density over a space."""
    if space.has_unit_bins:
        return np.zeros((0, 0))
    return np.stack([space.edges(v) for v in range(variables)])


def write_prediction(path: str | Path, prediction: Prediction, **metadata: object) -> None:
    """Write a prediction."""
    samples = np.concatenate(prediction.samples)
    tensors = {
        "samples": samples.astype(np.int32) if samples.dtype.kind in "iu" else samples,
        "counts": np.array([len(s) for s in prediction.samples], dtype=np.int64),
        "sample_weights": np.concatenate([*prediction.sample_weights, np.zeros(0)]),
    }
    tensors |= {name: getattr(prediction, name) for name in _ARRAYS}
    tensors |= {name: getattr(prediction.figures, name) for name in _GRIDS}
    tensors |= {_SCORE + name: values for name, values in prediction.scores.items()}
    write_tensors(path, KIND, tensors, **metadata)


def read_prediction(path: str | Path) -> Prediction:
    """Read a prediction."""
    tensors = read_tensors(path, KIND).tensors
    with parts_of(path):
        samples, counts = tensors.pop("samples"), tensors.pop("counts")
        sample_weights = tensors.pop("sample_weights")
        split = cut(samples, counts)
        weighted = cut(sample_weights, counts) if len(sample_weights) else []
        scores = {name.removeprefix(_SCORE): tensors.pop(name) for name in list(tensors) if name.startswith(_SCORE)}
        figures = FigureGrids(**{name: tensors.pop(name) for name in _GRIDS if name in tensors})
        if len(tensors["times"]) != len(counts):
            raise ValueError
        return Prediction(scores=scores, samples=split, sample_weights=weighted, figures=figures, **tensors)

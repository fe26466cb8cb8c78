"""Bands about the probabilities, means and answers that a model predicts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, logit

from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "bands"
RAREST = 1e-9  # smallest probability, which keeps log-odds finite
_ARRAYS = ("times", "marginals", "edges", "means", "events")


@dataclass(frozen=True)
class Bands:
    """Lower end, middle and upper end of predictions at T times, along the first axis of each array.

    Attributes:
        times: (T,) increasing.
        marginals: (3, T, d, B) probabilities of the bins of each variable.
        edges: (d, B + 1) of these bins; (0, 0) if there is one for each count 0 … B − 1.
        means: (3, T, d) in the units of the file.
        events: (3, T, E) probabilities of the questions.
        questions: the E names.
        level: probability that the truth lies between the ends.
    """

    times: np.ndarray
    marginals: np.ndarray
    edges: np.ndarray
    means: np.ndarray
    events: np.ndarray
    questions: tuple[str, ...]
    level: float

    def marginals_at(self, time: float) -> np.ndarray:
        """(3, d, B) at any time from the first to the last; between the band's times log-odds are interpolated."""
        after = int(np.clip(np.searchsorted(self.times, time), 1, len(self.times) - 1))
        before = after - 1
        share = (time - self.times[before]) / (self.times[after] - self.times[before])
        odds = logit(self.marginals[:, [before, after]].clip(RAREST, 1 - RAREST))
        return expit((1 - share) * odds[:, 0] + share * odds[:, 1])


def write_bands(path: str | Path, bands: Bands, **metadata: Any) -> None:
    """Write bands."""
    tensors = {name: getattr(bands, name) for name in _ARRAYS}
    write_tensors(path, KIND, tensors, level=bands.level, questions=list(bands.questions), **metadata)


def read_evidence(path: str | Path) -> tuple[float, tuple[float, ...]]:
    """The error ratio and the missed shares that bands were made from."""
    metadata = read_tensors(path, KIND, finite=True).metadata
    with parts_of(path):
        return float(metadata["error_ratio"]), tuple(map(float, metadata["missed"]))


def read_bands(path: str | Path) -> Bands:
    """Read bands.

    Raises:
        InputError: the file is missing or damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        questions, level = tuple(artefact.metadata["questions"]), float(artefact.metadata["level"])
        found = Bands(**artefact.tensors, questions=questions, level=level)
        if not found.marginals.shape[:2] == found.means.shape[:2] == (3, len(found.times)):
            raise ValueError
        return found

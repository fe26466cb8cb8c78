"""Outline of a data set: its times, its observed times and its variables, without the states."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from weightflow.data.state_space import StateSpace, from_metadata
from weightflow.storage import parts_of, read_metadata, read_tensors


@dataclass(frozen=True)
class Outline:
    """A data set without its states.

    Attributes:
        times: (T,) increasing.
        is_observed: (T,) bool, the K snapshots that models are trained on.
        variables: d names.
        sizes: (T,) numbers of states in the training part.
        space: counts or real values.
    """

    times: np.ndarray
    is_observed: np.ndarray
    variables: list[str]
    sizes: np.ndarray
    space: StateSpace

    @property
    def observed_times(self) -> np.ndarray:
        """(K,) times of the observed snapshots."""
        return self.times[self.is_observed]

    @property
    def observed_sizes(self) -> np.ndarray:
        """(K,) numbers of training states in the observed snapshots."""
        return self.sizes[self.is_observed]


def read_outline(path: str | Path) -> Outline:
    """The outline of a snapshots file (`snapshots.write_snapshots`).

    Raises:
        InputError: the file is missing or damaged.
    """
    counts = "training.counts"
    tensors = read_tensors(path, "snapshots", only=("times", "is_observed", counts)).tensors
    with parts_of(path):
        about, is_observed = read_metadata(path), tensors["is_observed"].astype(bool)
        space = from_metadata(about["space"])
        return Outline(tensors["times"], is_observed, about["variables"], tensors[counts], space)

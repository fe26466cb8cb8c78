"""Anchors on disk: one file for each snapshot, and one for the common start of pooled anchors."""

from pathlib import Path
from typing import Any

import numpy as np

from weightflow.errors import InputError
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "anchor"
START_KIND = "start of anchors"


def write_anchors(folder: str | Path, times: np.ndarray, weights: np.ndarray, **metadata: Any) -> None:
    """Write weights (K, P) at times (K,) as `anchor-000.safetensors` and so on, one file per snapshot."""
    for k, (time, own) in enumerate(zip(times, weights, strict=True)):
        write_anchor(Path(folder) / f"anchor-{k:03d}.safetensors", time, own, **metadata)


def write_anchor(path: str | Path, time: float, weights: np.ndarray, **metadata: Any) -> None:
    """Write one anchor's weights (P,)."""
    write_tensors(path, KIND, {"weights": weights, "time": np.array([time])}, **metadata)


def read_anchor(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """(time (1,), weights (P,)) of one anchor.

    Raises:
        InputError: the file is missing or damaged.
    """
    tensors = read_tensors(path, KIND, finite=True).tensors
    with parts_of(path):
        time, weights = tensors["time"], tensors["weights"]
        if time.shape != (1,) or weights.ndim != 1:
            raise ValueError
        return time, weights


def write_start(path: str | Path, weights: np.ndarray, **metadata: Any) -> None:
    """Write the common start (P,) of pooled anchors."""
    write_tensors(path, START_KIND, {"weights": weights}, **metadata)


def read_start(path: str | Path) -> np.ndarray:
    """Read the common start (P,) of pooled anchors.

    Raises:
        InputError: the file is missing or damaged.
    """
    tensors = read_tensors(path, START_KIND, finite=True).tensors
    with parts_of(path):
        return tensors["weights"]


def read_anchors(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """(times (K,), weights (K, P)) of the anchors in a folder.

    Raises:
        InputError: a file is missing or damaged, or the folder holds anchors of different networks.
    """
    paths = sorted(Path(folder).glob("anchor-*.safetensors"), key=lambda path: (len(path.name), path.name))
    if not paths:
        raise InputError(f"{folder}: holds no anchors; delete it and run again to train them.")
    times, weights = zip(*map(read_anchor, paths), strict=True)
    if len({own.shape for own in weights}) > 1:
        raise InputError(f"{folder}: holds anchors of different sizes; delete it and run again.")
    return np.concatenate(times), np.stack(weights)

"""Independent random streams from the one seed of a run, and what a computation that draws from them needs."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch  # takes seconds, and few who draw numbers compute with it


@dataclass(frozen=True)
class Computation:
    """How a fit or a prediction computes.

    Attributes:
        seed: of all its random draws.
        device: of its tensors.
    """

    seed: int
    device: "torch.device"


def stream(seed: int, *labels: str | int) -> np.random.Generator:
    """A NumPy generator for one purpose; the same seed and labels give the same draws on any machine."""
    return np.random.default_rng(_sequence(seed, labels))


def integer(seed: int, *labels: str | int) -> int:
    """A 63-bit seed for another library's generator."""
    return int(_sequence(seed, labels).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _sequence(seed: int, labels: tuple[str | int, ...]) -> np.random.SeedSequence:
    words = [label if isinstance(label, int) else zlib.crc32(label.encode()) for label in labels]
    return np.random.SeedSequence([seed, *words])

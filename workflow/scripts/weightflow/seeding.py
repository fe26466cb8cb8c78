"""Independent random streams derived from the seed of a run."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch  # takes seconds to import, and few users of this module need it


@dataclass(frozen=True)
class Computation:
    """Seed and device of a fit or a prediction.

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

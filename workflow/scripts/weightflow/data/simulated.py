"""Simulated states of a data set, and the file that holds them until the data set is prepared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weightflow import seeding
from weightflow.storage import cut
from weightflow.systems.diffusion import Diffusion, measure
from weightflow.systems.simulation import simulate
from weightflow.systems.system import System

_PARTS = "training", "heldout"


@dataclass(frozen=True)
class Simulated:
    """States of a system at the T times of its grid.

    Attributes:
        training: T arrays (N_t, d).
        heldout: T arrays (M, d), simulated with another seed.
        paired: row n of the training part is the same trajectory at every time; else every state is of another cell.
    """

    training: list[np.ndarray]
    heldout: list[np.ndarray]
    paired: bool

    def tensors(self) -> dict[str, np.ndarray]:
        """Both parts as arrays (N, T, d); cells that are not paired as (ΣN_t, d), with their numbers."""
        found = {name: np.stack(getattr(self, name), 1) for name in _PARTS if self.paired or name != "training"}
        if not self.paired:
            found |= {"training": np.concatenate(self.training), "counts": np.array([len(s) for s in self.training])}
        return found

    @classmethod
    def of(cls, tensors: dict[str, Any]) -> "Simulated":
        """From `tensors`."""
        heldout = list(tensors["heldout"].swapaxes(0, 1))
        if "counts" in tensors:
            return cls(cut(tensors["training"], tensors["counts"]), heldout, False)
        return cls(list(tensors["training"].swapaxes(0, 1)), heldout, True)


def simulate_parts(system: System, sizes: Sequence[int], heldout: int, seed: int, threads: int) -> Simulated:
    """Simulate the training and the held-out part of a data set.

    Args:
        system: of any kind.
        sizes: (T,) number of training states at each time. Cells of a diffusion may differ in number, and those of
            different times are different cells; of other systems as many trajectories are simulated as the first
            number says.
        heldout: number of held-out states at each time.
        seed: of the data set.
        threads: number of threads.

    Raises:
        InputError: as `simulation.simulate`.
    """
    seeds = {part: seeding.integer(seed, part) for part in _PARTS}
    if isinstance(system, Diffusion):
        training = measure(system, sizes, seeds["training"])
    else:
        training = list(simulate(system, sizes[0], seeds["training"], threads).swapaxes(0, 1))
    independent = list(simulate(system, heldout, seeds["heldout"], threads).swapaxes(0, 1))
    return Simulated(training, independent, not isinstance(system, Diffusion))

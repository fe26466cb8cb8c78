"""State spaces of the data, counts or real values, and the coordinates of states for networks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

BINS = 120  # of a real variable's range
_MARGIN = 0.1  # of the range of the observed states, beyond it on either side


@dataclass(frozen=True)
class Counts:
    """Counts 0 … L−1 in every variable; the coordinates are the counts themselves.

    Attributes:
        levels: L.
    """

    kind: ClassVar[str] = "discrete"
    levels: int

    def log_volume(self, variables: int) -> float:
        """Logarithm of the volume of states per unit volume of coordinates, for the first variables."""
        return 0.0

    def coordinates(self, states: np.ndarray) -> np.ndarray:
        """Coordinates of states (…, d): the states themselves, in the type of the files."""
        return np.asarray(states, dtype=np.int32)

    def states(self, coordinates: np.ndarray) -> np.ndarray:
        """The states (…, d) of coordinates."""
        return np.asarray(coordinates, dtype=np.int64)

    def contains(self, states: np.ndarray) -> np.ndarray:
        """(n,) whether states (n, d) lie in the space."""
        return np.all((states >= 0) & (states < self.levels), axis=-1)

    def project(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """States near values (n, d): stochastic rounding, unbiased in the mean, kept within 0 … L−1."""
        return np.clip(np.floor(values + rng.random(values.shape)), 0, self.levels - 1).astype(np.int64)

    def edges(self, variable: int) -> np.ndarray:
        """(L + 1,) edges of the bins of a marginal: one bin for each count."""
        return np.arange(self.levels + 1) - 0.5

    @property
    def bins(self) -> int:
        """Number B of these bins: L."""
        return self.levels

    def edge_coordinates(self, variables: int) -> np.ndarray:
        """(d, B + 1) edges in coordinates, of the first variables."""
        return np.tile(self.edges(0).astype(np.float32), (variables, 1))

    def middles(self, variable: int) -> np.ndarray:
        """(B,) coordinate of the middle of each bin: the counts."""
        return self.coordinates(np.arange(self.levels))

    def describe(self) -> str:
        """For the report."""
        return f"counts 0 … {self.levels - 1} per variable"


@dataclass(frozen=True)
class Reals:
    """Real values; the coordinates are standardised by the mean and spread of the observed training states.

    Attributes:
        mean, spread: of each of d variables.
        low, high: range of each variable in the observed training states.
    """

    kind: ClassVar[str] = "continuous"
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, snapshots: Sequence[np.ndarray]) -> "Reals":
        """From the observed training snapshots (N_k, d), with equal weight for each snapshot."""
        mean = np.mean([s.mean(0) for s in snapshots], axis=0)
        spread = np.sqrt(np.mean([((s - mean) ** 2).mean(0) for s in snapshots], axis=0))
        pooled = np.concatenate(snapshots)
        low, high = pooled.min(0), pooled.max(0)
        spread = np.where(high > low, spread, 1.0)  # of a constant variable
        return cls(*(tuple(map(float, row)) for row in (mean, spread, low, high)))

    def log_volume(self, variables: int) -> float:
        """Logarithm of the volume of states per unit volume of coordinates, for the first variables."""
        return float(np.log(self.spread[:variables]).sum())

    def coordinates(self, states: np.ndarray) -> np.ndarray:
        """Standardised values, float32, of states (…, k) of the first k variables."""
        mean, spread = (np.array(row[: states.shape[-1]]) for row in (self.mean, self.spread))
        return ((states - mean) / spread).astype(np.float32)

    def states(self, coordinates: np.ndarray) -> np.ndarray:
        """The states (…, d) of coordinates, float64."""
        return np.asarray(coordinates, dtype=np.float64) * np.array(self.spread) + np.array(self.mean)

    def contains(self, states: np.ndarray) -> np.ndarray:
        """(n,) all of them."""
        return np.ones(states.shape[:-1], dtype=bool)

    def project(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The values themselves."""
        return values

    def edges(self, variable: int) -> np.ndarray:
        """(B + 1,) edges of equal bins over the observed range and a tenth of it beyond either end."""
        low, high = self.low[variable], self.high[variable]
        margin = _MARGIN * (high - low or 1.0)
        return np.linspace(low - margin, high + margin, BINS + 1)

    @property
    def bins(self) -> int:
        """Number B of these bins."""
        return BINS

    def edge_coordinates(self, variables: int) -> np.ndarray:
        """(d, B + 1) edges in coordinates, of the first variables."""
        edges = np.stack([self.edges(v) for v in range(variables)])
        return self.coordinates(edges.T).T

    def middles(self, variable: int) -> np.ndarray:
        """(B,) coordinate of the middle of each bin."""
        edges = self.edge_coordinates(variable + 1)[variable]
        return (edges[:-1] + edges[1:]) / 2

    def describe(self) -> str:
        """For the report."""
        return "real values, standardised by the observed training states for the networks"


StateSpace = Counts | Reals
_SPACES: dict[str, Callable[..., StateSpace]] = {space.kind: space for space in (Counts, Reals)}


def to_metadata(space: StateSpace) -> dict[str, Any]:
    """The space as values for JSON."""
    return {"kind": space.kind, **asdict(space)}


def from_metadata(metadata: Mapping[str, Any]) -> StateSpace:
    """The inverse of `to_metadata`."""
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in metadata.items() if name != "kind"}
    return _SPACES[metadata["kind"]](**fields)

"""State spaces of the data, counts or real values, and the coordinates of states for networks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from weightflow.data.relations import Relation, onto
from weightflow.limits import MOST_COUNTS

BINS = 120  # of a real variable's range, and of a count's with too many counts for a bin of each
MOST_BINS = 4096  # counts with a bin of each
_NEGLIGIBLE = 1e-4  # of the probability of a table's last cell
_MARGIN = 0.1  # of the range of the observed states, beyond it on either side


@dataclass(frozen=True)
class Range:
    """Range of a count: a table 0 … top, whose last cell continues as a geometric tail.

    A density gives each cell a probability; that of the last one is the probability of `top` or more, and
    P(x | x ≥ top) = (1 − r) r^(x − top).

    Attributes:
        top: largest count of the table.
        ratio: r; 0 if no count exceeds `top`.
        scale: count from which the scale of a mixture over a large range is logarithmic instead of linear; 0 for a
            quarter of `top`.
        largest: largest observed training count; None if no states were seen.
    """

    top: int
    ratio: float = 0.0
    scale: float = 0.0
    largest: int | None = None

    @property
    def cells(self) -> int:
        """Number of cells of the table."""
        return self.top + 1

    @property
    def reach(self) -> int:
        """Number of counts from 0 on with all but a negligible share of the tail."""
        if self.ratio == 0:
            return self.cells
        return self.cells + math.ceil(math.log(_NEGLIGIBLE) / math.log(self.ratio))

    def log_tail(self, counts: np.ndarray) -> np.ndarray:
        """Log-probabilities of counts given their cells: 0 within the table, −∞ beyond a bound."""
        over = np.maximum(np.asarray(counts) - self.top, 0)
        if self.ratio == 0:
            return np.where(over > 0, -np.inf, 0.0)
        return np.where(np.asarray(counts) >= self.top, np.log1p(-self.ratio) + over * np.log(self.ratio), 0.0)

    def beyond(self, cells: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Counts drawn given their cells."""
        if self.ratio == 0:
            return cells
        return np.where(cells >= self.top, cells + rng.geometric(1 - self.ratio, cells.shape) - 1, cells)

    def spread(self, cells: np.ndarray, levels: int) -> np.ndarray:
        """(…, levels) probabilities of the counts 0 … levels − 1 from those of the cells (…, top + 1).

        The last one is that of `levels − 1` or more.
        """
        found = np.zeros((*cells.shape[:-1], levels), dtype=cells.dtype)
        if levels <= self.top:
            found[..., :-1] = cells[..., : levels - 1]
            found[..., -1] = cells[..., levels - 1 :].sum(-1)
        else:
            found[..., : self.top] = cells[..., : self.top]
            found[..., self.top :] = cells[..., -1:] * self.tail(levels).astype(cells.dtype)
        return found

    def tail(self, levels: int) -> np.ndarray:
        """(levels − top,) shares of the last cell's probability at the counts top … levels − 1 or more."""
        over = np.arange(levels - self.top, dtype=float)
        shares = self.ratio**over * (1 - self.ratio)
        shares[-1] = self.ratio ** over[-1]
        return shares


@dataclass(frozen=True)
class Counts:
    """Counts; the coordinates are the counts themselves.

    Attributes:
        levels: L, one more than the largest count of any variable's table.
        ranges: (d,) of the variables; empty for 0 … L − 1 in every variable.
        relations: linear relations that hold in every state.
    """

    kind: ClassVar[str] = "discrete"
    levels: int
    ranges: tuple[Range, ...] = ()
    relations: tuple[Relation, ...] = ()

    @classmethod
    def of(cls, ranges: Sequence[Range], relations: Sequence[Relation] = ()) -> "Counts":
        """From the variables' ranges and relations."""
        return cls(max(one.cells for one in ranges), tuple(ranges), tuple(relations))

    @classmethod
    def from_metadata(cls, levels: int, ranges: Sequence[Mapping] = (), relations: Sequence[Mapping] = ()) -> "Counts":
        """From values of JSON; files from before there were ranges have none."""
        made = [Relation.from_metadata(**one) for one in relations]
        return cls(levels, tuple(Range(**one) for one in ranges), tuple(made))

    def part(self, variables: Sequence[int]) -> "Counts":
        """The space of some variables."""
        if not self.ranges:
            return self
        relations = [found for one in self.relations if (found := one.of(variables)) is not None]
        return Counts.of([self.ranges[v] for v in variables], relations)

    def closed(self, levels: int | None = None) -> "Counts":
        """The counts 0 … L − 1 in every variable, without tails and relations.

        Args:
            levels: L; None for one more than the largest observed training count.
        """
        seen = [self.levels - 1 if own.largest is None else own.largest for own in self.ranges] or [self.levels - 1]
        return Counts(max(seen) + 1 if levels is None else levels)

    def range_of(self, variable: int) -> Range:
        """The range of a variable."""
        return self.ranges[variable] if self.ranges else Range(self.levels - 1)

    def largest(self, variables: int) -> list[int]:
        """(d,) largest possible counts of the first variables."""
        ranges = [self.range_of(v) for v in range(variables)]
        return [MOST_COUNTS if one.ratio else one.top for one in ranges]

    @property
    def has_unit_bins(self) -> bool:
        """Whether each count has a bin of its own; with very many counts bins are wider."""
        return self.levels <= MOST_BINS

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
        """(n,) whether states (n, k) of the first k variables lie in the space."""
        found = np.all((states >= 0) & (states <= self.largest(states.shape[-1])), axis=-1)
        for relation in self.relations:
            if (own := relation.of(range(states.shape[-1]))) is not None:
                found &= own.holds(states)
        return found

    def cells(self, states: np.ndarray) -> np.ndarray:
        """(n, k) cells of states of the first k variables: counts of at most the tables' last."""
        return np.minimum(states, [self.range_of(v).top for v in range(states.shape[1])])

    def project(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """States near values (n, d): stochastic rounding, unbiased in the mean, kept within ranges and relations."""
        largest = self.largest(values.shape[1])
        draws = rng.random(values.shape)
        rounded = np.clip(np.floor(values + draws), 0, largest).astype(np.int64)
        return onto(self.relations, rounded, values, draws, largest) if self.relations else rounded

    def edges(self, variable: int) -> np.ndarray:
        """(B + 1,) edges of the bins of a marginal: one bin for each count, or equally many counts in each bin."""
        width = self.width(variable)
        return np.arange(self.bins + 1) * width - 0.5

    def width(self, variable: int) -> int:
        """Counts in each bin of a variable."""
        return 1 if self.has_unit_bins else -(-self.range_of(variable).cells // BINS)

    @property
    def bins(self) -> int:
        """Number B of these bins: L if every count has one. The last bin holds all larger counts, too."""
        return self.levels if self.has_unit_bins else BINS

    def edge_coordinates(self, variables: int) -> np.ndarray:
        """(d, B + 1) edges in coordinates, of the first variables."""
        return np.stack([self.edges(v) for v in range(variables)]).astype(np.float32)

    def middles(self, variable: int) -> np.ndarray:
        """(B,) coordinate of the middle of each bin: the counts, or the middle ones of the bins."""
        width = self.width(variable)
        return self.coordinates(np.arange(self.bins) * width + (width - 1) // 2)

    def describe(self) -> str:
        """For the report."""
        tops, open_ = [one.top for one in self.ranges] or [self.levels - 1], any(one.ratio for one in self.ranges)
        text = f"counts 0 … {max(tops)}" + (f", of other variables to {min(tops)}" if min(tops) < max(tops) else "")
        return text + (", and a geometric tail of all larger ones" if open_ else "")


@dataclass(frozen=True)
class Reals:
    """Real values; the coordinates are standardised by the mean and spread of the observed training states.

    Attributes:
        mean, spread: of each of d variables.
        low, high: range of each variable in the observed training states.
    """

    kind: ClassVar[str] = "continuous"
    has_unit_bins: ClassVar[bool] = False
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

    def part(self, variables: Sequence[int]) -> "Reals":
        """The space of some variables."""
        rows = (self.mean, self.spread, self.low, self.high)
        return Reals(*(tuple(row[v] for v in variables) for row in rows))

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


def unrelated_variables(space: StateSpace, variables: int) -> list[int]:
    """Indices of the variables, of d, that are in no linear relation; they may take values from other states."""
    bound = {v for one in space.relations for v in one.members} if isinstance(space, Counts) else set()
    return [v for v in range(variables) if v not in bound]


def to_metadata(space: StateSpace) -> dict[str, Any]:
    """The space as values for JSON."""
    return {"kind": space.kind, **asdict(space)}


def from_metadata(metadata: Mapping[str, Any]) -> StateSpace:
    """The inverse of `to_metadata`."""
    fields = {name: value for name, value in metadata.items() if name != "kind"}
    if metadata["kind"] == Counts.kind:
        return Counts.from_metadata(**fields)
    return Reals(**{name: tuple(value) for name, value in fields.items()})

"""The teacher: states between the snapshots, made from the observed training snapshots alone.

No single teacher suits every system. From a point mass a spread grows like √t, which a bridge between
coupled states has and a straight line has not; where states jump far, mixing the neighbouring snapshots is
better than moving between them. So there is a family, and its member is chosen for each data set by leaving
out every interior snapshot in turn.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weightflow.kernel_density import KernelDensity
from weightflow.progress import progress
from weightflow.storage import read_json, write_json
from weightflow.transport import chain, round_to_counts, transport_spline

_DRAWS = 4  # of the noise, for each particle, when teachers are compared
_LEARNT = 4000  # states at each time of a lesson, where the particles are fewer
_COMPARED = 4000  # most states of a teacher, or of a snapshot, in a comparison
_BANDWIDTHS = (0.1, 0.15, 0.2, 0.3, 0.4)  # of the kernels around a teacher's states, over their spread


@dataclass(frozen=True)
class Teacher:
    """One member of the family.

    Attributes:
        member: a name of `MEMBERS`.
        noise: c ≥ 0 of the bridges: how much a coupled pair strays on its way.
        share: part of the states that a blend takes from the mixture.
    """

    member: str
    noise: float = 0.0
    share: float = 0.0

    @property
    def label(self) -> str:
        """Short name for tables."""
        extras = [f"noise {self.noise:g}"] if self.noise else []
        extras += [f"{self.share:.0%} mixture"] if self.member == "blend" else []
        return self.member + (f" ({', '.join(extras)})" if extras else "")


class Interpolant:
    """Particles coupled through the snapshots by optimal transport, and the snapshots themselves.

    Args:
        snapshots: K arrays (N_k, d) of observed training states.
        times: (K,).
        states: L, or 0 for real values.
        rng: of the couplings; drawn once, so that members are compared on the same particles.
    """

    def __init__(self, snapshots: Sequence[np.ndarray], times: np.ndarray, states: int, rng: np.random.Generator):
        self.snapshots, self.times, self.states = list(snapshots), np.asarray(times, dtype=float), states
        count = max(map(len, snapshots))
        first = snapshots[0]
        start = first if len(first) == count else first[rng.integers(len(first), size=count)]
        particles = chain([start, *snapshots[1:]], rng)
        self.particles = particles
        self.path = transport_spline(self.times, particles)
        steps = np.diff(particles, axis=0)
        self.covariances = [np.atleast_2d(np.cov(step.T)) for step in steps]

    def sample(self, teacher: Teacher, time: float, rng: np.random.Generator) -> np.ndarray:
        """(n, d) states at a time within the snapshots' range, one for each particle.

        At the time of a snapshot every member gives that snapshot's own states.
        """
        k = int(np.clip(np.searchsorted(self.times, time, side="right") - 1, 0, len(self.times) - 2))
        share = (time - self.times[k]) / (self.times[k + 1] - self.times[k])
        if share in (0.0, 1.0):
            return self.particles[k + int(share)].astype(self.snapshots[0].dtype)
        values = MEMBERS[teacher.member](self, teacher, k, share, time, rng)
        return round_to_counts(values, self.states, rng) if self.states else values

    def draw(self, teacher: Teacher, times: np.ndarray, draws: int, rng: np.random.Generator) -> list[np.ndarray]:
        """For each time (T,) an array (draws · n, d)."""
        return [np.concatenate([self.sample(teacher, time, rng) for _ in range(draws)]) for time in times]


def _displacement(way: Interpolant, teacher: Teacher, k: int, share: float, time: float, rng: np.random.Generator):
    """The chained transport spline as it is."""
    return way.path(time)


def _bridge(way: Interpolant, teacher: Teacher, k: int, share: float, time: float, rng: np.random.Generator):
    """A Brownian bridge about the spline: covariance c · u (1 − u) · Cov(displacements of the interval).

    The covariance, not the variances alone, keeps what the variables conserve together. From a point mass
    c = 1 makes the spread grow by √t.
    """
    noise = rng.multivariate_normal(
        np.zeros(way.particles.shape[2]), way.covariances[k], len(way.particles[k]), method="eigh"
    )
    return way.path(time) + np.sqrt(teacher.noise * share * (1 - share)) * noise


def _poisson(way: Interpolant, teacher: Teacher, k: int, share: float, time: float, rng: np.random.Generator):
    """A Poisson bridge: the jumps between coupled counts, and c-proportional pairs back and forth, at random times.

    Given the ends, the times of a Poisson process's jumps are uniform, so the jumps made by u are binomial.
    """
    change = way.particles[k + 1] - way.particles[k]
    pairs = rng.poisson(teacher.noise * np.diag(way.covariances[k]) / 2, size=change.shape)
    ups = rng.binomial(np.round(np.maximum(change, 0)).astype(int) + pairs, share)
    downs = rng.binomial(np.round(np.maximum(-change, 0)).astype(int) + pairs, share)
    return way.path(time) + ups - downs - share * change


def _mixture(way: Interpolant, teacher: Teacher, k: int, share: float, time: float, rng: np.random.Generator):
    """States of the two neighbouring snapshots, by nearness in time."""
    count = way.particles.shape[1]
    return np.where(rng.random((count, 1)) < share, way.particles[k + 1], way.particles[k])


def _blend(way: Interpolant, teacher: Teacher, k: int, share: float, time: float, rng: np.random.Generator):
    """Some states from the mixture, the others from the bridge."""
    mixed = _mixture(way, teacher, k, share, time, rng)
    moved = _bridge(way, teacher, k, share, time, rng)
    return np.where(rng.random((len(mixed), 1)) < teacher.share, mixed, moved)


# A member takes (interpolant, teacher, interval k, share of the way, time, rng) and returns (n, d) real values.
MEMBERS: dict[str, Callable] = {
    "displacement": _displacement,
    "bridge": _bridge,
    "poisson": _poisson,
    "mixture": _mixture,
    "blend": _blend,
}


@dataclass(frozen=True)
class Lesson:
    """States that a moving density learns from.

    Attributes:
        times: (G,) the snapshots' times and others between them.
        states: G arrays (n_g, d).
    """

    times: np.ndarray
    states: list[np.ndarray]


def lesson(
    teacher: Teacher | None,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    states: int,
    points: int,
    rng: np.random.Generator,
) -> Lesson:
    """What a teacher makes of the snapshots.

    Args:
        teacher: the member; None leaves the snapshots alone to learn from.
        snapshots: K arrays (N_k, d).
        times: (K,).
        states: L, or 0 for real values.
        points: times in each interval between snapshots, and twice as many in the first, where most happens.
        rng: of couplings and draws.
    """
    if teacher is None:
        count = max(map(len, snapshots))
        return Lesson(times, [s if len(s) == count else s[rng.integers(len(s), size=count)] for s in snapshots])
    way = Interpolant(snapshots, times, states, rng)
    ends = itertools.pairwise(times)
    inner = [np.linspace(a, b, points if k else 2 * points, endpoint=False) for k, (a, b) in enumerate(ends)]
    grid = np.concatenate([*inner, times[-1:]])
    draws = max(1, _LEARNT // way.particles.shape[1])
    return Lesson(grid, way.draw(teacher, grid, draws, rng))


def candidates(members: Sequence[str], noises: Sequence[float], shares: Sequence[float]) -> list[Teacher]:
    """Every combination that makes a difference."""
    found = []
    for member in members:
        for noise in noises if member in ("bridge", "poisson", "blend") else [0.0]:
            found += [Teacher(member, noise, share) for share in (shares if member == "blend" else [0.0])]
    return list(dict.fromkeys(found))


def score_teachers(
    teachers: Sequence[Teacher],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    states: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Negative log-likelihood of each left-out interior snapshot under what the other snapshots make of it.

    A teacher's states become a density by the kernels that suit it best, so that the score is the one that
    backbones are trained by; distances between samples hardly feel the noise.

    Args:
        teachers: to compare.
        snapshots: K arrays (N_k, d); K is 3 or more.
        times: (K,).
        states: L.
        rng: of couplings and draws.

    Returns:
        Table member, noise, share, time (of the left-out snapshot), bandwidth, nll (nats per state).
    """
    nll = np.empty((len(_BANDWIDTHS), len(teachers), len(snapshots) - 2))
    for k in progress(range(1, len(snapshots) - 1), "teachers, leaving out each snapshot"):
        others = [snapshot for i, snapshot in enumerate(snapshots) if i != k]
        way = Interpolant(others, np.delete(times, k), states, rng)
        left_out, repeats = np.unique(_some(snapshots[k], rng), axis=0, return_counts=True)
        for i, teacher in enumerate(teachers):
            guess = _some(way.draw(teacher, times[k : k + 1], _DRAWS, rng)[0], rng)
            for b, bandwidth in enumerate(_BANDWIDTHS):
                density = KernelDensity(guess, np.full(len(guess), 1 / len(guess)), bandwidth, states)
                nll[b, i, k - 1] = -(repeats @ density.log_prob(left_out)) / repeats.sum()
    best = nll.mean(axis=2).argmin(axis=0)
    rows = [
        (teacher.member, teacher.noise, teacher.share, time, _BANDWIDTHS[best[i]], nll[best[i], i, k])
        for i, teacher in enumerate(teachers)
        for k, time in enumerate(times[1:-1])
    ]
    return pd.DataFrame(rows, columns=["member", "noise", "share", "time", "bandwidth", "nll"])


def best_teacher(scores: pd.DataFrame) -> Teacher:
    """The teacher with the lowest mean nll; of equals the first."""
    means = scores.groupby(["member", "noise", "share"], sort=False)["nll"].mean()
    member, noise, share = means.idxmin()
    return Teacher(member, float(noise), float(share))


def write_teacher(path: str | Path, teacher: Teacher) -> None:
    """Write the choice as JSON."""
    write_json(path, teacher.__dict__)


def read_teacher(path: str | Path) -> Teacher:
    """Read a choice."""
    return Teacher(**read_json(path))


def _some(states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(states) <= _COMPARED:
        return states
    return states[rng.choice(len(states), _COMPARED, replace=False)]

"""The teacher: states between and after the snapshots, made from the observed training snapshots.

No single teacher suits every system. From a point mass the spread grows like √t; a bridge between coupled states
reproduces this, and a straight line does not. Where states jump far, a mixture of the neighbouring snapshots is better
than motion between them. After the start, a system may relax faster than the snapshots resolve. So members of a family
(members.py) are chosen for each data set (choice.py). Cells divide and die between snapshots, and a few snapshots
determine neither their growth nor the curvature of their paths; so several teachers of cells each give a part of the
states. Kinetic teachers alone use more than snapshots: the propensities of a given system.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from weightflow.data.state_space import StateSpace
from weightflow.data.subsets import at_most, exactly
from weightflow.storage import parts_of, read_json, write_json
from weightflow.teaching.registry import MEMBERS
from weightflow.transport.couplings import chain, couple, transport_spline
from weightflow.transport.growing_paths import GrowingPaths
from weightflow.transport.moment_path import Bridge, MomentPath
from weightflow.transport.quantile_path import Slowing, continued, last_step
from weightflow.transport.relaxation import own_relaxation, relax
from weightflow.transport.relaxing_path import FASTEST, possible_rates, relaxing_path
from weightflow.transport.ways import STRAIGHT

_LEARNT = 4000  # fewer particles are drawn several times, to about so many states at each time of a lesson
_OPEN_RATES = 8  # draws of rates that the snapshots leave open
_COUPLED = 10_000  # largest number of particles; the paths of more would not fit into memory


@dataclass(frozen=True)
class Teacher:
    """One member of the family.

    Attributes:
        member: a name of `MEMBERS`.
        noise: noise level c ≥ 0 of the bridges.
        share: part of the states that a blend takes from the mixture.
        rate: κ ≥ 0 of an exponential relaxation across the interval, per length of the data's first interval; the
            share u of the interval becomes (1 − e^{−κu}) / (1 − e^{−κ}), and stays u at κ = 0.
        own: whether, in the first interval, every variable relaxes on a straight line at its own rate, estimated from
            the means of the first snapshots (relaxation.py), instead of at `rate`.
        growth: strength of divisions and deaths, ≥ 0, of `growing`.
        way: of the paths of `growing`, one of `ways.WAYS`.
    """

    member: str
    noise: float = 0.0
    share: float = 0.0
    rate: float = 0.0
    own: bool = False
    growth: float = 0.0
    way: str = STRAIGHT

    @property
    def label(self) -> str:
        """Short name for tables."""
        used = MEMBERS[self.member].settings
        extras = [self.way] if "way" in used else []
        extras += [f"growth {self.growth:g}"] if self.growth else []
        extras += [f"noise {self.noise:g}"] if self.noise else []
        extras += [f"{self.share:.0%} mixture"] if "share" in used else []
        extras += [f"rate {self.rate:g}"] if self.rate else []
        extras += ["own rates"] if self.own else []
        return self.member + (f" ({', '.join(extras)})" if extras else "")


ANYWHERE = 12**-0.5  # standard deviation of a uniform distribution, over its width
FIELDS = [field.name for field in dataclasses.fields(Teacher)]
Parts = tuple[tuple[Teacher, float], ...]  # teachers, and the part of the states that each gives; the parts sum to one


@dataclass(frozen=True)
class Teachers:
    """The teachers of the first interval and those of all later intervals.

    Attributes:
        first, later: the teachers and their parts of the states; several where the data cannot tell them apart.
        paths: moment paths of kinetic teachers, by interval.
        slowing: of the states past the last snapshot; () teaches nothing there.
        missed: error to expect in the middle of each interval, as a share of the change of log-odds across it
            (missed.py); () if nothing was left out.
    """

    first: Parts
    later: Parts
    paths: Mapping[int, MomentPath] = field(default_factory=dict)
    slowing: Slowing = ()
    missed: tuple[float, ...] = ()

    @classmethod
    def single(cls, first: Teacher, later: Teacher | None = None) -> "Teachers":
        """One teacher for the first interval, and one for all later intervals; by default the same."""
        return cls(((first, 1.0),), ((later or first, 1.0),))


class Interpolant:
    """Particles coupled through the snapshots by optimal transport, and the snapshots themselves.

    Args:
        snapshots: K arrays (N_k, d) of observed training states; at most 10 000 of each are used, at random.
        times: (K,).
        space: the state space.
        rng: for the couplings, which are drawn once, so that all members move the same particles.
        unit: unit of time of the relaxation rates; None takes the length of the first interval.
        paths: moment paths by interval, from the system's propensities, for kinetic teachers.
    """

    def __init__(
        self,
        snapshots: Sequence[np.ndarray],
        times: np.ndarray,
        space: StateSpace,
        rng: np.random.Generator,
        unit: float | None = None,
        paths: Mapping[int, MomentPath] | None = None,
    ):
        snapshots = [at_most(snapshot, _COUPLED, rng) for snapshot in snapshots]
        self.snapshots, self.times, self.space = snapshots, np.asarray(times, dtype=float), space
        self.unit = unit or float(self.times[1] - self.times[0])
        self._streams = rng.spawn(len(snapshots) - 1)  # for unbalanced couplings, independent of other draws
        count = max(map(len, snapshots))
        particles = chain([exactly(snapshots[0], count, rng), *snapshots[1:]], rng)
        self.particles = particles
        self.own = own_relaxation(self.snapshots, self.times)
        self.path = transport_spline(self.times, particles)
        steps = np.diff(particles, axis=0)
        self.covariances = [_covariance(step) for step in steps]
        self.growing = GrowingPaths(self.snapshots, self.times, self._streams)
        self.paths = paths or {}
        self._coupled: dict[int, tuple[MomentPath, np.ndarray, np.ndarray]] = {}
        self._relaxing: dict[int, list[tuple[np.ndarray, MomentPath, np.ndarray, np.ndarray]]] = {}

    def sample(self, teacher: Teacher, time: float, rng: np.random.Generator) -> np.ndarray:
        """(n, d) states at a time within the snapshots' range, one for each particle.

        At the time of a snapshot, every member gives its particles; states repeat if snapshots differ in size.
        """
        k = self.interval(time)
        length = self.times[k + 1] - self.times[k]
        share = (time - self.times[k]) / length
        if time in self.times:
            return self.particles[k + int(share)].astype(self.snapshots[0].dtype)
        if teacher.own and k == 0:
            share = self.own.share(share)
            middle = self.particles[0] + share * (self.particles[1] - self.particles[0])
        else:
            share = relax(np.array(teacher.rate * length / self.unit), share)
            middle = self.path(self.times[k] + share * length)
        values = MEMBERS[teacher.member].states.load()(self, teacher, k, share, middle, rng)
        return self.space.project(values, rng)

    def bridge(self, k: int, share: float) -> Bridge:
        """Bridge of the moment path across an interval, moved to its two snapshots and coupled once.

        Raises:
            KeyError: there is no moment path.
        """
        if k not in self._coupled:
            start, end = self.particles[k : k + 2]
            path, rng = self.paths[k].through(*self.snapshots[k : k + 2]), self._streams[k]
            self._coupled[k] = path, start, end[couple(path.arrivals(start, rng), end, rng)]
        path, start, end = self._coupled[k]
        return path.bridge(share, start, end)

    def relaxing(self, k: int, share: float) -> list[tuple[np.ndarray, Bridge]]:
        """Groups of particles, by their rows, and bridges of paths that relax at different possible rates.

        Rates are known to be open in the first interval; across later ones variables move evenly.
        """
        if k not in self._relaxing:
            rng, (start, end) = self._streams[k], self.particles[k : k + 2]
            groups = np.array_split(rng.permutation(len(start)), min(_OPEN_RATES, -(-len(start) // 2)))
            fastest = FASTEST * (self.times[1] - self.times[0]) / self.unit
            rates = np.zeros((len(groups), start.shape[1]))
            if k == 0:
                rates = possible_rates(self.snapshots, self.times, len(groups), rng, fastest)
            arriving, made = np.array_split(rng.permutation(len(end)), len(groups)), []
            for rows, last, own in zip(groups, arriving, rates, strict=True):
                path = relaxing_path(own, *self.snapshots[k : k + 2])
                found = end[last][couple(path.arrivals(start[rows], rng), end[last], rng)]
                made.append((rows, path, start[rows], found))
            self._relaxing[k] = made
        return [(rows, path.bridge(share, start, end)) for rows, path, start, end in self._relaxing[k]]

    def interval(self, time: float) -> int:
        """Index of the interval between snapshots that contains a time."""
        return int(np.clip(np.searchsorted(self.times, time, side="right") - 1, 0, len(self.times) - 2))

    def draw(self, teacher: Teacher, times: np.ndarray, draws: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Arrays (draws · n, d) of states, one for each time (T,)."""
        return [np.concatenate([self.sample(teacher, time, rng) for _ in range(draws)]) for time in times]

    def draw_parts(self, parts: Parts, times: np.ndarray, draws: int, rng: np.random.Generator) -> list[np.ndarray]:
        """As `draw`, from several teachers, each of which gives its part of the states.

        At the time of a snapshot these are its particles, whatever the parts.
        """
        particles = self.particles.shape[1]
        ends = np.round(draws * particles * np.cumsum([part for _, part in parts])).astype(int)
        found = []
        for time in times:
            if len(parts) == 1 or time in self.times:
                found += self.draw(parts[0][0], np.array([time]), draws, rng)
                continue
            made = []
            for (teacher, _), count in zip(parts, np.diff(ends, prepend=0), strict=True):
                drawn = [self.sample(teacher, time, rng) for _ in range(-(-count // particles))]
                made += [rng.permutation(np.concatenate(drawn))[:count]] if drawn else []
            found.append(np.concatenate(made))
        return found


@dataclass(frozen=True)
class Lesson:
    """States that a moving density learns from.

    Attributes:
        times: (G,) the snapshots' times and others between them.
        states: G arrays (n_g, d) of coordinates.
    """

    times: np.ndarray
    states: list[np.ndarray]


def lesson(
    teachers: Teachers | None,
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    points: int,
    rng: np.random.Generator,
    ahead: Sequence[float] = (),
) -> Lesson:
    """Make the states that a moving density learns from.

    Args:
        teachers: the chosen teachers; None takes only the snapshots.
        snapshots: K arrays (N_k, d).
        times: (K,).
        space: the state space.
        points: times in each interval between snapshots; the first, with the fastest changes, has twice as many.
        rng: for couplings and draws.
        ahead: times past the last snapshot; none without teachers, or if they teach nothing there.
    """
    if teachers is None:
        count = max(map(len, snapshots))
        drawn = [exactly(s, count, rng) for s in snapshots]
        return Lesson(times, [space.coordinates(s) for s in drawn])
    way = Interpolant(snapshots, times, space, rng, paths=teachers.paths)
    ends = itertools.pairwise(times)
    inner = [np.linspace(a, b, points if k else 2 * points, endpoint=False) for k, (a, b) in enumerate(ends)]
    grid = np.concatenate([*inner, times[-1:]])
    draws = max(1, _LEARNT // way.particles.shape[1])
    early = grid < times[1]
    first = way.draw_parts(teachers.first, grid[early], draws, rng)
    later = way.draw_parts(teachers.later, grid[~early], draws, rng)
    past: list[np.ndarray] = []
    if teachers.slowing and len(ahead):
        place = last_step(times)
        earlier, last = snapshots[place], snapshots[-1]
        for time in ahead:
            ranked = exactly(last, draws * way.particles.shape[1], rng)
            share = (time - times[-1]) / (times[-1] - times[place])
            past.append(space.project(continued(earlier, last, share, teachers.slowing, ranked, rng), rng))
        grid = np.concatenate([grid, ahead])
    return Lesson(grid, [space.coordinates(states) for states in first + later + past])


def _covariance(steps: np.ndarray) -> np.ndarray:
    """(d, d) covariance of the steps (N, d) of particles; zero of a single one, as in a validation split of two."""
    return np.atleast_2d(np.cov(steps.T)) if len(steps) > 1 else np.zeros((steps.shape[1],) * 2)


def teacher_of(row: Sequence) -> Teacher:
    """The teacher in the `FIELDS` of a table's row."""
    member, noise, share, rate, own, growth, way = row
    return Teacher(str(member), float(noise), float(share), float(rate), bool(own), float(growth), str(way))


def write_teachers(path: str | Path, teachers: Teachers) -> None:
    """Write the choice as JSON."""
    paths = {str(k): {name: part.tolist() for name, part in vars(one).items()} for k, one in teachers.paths.items()}
    chosen = {
        interval: [{"teacher": dataclasses.asdict(teacher), "part": part} for teacher, part in parts]
        for interval, parts in (("first", teachers.first), ("later", teachers.later))
    }
    write_json(path, {**chosen, "paths": paths, "slowing": teachers.slowing, "missed": teachers.missed})


def read_teachers(path: str | Path) -> Teachers:
    """Read a choice."""
    content = read_json(path)
    with parts_of(path):
        paths = {
            int(k): MomentPath(**{name: np.array(part) for name, part in one.items()})
            for k, one in content["paths"].items()
        }
        slowing = tuple((float(rate), float(weight)) for rate, weight in content["slowing"])
        parts = parts_from(content["first"]), parts_from(content["later"])
        return Teachers(*parts, paths, slowing, tuple(map(float, content["missed"])))


def parts_from(content: Sequence[Mapping[str, Any]]) -> Parts:
    """The teachers of an interval from the JSON of `write_teachers`."""
    return tuple((Teacher(**one["teacher"]), float(one["part"])) for one in content)

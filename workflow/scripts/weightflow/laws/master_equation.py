"""The exact law of a reaction network: its chemical master equation on a finite state space.

Finite state projection (Munsky & Khammash 2006, J. Chem. Phys. 124, 044104): probability that leaves the
chosen states is lost, and never returns. Every probability is then too small by at most the lost probability,
which bounds the error. One sink per species collects it and shows which bound to enlarge.

Probabilities advance by uniformisation if no rate depends on time, else by SciPy's DOP853.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from scipy.integrate import DOP853
from scipy.optimize import linprog
from scipy.sparse import csr_array, dia_array
from scipy.stats import poisson

from weightflow.errors import InputError
from weightflow.laws.law import NEGLIGIBLE, TableLaw, spaced, too_many, unknown_law
from weightflow.systems.expressions import evaluate, switching_times
from weightflow.systems.reaction_network import Reaction, ReactionNetwork
from weightflow.systems.uniformisation import uniformise

_START_SHARE = 0.1  # of the tolerance, for the tails of Poisson starts
_DROPPED_SHARE = 0.1  # of the tolerance, for states left out of the file
_GROWTH = 1.25
_MOST_JUMPS = 1e6  # of the fastest state over the whole time; each costs about one product with the generator
_NAMED = 4  # species in the reason of an unknown law
_LARGEST_BOX = 2**62  # states are numbered with 64-bit integers


def solve_master_equation(network: ReactionNetwork, max_states: int = 200_000, tolerance: float = 1e-6) -> TableLaw:
    """Solve the chemical master equation at the network's grid times.

    The states are those that reactions reach from the initial ones within a bound for each species. The
    stoichiometry bounds some species (all of a closed system). The bounds of the others start near the initial
    state and grow while more than their share of the tolerance leaks through.

    Args:
        network: the system. As in the simulation, a reaction without enough reactants does not fire.
        max_states: largest number of states; 0 returns an unknown law at once.
        tolerance: largest probability lost by the last time.

    Returns:
        The law; unknown (n = 0), with the reason, if it needs more than `max_states` states, or if some state is so
        short-lived that the solution would take hours.

    Raises:
        InputError: a propensity is negative or undefined in some state.
    """
    times = np.arange(network.points) * network.step
    species = len(network.species)
    grid = np.arange(network.points, dtype=float)
    unknown = partial(unknown_law, grid, species)
    tops = _start_tops(network, tolerance)
    if (count := float(np.prod(np.where(network.poisson, tops + 1.0, 1.0)))) > max_states:
        return unknown(too_many(f"the start has {spaced(count)} states", max_states))
    start, p = _start(network, tops)
    lost_at_start = max(0.0, 1.0 - p.sum()) if network.poisson.any() else 0.0
    budget = np.linspace(lost_at_start, (1 - _DROPPED_SHARE) * tolerance, network.points)

    caps = _stoichiometric_bounds(network, tops)
    guess = np.minimum(caps, tops + np.ceil(4 * np.sqrt(tops)) + 10)
    for bounds in (np.where(np.isfinite(caps), caps, guess), guess):
        states = _explore(network, start, bounds, max_states)
        if states is not None:
            break

    p = np.concatenate([p, np.zeros(species + 1)])
    spaces, rows = [start], [[p]]
    done = 0
    while True:
        if states is None:
            return unknown(too_many(_needed(network, bounds, done), max_states))
        p = _embed(p, spaces[-1], states)
        generator = _Generator.of(network, states, bounds)
        if (jumps := generator.fastest * times[-1]) > _MOST_JUMPS:
            return unknown(
                f"some states live for {1 / jumps:.1g} of the whole time, so short that the solution would take hours"
            )
        spaces.append(states)
        rows.append([])
        for later in generator.advance(p, times[done:]):
            if lost_at_start + later[len(states) :].sum() > budget[done + 1]:
                break
            done, p = done + 1, later
            rows[-1].append(p)
        else:
            break
        leaks = (later - p)[len(states) : -1]
        leaking = leaks >= 0.1 * leaks.max()
        grown = np.where(leaking, np.minimum(caps, np.ceil(_GROWTH * bounds) + 2), bounds)
        if (grown == bounds).all():  # it leaks into states within the bounds that `_explore` missed
            return unknown("states are reached that the search of possible states missed")
        bounds = grown
        states = _explore(network, states, bounds, max_states)
    return _assemble(grid, spaces, rows, lost_at_start, _DROPPED_SHARE * tolerance)


def _needed(network: ReactionNetwork, bounds: np.ndarray, done: int) -> str:
    """How many states the law needs, and up to which time fewer were enough."""
    size = float(np.prod(bounds + 1.0))
    within = ", ".join(f"{name} ≤ {bound:.0f}" for name, bound in zip(network.species[:_NAMED], bounds, strict=False))
    more = ", …" if len(bounds) > _NAMED else ""
    until = f"; fewer are enough until step {done} of {network.points - 1}" if done else ""
    return f"there are up to {spaced(size)} states with {within}{more}{until}"


@dataclass(frozen=True)
class _Generator:
    """dp/dt = A(t) p over n states, then one sink per species, then one for states taken as unreachable.

    Attributes:
        states: (n, d).
        constant: sum of the reactions whose rates do not depend on time.
        moving: for every other reaction its matrix at unit rates and the function from a time to its (n,) rates.
        switches: times at which a rate may jump, in increasing order.
    """

    states: np.ndarray
    constant: csr_array
    moving: list[tuple[csr_array, Callable[[float], np.ndarray]]]
    switches: tuple[float, ...] = ()

    @classmethod
    def of(cls, network: ReactionNetwork, states: np.ndarray, bounds: np.ndarray) -> "_Generator":
        strides = _strides(bounds)
        keys = states @ strides
        size = len(states) + len(bounds) + 1
        constant, moving = csr_array((size, size)), []
        for reaction in network.reactions:
            source = np.flatnonzero((states + reaction.change >= 0).all(1))
            target = states[source] + reaction.change
            above = target > bounds
            key = target @ strides
            place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
            place = np.where(keys[place] == key, place, size - 1)
            place = np.where(above.any(1), len(states) + above.argmax(1), place)
            ones = np.ones(len(source))
            entries = np.concatenate([ones, -ones]), (np.concatenate([place, source]), np.concatenate([source, source]))
            structure = csr_array(entries, shape=(size, size))
            rates = _rates(network, reaction, states, source, size)
            if reaction.propensity.depends_on_time:
                moving.append((structure, rates))
            else:
                constant = constant + structure @ dia_array((rates(0.0)[None], [0]), shape=(size, size))
        switches = {t for reaction in network.reactions for t in switching_times(reaction.propensity)}
        return cls(states, csr_array(constant), moving, tuple(sorted(switches)))

    @property
    def fastest(self) -> float:
        """Largest exit rate of any state, at the first time if rates depend on time."""
        moving = sum((structure.diagonal() * rates(0.0) for structure, rates in self.moving), np.zeros(1))
        return max(-(self.constant.diagonal() + moving).min(), np.finfo(float).tiny)

    def advance(self, p: np.ndarray, times: np.ndarray) -> Iterator[np.ndarray]:
        """Probabilities at each later time, given those at times[0]."""
        return self._integrate(p, times) if self.moving else uniformise(self.constant, p, times)

    def _integrate(self, p: np.ndarray, times: np.ndarray) -> Iterator[np.ndarray]:
        def velocity(inside: tuple[float, float], t: float, p: np.ndarray) -> np.ndarray:
            t = min(max(t, inside[0]), inside[1])
            return self.constant @ p + sum(structure @ (rates(t) * p) for structure, rates in self.moving)

        # The absolute tolerance is per state and limits the interpolation between steps: with 1e-12 the result is 100
        # times less accurate. Steps are at most as long as the grid's, so that no short pulse of a rate is missed.
        waiting, step = list(times[1:]), np.diff(times).max()
        ends = [times[0], *(t for t in self.switches if times[0] < t < times[-1]), times[-1]]
        for first, last in pairwise(ends):
            # At a switch the rates are those of the interval's inside.
            inside = (
                np.nextafter(first, last) if first in self.switches else first,
                np.nextafter(last, first) if last in self.switches else last,
            )
            solver = DOP853(partial(velocity, inside), first, p, last, rtol=1e-8, atol=1e-14, max_step=step)
            while solver.status == "running":
                if message := solver.step():
                    raise InputError(
                        f"the master equation cannot be integrated: {message}; set evaluation.exact.max_states to 0."
                    )
                between = solver.dense_output()
                while waiting and waiting[0] <= solver.t:
                    yield between(waiting.pop(0))
            p = solver.y


def _rates(
    network: ReactionNetwork, reaction: Reaction, states: np.ndarray, source: np.ndarray, size: int
) -> Callable[[float], np.ndarray]:
    def at(t: float) -> np.ndarray:
        found = evaluate(reaction.propensity, states[source], t)
        if not (np.isfinite(found) & (found >= 0)).all():
            raise InputError(
                f"{network.title}: the propensity of '{reaction.equation}' is negative or undefined in a state that "
                "can be reached; mend it, or set evaluation.exact.max_states to 0."
            )
        rates = np.zeros(size)
        rates[source] = found
        return rates

    return at


def _start_tops(network: ReactionNetwork, tolerance: float) -> np.ndarray:
    """(d,) largest initial counts; Poisson tails beyond hold less than their share of the tolerance."""
    share = _START_SHARE * tolerance / len(network.species)
    return np.where(network.poisson, poisson.isf(share, network.initial), network.initial).astype(np.int64)


def _start(network: ReactionNetwork, tops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Initial states (m, d) and their probabilities (m,)."""
    counts = [
        np.arange(top + 1) if spread else np.array([top]) for top, spread in zip(tops, network.poisson, strict=True)
    ]
    states = np.stack(np.meshgrid(*counts, indexing="ij"), -1).reshape(-1, len(counts))
    chances = np.where(network.poisson, poisson.pmf(states, network.initial), 1.0)
    return states, chances.prod(1)


def _stoichiometric_bounds(network: ReactionNetwork, tops: np.ndarray) -> np.ndarray:
    """(d,) largest counts that any sequence of reactions can reach, inf if unbounded.

    The maximum of x_i over x = tops + Σ n_r change_r with x ≥ 0 and real n_r ≥ 0.
    """
    changes = np.stack([reaction.change for reaction in network.reactions], 1).astype(float)
    solutions = [linprog(-row, A_ub=-changes, b_ub=tops) for row in changes]
    return np.array(
        [np.floor(top - s.fun + 1e-6) if s.success else np.inf for top, s in zip(tops, solutions, strict=True)]
    )


def _strides(bounds: np.ndarray) -> np.ndarray:
    """Weights (d,) that number the states of a box; the first species changes fastest."""
    return np.cumprod([1, *(bounds[:-1].astype(np.int64) + 1)])


def _explore(network: ReactionNetwork, start: np.ndarray, bounds: np.ndarray, most: int) -> np.ndarray | None:
    """States (n, d) reached from `start` within `bounds`, ordered by their number; None if more than `most`."""
    if np.prod(bounds + 1.0) > _LARGEST_BOX:
        return None
    strides, sizes = _strides(bounds), bounds.astype(np.int64) + 1
    known = frontier = np.unique(start @ strides)
    while frontier.size:
        if known.size > most:
            return None
        here = frontier[:, None] // strides % sizes
        reached = []
        for reaction in network.reactions:
            there = here + reaction.change
            inside = np.flatnonzero(((there >= 0) & (there <= bounds)).all(1))
            reached.append(there[inside[_fires(network, reaction, here[inside])]] @ strides)
        frontier = np.setdiff1d(np.concatenate(reached), known)
        known = np.union1d(known, frontier)
    return known[:, None] // strides % sizes


def _fires(network: ReactionNetwork, reaction: Reaction, states: np.ndarray) -> np.ndarray:
    """(n,) whether the reaction has a positive rate; if it depends on time, at any half step or after any switch."""
    if not reaction.propensity.depends_on_time:
        return evaluate(reaction.propensity, states, 0.0) > 0
    found = np.zeros(len(states), dtype=bool)
    half_steps = np.arange(2 * network.points - 1) * network.step / 2
    switches = np.nextafter(switching_times(reaction.propensity), np.inf)
    for t in np.union1d(half_steps, switches[(switches > 0) & (switches < half_steps[-1])]):
        rest = np.flatnonzero(~found)
        if not rest.size:
            break
        found[rest] = evaluate(reaction.propensity, states[rest], t) > 0
    return found


def _embed(p: np.ndarray, states: np.ndarray, larger: np.ndarray) -> np.ndarray:
    """Probabilities over `states` and sinks as probabilities over `larger` and the same sinks."""
    sinks = len(p) - len(states)
    embedded = np.zeros(len(larger) + sinks)
    embedded[_places(states, larger)] = p[: len(states)]
    embedded[len(larger) :] = p[len(states) :]
    return embedded


def _places(states: np.ndarray, larger: np.ndarray) -> np.ndarray:
    """Rows of `larger` that hold `states`, a subset of it; `larger` is in the order of its numbers."""
    strides = _strides(larger.max(0))
    keys = larger @ strides
    order = np.argsort(keys)
    return order[np.searchsorted(keys, states @ strides, sorter=order)]


def _assemble(
    times: np.ndarray, spaces: list[np.ndarray], rows: list[list[np.ndarray]], lost_at_start: float, droppable: float
) -> TableLaw:
    """One law from the time intervals solved on growing spaces, without negligible states."""
    states = spaces[-1]
    probabilities, lost = np.zeros((len(times), len(states))), np.zeros(len(times))
    i = 0
    for space, stretch in zip(spaces, rows, strict=True):
        places = _places(space, states)
        for row in stretch:
            lost[i] = lost_at_start + max(0.0, row[len(space) :].sum())
            p = np.maximum(row[: len(space)], 0.0)
            probabilities[i, places] = p * ((1 - lost[i]) / p.sum())
            i += 1
    most = probabilities.max(0)
    rarest = np.argsort(most, kind="stable")
    kept = most > NEGLIGIBLE
    kept[rarest[np.cumsum(most[rarest]) > droppable]] = True
    lost += probabilities[:, ~kept].sum(1)
    return TableLaw(times, states[kept], probabilities[:, kept], lost)

"""Exact stochastic simulation of reaction networks, also with rates that depend on time.

Gillespie's direct method, with thinning for time-dependent propensities (Lewis & Shedler 1979): between
two grid times each propensity has an upper bound from interval arithmetic on its own program, candidate
events are drawn at the bounding rate and accepted in proportion. No available library simulates
time-dependent rates on a fixed grid in batch, hence this kernel; the tests compare it with the library rebop.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.progress import progress
from weightflow.systems import adaptive_walk
from weightflow.systems import expressions as ex
from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.diffusion import Diffusion, follow
from weightflow.systems.reaction_network import ReactionNetwork
from weightflow.systems.system import System

# Compiled kernels are kept on disk (`cache=True`), since compiling takes five seconds. Numba compiles them anew only if
# this file changes, so what they take from expressions.py stands here too, and is compared.
_OPERATIONS = (
    *("CONSTANT", "SPECIES", "TIME", "ADD", "SUB", "MUL", "DIV", "POW", "NEG", "SIN"),
    *("COS", "EXP", "LOG", "SQRT", "MIN", "MAX", "LESS", "AT_MOST", "EQUAL", "SELECT"),
)
if [getattr(ex, name) for name in _OPERATIONS] != list(range(20)) or ex.MAX_DEPTH != 64:
    raise AssertionError("the operations of expressions.py have other numbers than those compiled here")

_CHUNK = 500
_OK, _NEGATIVE, _EVENTS, _COUNT = range(4)


def simulate(system: System, trajectories: int, seed: int, threads: int = 1) -> np.ndarray:
    """Simulate independent trajectories on a system's grid.

    Args:
        system: of any kind; a reaction without enough reactants does not fire.
        trajectories: number N of trajectories.
        seed: trajectory i depends only on the seed and i, not on threads or chunks; the cells of a diffusion depend on
            the seed and N.
        threads: number of threads.

    Returns:
        (N, points, d) int32 counts; of a diffusion float64 values of N random living cells at each time.

    Raises:
        InputError: a propensity became negative or undefined, or a trajectory passed one of the system's limits.
    """
    match system:
        case Diffusion():
            return follow(system, trajectories, seed)
        case AdaptiveWalk():
            return adaptive_walk.simulate(system, trajectories, seed)
        case ReactionNetwork():
            return _simulate_network(system, trajectories, seed, threads)


def _simulate_network(network: ReactionNetwork, trajectories: int, seed: int, threads: int) -> np.ndarray:
    programs = _concatenate(network)
    changes = np.stack([reaction.change for reaction in network.reactions])
    moving = np.array([reaction.propensity.depends_on_time for reaction in network.reactions])
    times = np.arange(network.points) * network.step
    draws = seeding.stream(seed, "initial")
    starts = np.where(
        network.poisson, draws.poisson(network.initial, (trajectories, len(network.species))), network.initial
    ).astype(np.int64)
    seeds = np.random.SeedSequence(seed).generate_state(trajectories, np.uint32).astype(np.int64)
    out = np.empty((trajectories, network.points, len(network.species)), dtype=np.int32)
    status = np.zeros((trajectories, 2), dtype=np.int64)
    limits = np.array([network.limits.count, network.limits.events])
    parts = [slice(first, first + _CHUNK) for first in range(0, trajectories, _CHUNK)]

    def run(part: slice) -> slice:
        _run(starts[part], seeds[part], times, *programs, changes, moving, limits, out[part], status[part])
        return part

    with ThreadPoolExecutor(threads) as pool:
        for part in progress(pool.map(run, parts), f"simulating {network.title}", len(parts)):
            for fault, which in status[part][status[part, 0] != _OK]:
                pool.shutdown(cancel_futures=True)
                raise InputError(f"{network.path or network.title}: {_sentence(network, fault, which)}")
    return out


def _sentence(network: ReactionNetwork, fault: int, which: int) -> str:
    """Why a trajectory stopped; `which` is the index of a reaction or a species."""
    limits = network.limits
    if fault == _NEGATIVE:
        return f"the propensity of '{network.reactions[which].name}' became negative or undefined; mend it."
    if fault == _EVENTS:
        return (
            f"limits.events: a trajectory passed {limits.events} events; lower the rates or the time, or raise the "
            "limit."
        )
    return (
        f"limits.count: '{network.species[which]}' passed {limits.count} in a trajectory; lower its rates or the time, "
        "or raise the limit."
    )


class _Programs(NamedTuple):
    """The programs of all propensities (`expressions.Program`), one after another.

    Attributes:
        operations, operands: of all programs.
        bounds: where each program begins, and where the last one ends.
    """

    operations: np.ndarray
    operands: np.ndarray
    bounds: np.ndarray


def _concatenate(network: ReactionNetwork) -> _Programs:
    programs = [reaction.propensity for reaction in network.reactions]
    bounds = np.cumsum([0, *(len(program.operations) for program in programs)])
    operations = np.concatenate([program.operations for program in programs])
    return _Programs(operations, np.concatenate([program.operands for program in programs]), bounds)


@njit(cache=True)
def _value(operations: np.ndarray, operands: np.ndarray, first: int, last: int, state: np.ndarray, t: float) -> float:
    stack = np.empty(ex.MAX_DEPTH)
    top = 0
    for i in range(first, last):
        op = operations[i]
        if op == ex.CONSTANT:
            stack[top] = operands[i]
            top += 1
        elif op == ex.SPECIES:
            stack[top] = state[int(operands[i])]
            top += 1
        elif op == ex.TIME:
            stack[top] = t
            top += 1
        elif op == ex.NEG:
            stack[top - 1] = -stack[top - 1]
        elif op == ex.SIN:
            stack[top - 1] = np.sin(stack[top - 1])
        elif op == ex.COS:
            stack[top - 1] = np.cos(stack[top - 1])
        elif op == ex.EXP:
            stack[top - 1] = np.exp(stack[top - 1])
        elif op == ex.LOG:
            stack[top - 1] = np.log(stack[top - 1])
        elif op == ex.SQRT:
            stack[top - 1] = np.sqrt(stack[top - 1])
        elif op == ex.SELECT:
            top -= 2
            stack[top - 1] = stack[top] if stack[top - 1] != 0 else stack[top + 1]
        else:
            top -= 1
            a, b = stack[top - 1], stack[top]
            if op == ex.ADD:
                stack[top - 1] = a + b
            elif op == ex.SUB:
                stack[top - 1] = a - b
            elif op == ex.MUL:
                stack[top - 1] = a * b
            elif op == ex.DIV:
                stack[top - 1] = a / b if b != 0 else np.nan
            elif op == ex.POW:
                stack[top - 1] = a**b
            elif op == ex.MIN:
                stack[top - 1] = min(a, b)
            elif op == ex.MAX:
                stack[top - 1] = max(a, b)
            elif op == ex.LESS:
                stack[top - 1] = 1.0 if a < b else 0.0
            elif op == ex.AT_MOST:
                stack[top - 1] = 1.0 if a <= b else 0.0
            else:
                stack[top - 1] = 1.0 if a == b else 0.0
    return stack[0]


# Numba compiles functions of arrays and numbers only; so this function and `_run` have many arguments.
@njit(cache=True)
def _upper(
    operations: np.ndarray, operands: np.ndarray, first: int, last: int, state: np.ndarray, t0: float, t1: float
) -> float:
    """Upper bound of a propensity for t in [t0, t1], by interval arithmetic."""
    low = np.empty(ex.MAX_DEPTH)
    high = np.empty(ex.MAX_DEPTH)
    top = 0
    for i in range(first, last):
        op = operations[i]
        if op == ex.CONSTANT or op == ex.SPECIES or op == ex.TIME:
            if op == ex.TIME:
                low[top], high[top] = t0, t1
            else:
                value = operands[i] if op == ex.CONSTANT else float(state[int(operands[i])])
                low[top], high[top] = value, value
            top += 1
        elif op == ex.NEG:
            low[top - 1], high[top - 1] = -high[top - 1], -low[top - 1]
        elif op == ex.SIN or op == ex.COS:
            if low[top - 1] == high[top - 1]:
                value = np.sin(low[top - 1]) if op == ex.SIN else np.cos(low[top - 1])
                low[top - 1], high[top - 1] = value, value
            else:
                low[top - 1], high[top - 1] = -1.0, 1.0
        elif op == ex.EXP:
            low[top - 1], high[top - 1] = np.exp(low[top - 1]), np.exp(high[top - 1])
        elif op == ex.LOG:
            low[top - 1], high[top - 1] = np.log(low[top - 1]), np.log(high[top - 1])
        elif op == ex.SQRT:
            low[top - 1], high[top - 1] = np.sqrt(low[top - 1]), np.sqrt(high[top - 1])
        elif op == ex.SELECT:
            top -= 2
            never, always = high[top - 1] == 0.0, low[top - 1] != 0.0
            a0, a1, b0, b1 = low[top], high[top], low[top + 1], high[top + 1]
            low[top - 1] = a0 if always else b0 if never else min(a0, b0)
            high[top - 1] = a1 if always else b1 if never else max(a1, b1)
        else:
            top -= 1
            a0, a1, b0, b1 = low[top - 1], high[top - 1], low[top], high[top]
            if op == ex.ADD:
                low[top - 1], high[top - 1] = a0 + b0, a1 + b1
            elif op == ex.SUB:
                low[top - 1], high[top - 1] = a0 - b1, a1 - b0
            elif op == ex.MIN:
                low[top - 1], high[top - 1] = min(a0, b0), min(a1, b1)
            elif op == ex.MAX:
                low[top - 1], high[top - 1] = max(a0, b0), max(a1, b1)
            elif op == ex.LESS:
                low[top - 1], high[top - 1] = 1.0 if a1 < b0 else 0.0, 1.0 if a0 < b1 else 0.0
            elif op == ex.AT_MOST:
                low[top - 1], high[top - 1] = 1.0 if a1 <= b0 else 0.0, 1.0 if a0 <= b1 else 0.0
            elif op == ex.EQUAL:
                same = a0 == a1 and b0 == b1 and a0 == b0
                low[top - 1], high[top - 1] = 1.0 if same else 0.0, 1.0 if a0 <= b1 and b0 <= a1 else 0.0
            else:
                if op == ex.MUL:
                    c0, c1, c2, c3 = a0 * b0, a0 * b1, a1 * b0, a1 * b1
                elif op == ex.DIV:
                    if b0 <= 0.0 <= b1:
                        return np.inf
                    c0, c1, c2, c3 = a0 / b0, a0 / b1, a1 / b0, a1 / b1
                else:
                    if (b0 != b1 and a0 <= 0.0) or (b0 < 0.0 and a0 <= 0.0 <= a1):
                        return np.inf
                    c0, c1, c2, c3 = a0**b0, a0**b1, a1**b0, a1**b1
                    if a0 < 0.0 < a1:  # an even power has its minimum inside
                        c1 = 0.0
                low[top - 1], high[top - 1] = min(c0, c1, c2, c3), max(c0, c1, c2, c3)
    return high[0]


@njit(cache=True)
def _possible(state: np.ndarray, changes: np.ndarray, r: int) -> bool:
    """Whether the state has enough reactants: the propensity x**2 is positive at one molecule, but consumes two."""
    possible = True
    for i in range(len(state)):
        possible &= state[i] + changes[r, i] >= 0
    return possible


# Loops over elements, without parallel=True: array expressions and parallel=True take longer to compile than most
# simulations take to run. Threads run chunks instead.
@njit(nogil=True, cache=True)
def _run(
    starts: np.ndarray,
    seeds: np.ndarray,
    times: np.ndarray,
    operations: np.ndarray,
    operands: np.ndarray,
    bounds: np.ndarray,
    changes: np.ndarray,
    moving: np.ndarray,
    limits: np.ndarray,
    out: np.ndarray,
    status: np.ndarray,
) -> None:
    count = len(bounds) - 1
    for n in range(len(starts)):
        np.random.seed(seeds[n])
        state = np.empty(starts.shape[1], np.int64)
        rates = np.empty(count)
        t = times[0]
        events = 0
        for i in range(len(state)):
            state[i] = starts[n, i]
            out[n, 0, i] = state[i]
        for k in range(1, len(times)):
            while status[n, 0] == _OK:
                total = 0.0
                for r in range(count):
                    if not _possible(state, changes, r):
                        rates[r] = 0.0
                    elif moving[r]:
                        rates[r] = _upper(operations, operands, bounds[r], bounds[r + 1], state, t, times[k])
                    else:
                        rates[r] = _value(operations, operands, bounds[r], bounds[r + 1], state, t)
                    if not (0.0 <= rates[r] < np.inf):
                        status[n, 0], status[n, 1] = _NEGATIVE, r
                    total += rates[r]
                if status[n, 0] != _OK or total == 0.0:
                    break
                t += np.random.exponential(1.0 / total)
                if t >= times[k]:
                    break
                events += 1
                if events > limits[1]:
                    status[n, 0] = _EVENTS
                    break
                pick = np.random.random() * total
                chosen = 0
                while chosen < count - 1 and pick >= rates[chosen]:
                    pick -= rates[chosen]
                    chosen += 1
                if moving[chosen]:
                    true_rate = _value(operations, operands, bounds[chosen], bounds[chosen + 1], state, t)
                    if not (true_rate >= 0.0):
                        status[n, 0], status[n, 1] = _NEGATIVE, chosen
                        break
                    if np.random.random() * rates[chosen] >= true_rate:
                        continue
                for i in range(len(state)):
                    state[i] += changes[chosen, i]
                    if state[i] > limits[0]:
                        status[n, 0], status[n, 1] = _COUNT, i
            t = times[k]  # an event past the grid time is redrawn: the process is memoryless
            for i in range(len(state)):
                out[n, k, i] = state[i]

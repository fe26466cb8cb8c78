"""Cumulative energy along a path: of a moving distribution from its states, and of a network's moving weights.

The energy of the states is that of the released code: the sum over neighbouring times of W2² / Δt, without the factor
½. It is the least action that moves each snapshot into the next, and so a lower bound on that of any motion through the
snapshots (Benamou & Brenier, Numerische Mathematik 2000). The energy of the weights is that of the paper,
½ ∫ ‖dθ/dt‖² dt.

Two samples of one distribution have W2² > 0, so a distribution at rest has a positive energy, too. It grows with the
number of times and the spread of the states, and shrinks with the number of states. So data and models have the same
times, and the same number of states at each. The states of neighbouring times are independent, even if trajectories
link those of the data. The energy at rest, from two halves of the states of each time, stands beside each energy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.evaluation.metrics import w2_squared
from weightflow.evaluation.moments import Run
from weightflow.prediction.predictions import Prediction

MOST_STATES = 500  # of each half at a time; the exact plan's time grows faster than the square
MOST_TIMES = 21
DATA, RUN = "data", "run"  # sources of rows
COLUMNS = ["dataset", "source", "model", "seed", "time", "seen", "energy_states", "energy_rest", "energy_weights"]

Halves = list[tuple[np.ndarray, np.ndarray]]  # two parts (n_t, d), (n_t, d) of the states at each time


@dataclass(frozen=True)
class _Halved:
    """The states of the data or of a run, and the energy of its weights (T,)."""

    source: str
    model: str | None
    seed: int | None
    halves: Halves
    weights: np.ndarray | None


def states_energy(states: Sequence[np.ndarray], times: np.ndarray) -> np.ndarray:
    """Cumulative kinetic energy of a moving distribution, Σ W2²(p_k, p_k+1) / (t_k+1 − t_k).

    It is the energy of straight motion between the samples, so it includes their sampling error (see the module).

    Args:
        states: T arrays (n_t, d), samples of the distribution.
        times: (T,) increasing.

    Returns:
        (T,) from 0, in squared units of the states per unit of time; distances are Euclidean.
    """
    squares = np.array([w2_squared(before, after) for before, after in pairwise(states)])
    return _cumulated(squares / np.diff(times))


def rest_energy(halves: Halves, times: np.ndarray) -> np.ndarray:
    """Cumulative energy of a distribution at rest: sampling error alone, as `states_energy` would have it.

    Args:
        halves: two samples (n_t, d) at each of T times.
        times: (T,) increasing.

    Returns:
        (T,) from 0; the W2² of an interval is the mean over its ends.
    """
    squares = np.array([w2_squared(*both) for both in halves])
    return _cumulated((squares[:-1] + squares[1:]) / 2 / np.diff(times))


def weights_energy(weights: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Cumulative energy of a path of weights, ½ ∫ ‖dθ/dt‖² dt, by finite differences.

    It is exact for a path that is linear between the times, and for others a lower bound that grows with their number.

    Args:
        weights: (F, P).
        times: (F,) increasing.

    Returns:
        (F,) from 0, in squared weights per unit of time.
    """
    steps = np.diff(weights.astype(float), axis=0)
    return _cumulated((steps**2).sum(axis=1) / (2 * np.diff(times)))


def tabulate_path_energy(dataset: str, data: Snapshots, runs: Iterable[Run]) -> pd.DataFrame:
    """The cumulative energies of the data and of runs, at up to `MOST_TIMES` times of the data.

    Real values are in the units of the file where the representation only scales them.

    Args:
        dataset: its name.
        data: the data set; times before the first observed one, or with fewer than two true states, are left out.
        runs: with samples of equal weights.

    Returns:
        Table with `COLUMNS`, a row for the data and each run at every time. Model and seed are empty for the data,
        energy_weights where no network moves. A run without samples at a time ends before it.
    """
    shown = shown_times(data)
    times, seen = data.times[shown], data.is_observed[shown]
    draws = seeding.stream(0, "path energy", DATA)
    found = [_Halved(DATA, None, None, _halves([data.truth[t] for t in shown], data, draws), None)]
    for run in runs:
        draws = seeding.stream(run.seed, "path energy", run.model)
        halves = _halves(_up_to_a_gap(run.prediction, shown), data, draws)
        weights = _weights_energy_at(run.prediction, times[: len(halves)])
        found.append(_Halved(RUN, run.model, run.seed, halves, weights))
    sizes = [[len(one) for one, _ in own.halves] + [MOST_STATES] * (len(shown) - len(own.halves)) for own in found]
    counts = np.min(sizes, axis=0)  # the same of all at a time
    rows = []
    for own in found:
        cut = [(one[:count], other[:count]) for (one, other), count in zip(own.halves, counts, strict=False)]
        reached = times[: len(cut)]
        moving = states_energy([both[k % 2] for k, both in enumerate(cut)], reached)
        resting = rest_energy(cut, reached)
        rows += [
            (dataset, own.source, own.model, own.seed, *at, None if own.weights is None else own.weights[k])
            for k, at in enumerate(zip(reached, seen, moving, resting, strict=False))
        ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"seed": "Int64", "energy_weights": float})


def shown_times(data: Snapshots) -> np.ndarray:
    """Indices of up to `MOST_TIMES` times with true states, evenly chosen by index, with the first and the last."""
    sizes = np.array([len(states) for states in data.truth])
    there = np.flatnonzero((data.times >= data.observed_times[0]) & (sizes > 1))
    return there[np.linspace(0, len(there) - 1, min(len(there), MOST_TIMES)).round().astype(int)]


def _halves(samples: Sequence[np.ndarray], data: Snapshots, rng: np.random.Generator) -> Halves:
    """Two parts of the same size of the states at each time, at most `MOST_STATES` of each, in random order.

    A trajectory, a row at every time, is in one part at all times.
    """
    found = []
    for states in samples:
        values, size = data.values(states), min(len(states) // 2, MOST_STATES)
        one, other = (part[rng.permutation(len(part))[:size]] for part in (values[::2], values[1::2]))
        found.append((one, other))
    return found


def _up_to_a_gap(prediction: Prediction, shown: np.ndarray) -> list[np.ndarray]:
    """The samples at the shown times before the first with fewer than two."""
    found: list[np.ndarray] = []
    for t in shown:
        if len(prediction.samples[t]) < 2:
            break
        found.append(prediction.samples[t])
    return found


def _weights_energy_at(prediction: Prediction, times: np.ndarray) -> np.ndarray | None:
    """The cumulative energy of the weights from the first of some times (T,) on; None without a path."""
    path = prediction.figures
    if not len(path.path_times) or not len(times):
        return None
    found = np.interp(times, path.path_times, weights_energy(path.path_weights, path.path_times))
    return found - found[0]


def _cumulated(parts: np.ndarray) -> np.ndarray:
    """(T,) sums from 0 on over T − 1 intervals."""
    return np.append(0.0, parts.cumsum())

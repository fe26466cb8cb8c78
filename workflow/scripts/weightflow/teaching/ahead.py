"""How the states go on past the last snapshot: the weights of several rates of slowing down.

The last observed snapshot is predicted from those before it. Its likelihood weights the rates, as averaging.py weights
teachers.
"""

from collections.abc import Sequence

import numpy as np

from weightflow.data.state_space import StateSpace
from weightflow.data.subsets import at_most
from weightflow.teaching.averaging import stacked_parts
from weightflow.teaching.scoring import best_log_probs
from weightflow.transport.quantile_path import Slowing, continued, last_step

_COMPARED = 1000  # most states of a snapshot


def choose_slowing(
    rates: Sequence[float],
    snapshots: Sequence[np.ndarray],
    times: np.ndarray,
    space: StateSpace,
    rng: np.random.Generator,
) -> Slowing:
    """The weight of each rate; equal ones for two snapshots, as nothing tells them apart.

    Args:
        rates: κ, per length of the last step (`last_step`); none gives ().
        snapshots: K arrays (N_k, d).
        times: (K,).
        space: the state space.
        rng: of parts of large snapshots, of equal states and of pairs of variables.
    """
    weights = np.full(len(rates), 1 / max(1, len(rates)))
    if len(times) > 2 and len(rates) > 1:
        last, before = last_step(times), last_step(times[:-1])
        earlier, later, target = (at_most(snapshots[k], _COMPARED, rng) for k in (before, -2, -1))
        length = times[-2] - times[before]
        ahead, unit = (times[-1] - times[-2]) / length, length / (times[-1] - times[last])
        guesses = [continued(earlier, later, ahead, ((rate * unit, 1.0),), later, rng) for rate in rates]
        seed = int(rng.integers(2**32))
        odds = [
            best_log_probs(space.project(guess, rng), space, target, np.random.default_rng(seed)) for guess in guesses
        ]
        weights = stacked_parts([np.stack(odds)], weights)
    return tuple(zip(map(float, rates), weights.tolist(), strict=True))

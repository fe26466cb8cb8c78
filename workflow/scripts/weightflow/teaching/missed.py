"""How far teachers miss left-out snapshots, as a share of the change between the snapshots beside them.

A left-out snapshot is a time that a teacher was not told about, with known states. In bins of each variable, the
squared error of its log-odds, less what chance explains, is compared with their squared change across the gap.
"""

from collections.abc import Sequence

import numpy as np

from weightflow.teaching.scoring import Scores, probes, shares
from weightflow.teaching.teachers import ANYWHERE, Teachers


def missed_shares(
    scores: Scores, teachers: Teachers, snapshots: Sequence[np.ndarray], times: np.ndarray, most: int | None = None
) -> tuple[float, ...]:
    """Root mean square error in the middle of each interval, over the change of the log-odds across it.

    Across a gap, a path's error grows with the square of the gap's length and the change with the length, so their
    ratio is taken as proportional to the length. To the left-out snapshots one is added whose states may be anything
    between those around it (`ANYWHERE`).

    Args:
        scores: of candidates, the teachers among them.
        teachers: the choice.
        snapshots: K arrays (N_k, d).
        times: (K,).
        most: states of a snapshot that teachers used; None for all.

    Returns:
        K − 1 shares.
    """
    error = change = 0.0
    told = 0
    for k in scores.places:
        parts = [(scores.teachers.index(one), part) for one, part in (teachers.first if k == 1 else teachers.later)]
        if not all((i, k) in scores.found for i, _ in parts):
            continue
        cuts = probes(snapshots, k)
        said = sum(part * scores.found[i, k].shares for i, part in parts)
        before, held, after = (shares(snapshots[j], cuts) for j in (k - 1, k, k + 1))
        sizes = [len(snapshots[j]) if most is None else min(most, len(snapshots[j])) for j in (k - 1, k + 1)]
        place = (times[k] - times[k - 1]) / (times[k + 1] - times[k - 1])
        middle = (said + held) / 2
        there = (middle > 0) & (middle < 1)
        variance = (middle * (1 - middle))[there]
        drawn = min(scores.found[i, k].count for i, _ in parts)
        chance = 1 / len(snapshots[k]) + 1 / drawn + (1 - place) ** 2 / sizes[0] + place**2 / sizes[1]
        error += float((((said - held)[there] / variance) ** 2 - chance / variance).sum())
        moved = _log_odds(after, sizes[1]) - _log_odds(before, sizes[0])
        change += float((bump(np.array(place), k == 1) * (moved[there] * (times[k + 1] - times[k - 1])) ** 2).sum())
        told += 1
    rate = max(error / change, 0.0) if change else 0.0
    return tuple(np.sqrt((told * rate * np.diff(times) ** 2 + ANYWHERE**2) / (told + 1)).tolist())


def bump(place: np.ndarray, is_first: np.ndarray | bool) -> np.ndarray:
    """Squared error at a place 0 … 1 between two snapshots, over the largest one.

    It is largest halfway; in the first interval at a quarter of the way, as many systems begin in one state and spread
    like √t.
    """
    way = np.where(is_first, np.sqrt(place), place)
    return (4 * way * (1 - way)) ** 2


def _log_odds(found: np.ndarray, count: int) -> np.ndarray:
    """Of shares of so many states; half a state in each bin keeps them finite."""
    hits = found * count
    return np.log((hits + 0.5) / (count - hits + 0.5))

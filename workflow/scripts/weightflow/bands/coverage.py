"""How often true probabilities lie in their bands."""

import numpy as np
import pandas as pd

from weightflow.bands.bands import Bands
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.laws.law import ExactLaw, GaussianLaw

LEAST = 1e-3  # smallest probability of a judged bin: bands about zero always hold it
UNSEEN, OBSERVED = "unseen", "observed"
COLUMNS = ["time", "times", "bins", "coverage", "width"]
_ENOUGH = 50_000  # held-out states whose frequencies stand for probabilities


def judge_bands(bands: Bands, data: Snapshots, law: ExactLaw | None) -> pd.DataFrame:
    """Coverage of the true marginals.

    A bin counts if the truth or the middle of its band is at least `LEAST`. The truth is the exact law, or the
    frequencies of 50 000 held-out states or more.

    Args:
        bands: of a model.
        data: its data set.
        law: the exact law; None if it is unknown.

    Returns:
        Table with `COLUMNS`: times is unseen or observed, bins their number, coverage the share of bins whose true
        probability lies in the band, width the mean width of the bands. Without rows where the truth is unknown. The
        first snapshot is left out, as in the means of all metrics.
    """
    rows = []
    for time, lower, middle, upper in zip(bands.times, *bands.marginals, strict=True):
        at = np.flatnonzero(data.times == time)
        if time <= data.observed_times[0] or not len(at):
            continue
        variables, truth = _truth(data, law, int(at[0]), middle.shape[1])
        if not len(variables):
            continue
        low, said, high = lower[variables], middle[variables], upper[variables]
        judged = (truth >= LEAST) | (said >= LEAST)
        inside = (low <= truth) & (truth <= high)
        seen = OBSERVED if time in data.observed_times else UNSEEN
        rows.append([time, seen, int(judged.sum()), inside[judged].mean(), (high - low)[judged].mean()])
    return pd.DataFrame(rows, columns=COLUMNS)


def _truth(data: Snapshots, law: ExactLaw | None, t: int, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (k,) of the variables with a known truth, and their probabilities (k, B)."""
    if law is not None and isinstance(data.space, Counts) and data.space.has_unit_bins:
        return law.variables, law.marginals(t, bins)
    if isinstance(law, GaussianLaw):
        return law.variables, np.stack([law.shares(t, v, data.space.edges(v)) for v in law.variables.tolist()])
    states = data.heldout[t] if data.heldout else np.zeros((0, len(data.variables)))
    if len(states) < _ENOUGH:
        return np.zeros(0, dtype=np.int64), np.zeros((0, bins))
    shares = []
    for v, own in enumerate(states.T):
        edges = data.space.edges(v)
        held = np.minimum(own, edges[-1]) if data.discrete else own  # the last bin holds all larger counts
        shares.append(np.histogram(held, edges)[0] / len(states))
    return np.arange(len(shares)), np.stack(shares)

"""Uncertainty bands about predicted marginals, and their coverage of the exact law."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weightflow.evaluation.seed_statistics import over_seeds
from weightflow.laws.law import ExactLaw
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "bands"
LEAST = 1e-3  # smallest probability of a scored count: bands about zero always cover it
UNSEEN, OBSERVED = "unseen", "observed"
COLUMNS = ["time", "times", "coverage", "present", "width"]  # of the table of `judge_bands`


@dataclass(frozen=True)
class Bands:
    """Bands of the probability of each count of each variable at each time.

    Attributes:
        times: (T,).
        lower, middle, upper: (T, d, L); the middle is of the network on the mean curve.
        level: share of the networks that lie between lower and upper.
    """

    times: np.ndarray
    lower: np.ndarray
    middle: np.ndarray
    upper: np.ndarray
    level: float

    def of(self, variables: np.ndarray) -> "Bands":
        """The bands of some variables, by their indices."""
        lower, middle, upper = (part[:, variables] for part in (self.lower, self.middle, self.upper))
        return Bands(self.times, lower, middle, upper, self.level)


def coverage(bands: Bands, truth: np.ndarray) -> np.ndarray:
    """(T,) share of the counts of all variables whose true probability (T, d, L) lies in its band.

    Counts are left out if the true probability and the upper bound are below `LEAST`.
    """
    return _share_inside(bands, truth, _judged(bands, truth))


def coverage_of_present(bands: Bands, truth: np.ndarray) -> np.ndarray:
    """(T,) coverage of the counts whose true probability is at least `LEAST`.

    This selection does not depend on the bands. It omits counts of almost zero probability: a softmax cannot reach
    zero, so their bands lie above the truth.
    """
    return _share_inside(bands, truth, truth >= LEAST)


def width(bands: Bands, truth: np.ndarray) -> np.ndarray:
    """(T,) mean width of the bands, over the same counts as `coverage`."""
    judged = _judged(bands, truth)
    return ((bands.upper - bands.lower) * judged).sum((1, 2)) / judged.sum((1, 2))


def judge_bands(bands: Bands, law: ExactLaw | None, observed: np.ndarray) -> pd.DataFrame:
    """How often the true marginals lie in their bands.

    Args:
        bands: at T times.
        law: the exact law of all or some variables; None if it is unknown.
        observed: (K,) times of the snapshots.

    Returns:
        Table with `COLUMNS`, where times is unseen or observed; without rows if the law is unknown. The first snapshot
        is left out, as in the means of all metrics: many systems start in one state, and a softmax cannot give it
        probability 1.
    """
    if law is None:
        return pd.DataFrame(columns=COLUMNS)
    own, levels = bands.of(law.variables), bands.lower.shape[-1]
    places = [int(np.abs(law.times - time).argmin()) for time in bands.times]
    truth = np.stack([law.marginals(place, levels) for place in places])
    seen = np.isin(bands.times, observed)
    columns = {"time": bands.times, "times": np.where(seen, OBSERVED, UNSEEN)}
    measured = {"coverage": coverage, "present": coverage_of_present, "width": width}
    table = pd.DataFrame(columns | {name: measure(own, truth) for name, measure in measured.items()})
    return table[bands.times > observed[0]].reset_index(drop=True)


def summarise_bands(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means over times, and over seeds.

    Args:
        table: dataset, seed, and the columns of `judge_bands`.

    Returns:
        Table dataset, seed, metric (coverage_unseen, width_observed and so on), value; and table dataset, metric, mean,
        std (empty for one seed), seeds.
    """
    long = table.melt(["dataset", "seed", "times"], ["coverage", "present", "width"], "metric")
    long["metric"] = long["metric"] + "_" + long["times"]
    each = long.groupby(["dataset", "seed", "metric"], sort=False)["value"].mean().reset_index()
    return each, over_seeds(each, ["dataset", "metric"])


def write_bands(path: str | Path, bands: Bands, **metadata: Any) -> None:
    """Write bands."""
    tensors = {name: getattr(bands, name) for name in ("times", "lower", "middle", "upper")}
    write_tensors(path, KIND, tensors, level=bands.level, **metadata)


def read_bands(path: str | Path) -> Bands:
    """Read bands.

    Raises:
        InputError: the file is missing or damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        found = Bands(**artefact.tensors, level=artefact.metadata["level"])
        if not found.times.shape == found.lower.shape[:1] or not found.lower.shape == found.upper.shape:
            raise ValueError
        return found


def _share_inside(bands: Bands, truth: np.ndarray, judged: np.ndarray) -> np.ndarray:
    inside = (bands.lower <= truth) & (truth <= bands.upper)
    return (inside & judged).sum((1, 2)) / judged.sum((1, 2))


def _judged(bands: Bands, truth: np.ndarray) -> np.ndarray:
    return (truth >= LEAST) | (bands.upper >= LEAST)

"""Scores of densities at each time, against held-out states and the exact law.

Networks and baselines are scored by the same function, so their scores are comparable.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from weightflow.data.state_space import MOST_BINS, Counts, StateSpace
from weightflow.laws.law import ExactLaw


class Density(Protocol):
    """A distribution over states (d,) at one time."""

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) natural logarithms of the probabilities, or densities, of states (n, d); −∞ outside the range."""

    def marginals(self, space: StateSpace, levels: int | None = None) -> np.ndarray:
        """(d, B) probabilities of the space's bins in each variable; over counts, of 0 … levels − 1 or more."""

    def of(self, variables: np.ndarray) -> "Density | None":
        """Marginal density of some variables, in their order; None if it is not available."""


def score(densities: Sequence[Density], heldout: Sequence[np.ndarray], law: ExactLaw | None) -> dict[str, np.ndarray]:
    """Score densities at T times; lower is better.

    Args:
        densities: T of them.
        heldout: T arrays (M_t, d), which may be empty, or no arrays.
        law: at the same T times, or None if it is unknown.

    Returns:
        Arrays (T,) by name: `nll`, the mean negative log-likelihood of the held-out states (nats per variable,
        infinite where one lies outside the density's range, NaN where there are none); `kl_exact` (nats) and
        `tv_exact`, the distances of the joint distribution of the law's variables. Scores without data are left
        out.

    Raises:
        ValueError: the numbers of times differ.
    """
    found = {}
    if sum(map(len, heldout)):
        found["nll"] = np.array([_nll(*pair) for pair in zip(densities, heldout, strict=True)])
    if law is not None:
        if len(law.times) != len(densities):
            raise ValueError(f"the exact law has {len(law.times)} times, and there are {len(densities)} densities")
        parts = [density.of(law.variables) for density in densities]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            pairs = [law.distances(t, part.log_prob) for t, part in enumerate(known)]
            found["kl_exact"], found["tv_exact"] = np.array(pairs).T
    return found


def marginals(densities: Sequence[Density], space: StateSpace, law: ExactLaw | None = None) -> np.ndarray:
    """(T, d, B) marginals of T densities, in the bins of the space; over counts, also all that a law considers."""
    levels = None
    if isinstance(space, Counts) and space.has_unit_bins and law is not None:
        levels = max(space.levels, min(law.levels, MOST_BINS))
    return np.stack([density.marginals(space, levels) for density in densities])


def fit_levels(marginals: np.ndarray, levels: int) -> np.ndarray:
    """(…, levels) probabilities from (…, L): padded with zeros, or without counts ≥ levels."""
    missing = max(0, levels - marginals.shape[-1])
    widths = [(0, 0)] * (marginals.ndim - 1) + [(0, missing)]
    return np.pad(marginals[..., :levels], widths)


def _nll(density: Density, states: np.ndarray) -> float:
    if not len(states):
        return float("nan")
    unique, repeats = np.unique(states, axis=0, return_counts=True)
    return float(-(repeats @ density.log_prob(unique)) / states.size)

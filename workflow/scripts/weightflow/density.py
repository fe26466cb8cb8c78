"""Densities over counts, one for each time, and how far they are from held-out states and from the exact law.

Networks and baselines are scored by the same function, so that their numbers mean the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from weightflow import metrics
from weightflow.master_equation import ExactLaw, read_exact_law

RAREST = 1e-15  # states that are less probable under the law are not scored


class Density(Protocol):
    """A distribution over states (d,) of counts at one time."""

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) natural logarithms of the probabilities of states (n, d); −∞ outside the density's range."""

    def marginals(self, levels: int) -> np.ndarray:
        """(d, levels) probabilities of the counts 0 … levels − 1 in each variable."""


def score(densities: Sequence[Density], heldout: Sequence[np.ndarray], law: ExactLaw | None) -> dict[str, np.ndarray]:
    """Score densities at T times; lower is better.

    A state of the law that is less probable than 1e-15 at a time is not scored: with n states this changes
    the total variation by at most n · 1e-15 and the Kullback–Leibler divergence by that times the largest
    difference in log-probability.

    Args:
        densities: T of them.
        heldout: T arrays (M_t, d), or none, or T without states.
        law: at the same T times, or None where it is unknown.

    Returns:
        Arrays (T,) by name: `nll`, the mean negative log-likelihood of the held-out states (nats per variable,
        infinite where one lies outside the density's range); `kl_exact` (nats) and `tv_exact`, the distances of
        the joint distribution from the law. What cannot be known is left out.

    Raises:
        ValueError: the numbers of times differ.
    """
    found = {}
    if sum(map(len, heldout)):
        found["nll"] = np.array([_nll(*pair) for pair in zip(densities, heldout, strict=True)])
    if law is not None:
        if len(law.times) != len(densities):
            raise ValueError(f"the exact law has {len(law.times)} times, and there are {len(densities)} densities")
        pairs = [_against_law(density, law, t) for t, density in enumerate(densities)]
        found["kl_exact"], found["tv_exact"] = np.array(pairs).T
    return found


def marginals(densities: Sequence[Density], levels: int) -> np.ndarray:
    """(T, d, levels) marginals of T densities."""
    return np.stack([density.marginals(levels) for density in densities])


def fit_levels(marginals: np.ndarray, levels: int) -> np.ndarray:
    """(…, levels) probabilities from (…, L): further counts have none, and counts ≥ levels are dropped."""
    missing = max(0, levels - marginals.shape[-1])
    widths = [(0, 0)] * (marginals.ndim - 1) + [(0, missing)]
    return np.pad(marginals[..., :levels], widths)


def known_law(path: str | Path | Sequence) -> ExactLaw | None:
    """The law in a rule's input, or None where the input is empty or the law unknown."""
    law = read_exact_law(path) if path else None
    return law if law is not None and law.is_known else None


def _nll(density: Density, states: np.ndarray) -> float:
    unique, repeats = np.unique(states, axis=0, return_counts=True)
    return float(-(repeats @ density.log_prob(unique)) / states.size)


def _against_law(density: Density, law: ExactLaw, t: int) -> tuple[float, float]:
    scored = law.probabilities[t] >= RAREST
    p, log_q = law.probabilities[t, scored], density.log_prob(law.states[scored])
    return metrics.kl(p, log_q), metrics.tv(p, log_q)

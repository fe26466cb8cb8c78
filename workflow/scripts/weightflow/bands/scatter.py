"""Sampling error of a distribution at one time, for any quantity of it.

If the weights of a network scatter, log p(x) scatters by a normal number a(x) with mean zero, and the mean of a
function f by the mean of f(x) a(x). So draws x and their a(x) give the variance of every mean and probability.
"""

from dataclasses import dataclass

import numpy as np

_NEAREST = 8  # draws that a rare bin's variance is estimated from, at least
_NEARLY_ALL = 0.999  # largest probability in the variance of log-odds


@dataclass(frozen=True)
class Scatter:
    """Draws of a network, and the scattering of its density at them.

    Attributes:
        states: (n, d).
        rows: (n, r) from `Fisher.spread`; a(x) is the product of a row with r independent standard normal numbers.
    """

    states: np.ndarray
    rows: np.ndarray

    def of_mean(self, numbers: np.ndarray) -> float:
        """Variance of the mean of a function of the state, from its values (n,) at the draws."""
        return float((((numbers - numbers.mean()) @ self.rows / len(numbers)) ** 2).sum())

    def of_event(self, holds: np.ndarray, probability: float, cells: float) -> float:
        """Variance of the log-odds of an event.

        Where fewer than 8 draws tell, it is at least that of the event's frequency in a sample.

        Args:
            holds: (n,) whether it holds at the draws.
            probability: of the event, between 0 and 1.
            cells: size of a sample.
        """
        hits = int(min(holds.sum(), len(holds) - holds.sum()))
        share = float(holds.mean())
        found = self.of_mean(holds.astype(float)) / (share * (1 - share)) ** 2 if hits else 0.0
        rare = probability * (1 - probability)
        return max(found, 1 / (cells * rare)) if hits < _NEAREST and rare > 0 else found

    def of_bins(self, variable: int, edges: np.ndarray, masses: np.ndarray) -> np.ndarray:
        """(B,) variances of the log-odds of the bins of a variable.

        Args:
            variable: its index.
            edges: (B + 1,) increasing.
            masses: (B,) probabilities of the bins.
        """
        order = np.argsort(self.states[:, variable], kind="stable")
        placed, least = self.states[order, variable], min(_NEAREST, len(order))
        sums = np.concatenate([np.zeros((1, self.rows.shape[1])), self.rows[order].cumsum(axis=0, dtype=float)])
        first, last = np.searchsorted(placed, edges[:-1]), np.searchsorted(placed, edges[1:])
        missing = np.maximum(least - (last - first), 0)
        first = np.clip(first - (missing + 1) // 2, 0, len(placed) - least)
        last = np.clip(last, first + least, None)
        means = (sums[last] - sums[first]) / (last - first)[:, None]
        return (means**2).sum(axis=1) / (1 - np.minimum(masses, _NEARLY_ALL)) ** 2

"""Relaxation: progress of a mean from one snapshot to the next at a speed that changes.

A mean that relaxes at rate κ has covered (1 − e^{−κu}) / (1 − e^{−κ}) of its way after the share u of the time: κ > 0
is fast at first, κ < 0 fast at the end, κ = 0 uniform. The mean at the end of a chain of n steps, each with rate κ,
has covered P(n, κu) / P(n, κ), with P the regularised incomplete gamma function: slow at first, then fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import gammainc
from scipy.stats import truncnorm

_FASTEST = 50.0
_OVERSHOT = 3.0  # standard errors of an overshoot; beyond them no relaxation is fitted
_LONGEST = 30.0  # most steps of a chain
_TELLING = 4.0  # least decrease of chi-squared from one step to a chain


@dataclass(frozen=True)
class Relaxation:
    """Relaxation rate and number of steps of each variable.

    Attributes:
        rates: (d,) κ, per length of the first interval.
        steps: (d,) n; 1 for a plain relaxation, the only one that may have κ ≤ 0.
    """

    rates: np.ndarray
    steps: np.ndarray

    def share(self, share: float) -> np.ndarray:
        """(d,) covered shares of the way across the first interval, after a share of its time."""
        chain = gammainc(self.steps, np.maximum(self.rates, 1e-8) * np.array([[share], [1.0]]))
        return np.where(self.steps > 1, chain[0] / chain[1], relax(self.rates, share))


def relax(rate: np.ndarray, share: float) -> np.ndarray:
    """Covered shares of the way after a share of the time, in the shape of the rates (per length of the interval)."""
    rate = np.asarray(rate, dtype=float)
    moving = np.where(np.abs(rate) < 1e-8, 1.0, rate)
    return np.where(np.abs(rate) < 1e-8, share, np.expm1(-moving * share) / np.expm1(-moving))


def own_relaxation(snapshots: Sequence[np.ndarray], times: np.ndarray) -> Relaxation:
    """Relaxation of each variable in the first interval, from the means of the first snapshots.

    Three means determine the rate of one step, from the second mean's share of the way from the first to the third.
    Among shares within one standard error, the one nearest to uniform motion is taken. If the share may be 1, the
    median of the shares below 1 is taken. Variables that overshoot get uniform motion, because no relaxation explains
    them. If a fourth mean contradicts one step, a chain is fitted.

    Args:
        snapshots: K arrays (N_k, d); all variables move uniformly if K < 3.
        times: (K,).
    """
    variables = snapshots[0].shape[1]
    if len(snapshots) < 3:
        return Relaxation(np.zeros(variables), np.ones(variables))
    means = np.stack([snapshot.mean(0) for snapshot in snapshots[:4]]).T
    errors = np.stack([snapshot.var(0) / len(snapshot) for snapshot in snapshots[:4]]).T
    lengths = (times[1:4] - times[0]) / (times[1] - times[0])
    rates = np.array([_rate(*variable, lengths[1]) for variable in zip(means[:, :3], errors[:, :3], strict=True)])
    steps = np.ones(variables)
    if len(lengths) == 3:
        for v in range(variables):
            if (found := _chain(means[v], errors[v], lengths)) is not None:
                steps[v], rates[v] = found
    return Relaxation(rates, steps)


def _rate(means: np.ndarray, errors: np.ndarray, length: float) -> float:
    """Rate from three means and their squared errors; `length` is that of both intervals over that of the first."""
    way = means[2] - means[0]
    if way == 0:
        return 0.0
    share = (means[1] - means[0]) / way
    slopes = np.array([share - 1, 1.0, -share]) / way
    error = np.sqrt(slopes**2 @ errors)
    target = np.clip(1 / length, share - error, share + error)
    if error and share + error >= 1 > share - _OVERSHOT * error:
        # The share may be 1, which no rate attains; the median of the shares below 1 is taken.
        left = truncnorm((1 / length - share) / error, (1 - share) / error, share, error).median()
        target = left if target >= 1 else max(target, left)
    if target == 1 / length or not 0 < target < 1:
        return 0.0

    def behind(rate: float) -> float:
        return float(relax(np.array(rate * length), 1 / length)) - target

    if behind(-_FASTEST) > 0 or behind(_FASTEST) < 0:
        return float(np.sign(target - 1 / length) * _FASTEST)
    return float(brentq(behind, -_FASTEST, _FASTEST))


def _chain(means: np.ndarray, errors: np.ndarray, lengths: np.ndarray) -> tuple[float, float] | None:
    """(n, κ) of a chain, from four means and their squared errors; None if one step fits as well."""
    way = means[3] - means[0]
    if way == 0:
        return None
    shares = (means[1:3] - means[0]) / way
    if not 0 < shares[0] <= shares[1] + np.sqrt(errors[2]) / abs(way):
        return None
    spread = np.sqrt(errors[1:3] + (1 - shares) ** 2 * errors[0] + shares**2 * errors[3]) / abs(way) + 1e-12

    def away(found: np.ndarray, steps: float | None = None) -> np.ndarray:
        rate, order = np.exp(found[0]), np.exp(found[1]) if steps is None else steps
        made = gammainc(order, rate * lengths)
        return (made[:2] / max(made[2], 1e-300) - shares) / spread

    low, high = np.log([1e-2, _FASTEST])
    plain = min(
        (least_squares(away, [np.log(start)], bounds=([low], [high]), args=(1.0,)) for start in (0.3, 3.0)),
        key=lambda fit: fit.cost,
    )
    bounds = ([low, 0.0], [high, np.log(_LONGEST)])
    starts = [(np.log(rate), np.log(order)) for rate in (1.0, 5.0) for order in (2.0, 6.0)]
    chain = min((least_squares(away, start, bounds=bounds) for start in starts), key=lambda fit: fit.cost)
    if 2 * (plain.cost - chain.cost) < _TELLING:
        return None
    return float(np.exp(chain.x[1])), float(np.exp(chain.x[0]))

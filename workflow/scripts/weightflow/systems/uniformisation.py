"""Uniformisation (Jensen 1953): the law of a jump process with constant rates, by powers of a stochastic matrix.

Unlike a solver of differential equations it keeps probabilities non-negative and their sum constant.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array, eye_array

_TAIL = 1e-16  # probability of more jumps than are followed in an interval
_UNHEARD = 1e-20  # less probable numbers of jumps are left out of the sum


def uniformise(generator: csr_array, p: np.ndarray, times: np.ndarray) -> Iterator[np.ndarray]:
    """Probabilities (n,) at each later time, given those at times[0].

    Args:
        generator: (n, n) rates from the column's state to the row's; every column sums to zero.
        p: (n,) probabilities at times[0].
        times: increasing.
    """
    from scipy.stats import poisson  # takes most of a second to import, and every run imports this module

    fastest = max(-generator.diagonal().min(), np.finfo(float).tiny)
    jump = csr_array(eye_array(len(p), format="csr") + generator / fastest)
    for step in np.diff(times):
        weights = poisson.pmf(np.arange(poisson.isf(_TAIL, fastest * step) + 1), fastest * step)
        weights /= weights.sum()
        mean = weights[0] * p
        for weight in weights[1:]:
            p = jump @ p
            if weight > _UNHEARD:
                mean += weight * p
        p = mean
        yield p

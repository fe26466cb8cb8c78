"""Marginals that move along their quantiles, with the ranks (copula) of one snapshot.

Each quantile of each variable moves on a straight line in time through two snapshots. Between them this is the
displacement interpolation of a single variable; past them it is a linear extrapolation.
"""

import numpy as np

_SHORT = 0.1  # of the range of the snapshots; a shorter step is mostly sampling error
Slowing = tuple[tuple[float, float], ...]  # rates κ, and the weight of each; the weights sum to one


def quantile_path(
    earlier: np.ndarray, later: np.ndarray, share: float, ranked: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """States whose quantiles lie on the lines through those of two snapshots.

    Lines may cross past the second snapshot; the values are then put in order again (the rearrangement of
    Chernozhukov et al. 2010), which changes no marginal.

    Args:
        earlier: (N, d) states.
        later: (M, d) states.
        share: of the way from the earlier to the later snapshot; above 1 past the later one.
        ranked: (n, d) states whose ranks, the copula, are taken.
        rng: of the order of equal states.

    Returns:
        (n, d) values, with the ranks of `ranked` in every variable.
    """
    levels = (np.arange(len(ranked)) + 0.5) / len(ranked)
    # At these levels the quantiles of a snapshot of n states are its states.
    start, end = (np.quantile(part, levels, axis=0, method="hazen") for part in (earlier, later))
    values = np.sort((1 - share) * start + share * end, axis=0)
    moved = np.empty_like(values)
    for variable, states in enumerate(ranked.T):
        order = np.lexsort((rng.random(len(states)), states))
        moved[order, variable] = values[:, variable]
    return moved


def last_step(times: np.ndarray) -> int:
    """Index of the snapshot from which the last step is taken: the latest that is a tenth of the range earlier.

    Args:
        times: (K,) of the snapshots, at least two.
    """
    far = times[-1] - times >= _SHORT * (times[-1] - times[0])
    return int(np.flatnonzero(far)[-1])


def continued(
    earlier: np.ndarray,
    later: np.ndarray,
    ahead: float,
    slowing: Slowing,
    ranked: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """States past the later snapshot, whose quantiles go on along their lines, ever more slowly.

    After s lengths of the interval they have moved by (1 − e^{−κs}) / κ times its step. At κ = 0 this is a straight
    line; at a large κ they stay, as a stationary law does.

    Args:
        earlier: (N, d) states.
        later: (M, d) states.
        ahead: s ≥ 0.
        slowing: rates κ and their weights; the mean of their moves is taken.
        ranked: (n, d) states whose ranks, the copula, are taken.
        rng: of the order of equal states.
    """
    moved = sum(weight * (-np.expm1(-rate * ahead) / rate if rate else ahead) for rate, weight in slowing)
    return quantile_path(earlier, later, 1 + moved, ranked, rng)

"""The path of mean and covariance between two snapshots under dynamics that are linear near their means.

With drift A(t) and noise intensity D(t), mean and covariance follow dm/dt = A m + b and dC/dt = A C + C Aᵀ + D (the
linear-noise approximation; van Kampen 2007, X). Third cumulants, which tell skewness, follow likewise. The propagators
Φ give the covariance of states at two times, Cov(x_t, x_s) = Φ(t, s) C(s), so that states in between can be drawn given
both ends, as on a bridge.
"""

from dataclasses import dataclass

import numpy as np

from weightflow.systems.local_rates import LocalRates

_STABLE = 0.25  # largest step, in units of the fastest relaxation; the scheme is stable to 2.8
_LEAST_STEPS, _MOST_STEPS = 100, 5000
KNOTS = 41  # shares of an interval at which a path is kept; it is linear between them
_ROUNDING = 1 / 12  # variance of a uniform distribution between neighbouring integers
_RANK = 1e-6  # of the largest eigenvalue; smaller ones are relations between variables


@dataclass(frozen=True)
class MomentPath:
    """Mean, covariance and propagators at G shares of an interval.

    Attributes:
        shares: (G,) increasing, 0 … 1.
        means: (G, d).
        covariances: (G, d, d).
        thirds: (G, d) third central moments.
        onward: (G, d, d) Φ(1, u), from each share to the end.
        since: (G, d, d) Φ(u, 0), from the start to each share.
    """

    shares: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    thirds: np.ndarray
    onward: np.ndarray
    since: np.ndarray

    def through(self, start: np.ndarray, end: np.ndarray) -> "MomentPath":
        """The path moved to the moments of two snapshots (N, d) and (M, d), without a change of linear relations.

        First and second derivatives at the start are known better than the end. So what the path misses at the end is
        added in proportion to 4u³ − 3u⁴, whose derivatives these are zero.
        """
        late = 4 * self.shares**3 - 3 * self.shares**4
        weights = np.stack([1 - self.shares, late])

        def moved(path: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
            return path + np.tensordot(weights, np.stack([first - path[0], last - path[-1]]), (0, 0))

        means = moved(self.means, start.mean(0), end.mean(0))
        spreads = moved(self.covariances, covariance(start), covariance(end))
        spreads = np.stack([_positive(one) for one in spreads])
        thirds = moved(self.thirds, third_moments(start), third_moments(end))
        return MomentPath(self.shares, means, spreads, thirds, self.onward, self.since)

    def missed(self, end: np.ndarray) -> np.ndarray:
        """(d,) nats per variable by which the path misses a snapshot (M, d) at its end, before it is moved there.

        The Kullback–Leibler divergence of Gaussians with the two means and variances: ½ if the mean is a standard
        deviation off. Variances include that of rounding to integers.
        """
        own, other = end.var(0) + _ROUNDING, np.maximum(np.diag(self.covariances[-1]), 0) + _ROUNDING
        return 0.5 * ((own + (end.mean(0) - self.means[-1]) ** 2) / other - 1 + np.log(other / own))

    def arrivals(self, start: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n, d) where states (n, d) of the start would arrive: predictions, and Gaussian noise."""
        onward = self.since[-1]
        rest = _positive(self.covariances[-1] - onward @ self.covariances[0] @ onward.T)
        noise = rng.multivariate_normal(self.means[-1], rest, len(start), method="eigh")
        return (start - start.mean(0)) @ onward.T + noise

    def bridge(self, share: float, start: np.ndarray, end: np.ndarray) -> "Bridge":
        """States at a share of the interval given coupled ends (n, d), by the best linear prediction from both ends.

        What the coupled ends do not explain is noise, so that the moments are the path's, whatever the coupling.
        """
        place = np.interp(share, self.shares, np.arange(len(self.shares)))
        low = min(int(place), len(self.shares) - 2)
        part = place - low
        paths = (self.means, self.covariances, self.thirds, self.onward, self.since)
        mean, spread, third, onward, since = ((1 - part) * one[low] + part * one[low + 1] for one in paths)
        first, last = self.covariances[0], self.covariances[-1]
        ends = np.block([[first, first @ self.since[-1].T], [self.since[-1] @ first, last]])
        gain = np.hstack([since @ first, spread @ onward.T]) @ np.linalg.pinv(ends, rcond=_RANK, hermitian=True)
        coupled = np.hstack([start - start.mean(0), end - end.mean(0)])
        return Bridge(mean, coupled @ gain.T, spread, third)


@dataclass(frozen=True)
class Bridge:
    """States between coupled ends: predictions from the ends, and the moments that predictions and noise have together.

    Attributes:
        mean: (d,).
        predicted: (n, d) deviations from the mean, predicted from the ends.
        covariance: (d, d) of the states.
        third: (d,) third central moments of the states.
    """

    mean: np.ndarray
    predicted: np.ndarray
    covariance: np.ndarray
    third: np.ndarray


def linear_noise(rates: LocalRates, start: np.ndarray) -> MomentPath:
    """Integrate the linear-noise approximation across an interval, by the classical Runge–Kutta scheme.

    Args:
        rates: affine propensities.
        start: (N, d) states at the start.
    """
    changes = rates.changes.astype(float)
    fastest = max(np.abs(np.linalg.eigvals(changes.T @ slope)).max() for part in rates.slopes for slope in part)
    steps = int(np.clip(np.ceil(fastest / _STABLE), _LEAST_STEPS, _MOST_STEPS))
    steps = -(-steps // (KNOTS - 1)) * (KNOTS - 1)
    size, every = 1 / steps, steps // (KNOTS - 1)

    pairs = np.einsum("ri,rj->rij", changes, changes)
    triples = np.einsum("rij,rk->rijk", pairs, changes)

    def drift(share: float, state: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        m, c, third, phi = state
        propensities, slopes = rates.at(share, m)
        a = changes.T @ slopes
        turned = np.einsum("il,ljk->ijk", a, third) + np.einsum("rij,rk->ijk", pairs, slopes @ c)
        # The tensor is symmetric, so its two other products are the same with the axes in another order.
        turned = turned + turned.transpose(1, 2, 0) + turned.transpose(2, 0, 1)
        return (
            changes.T @ propensities,
            a @ c + c @ a.T + np.tensordot(propensities, pairs, 1),
            turned + np.tensordot(propensities, triples, 1),
            a @ phi,
        )

    unit = np.eye(start.shape[1])
    centred = start - start.mean(0)
    cubes = np.einsum("ni,nj,nk->ijk", centred, centred, centred, optimize=True) / len(start)
    state: tuple[np.ndarray, ...] = (start.mean(0), covariance(start), cubes, unit)
    kept, pieces = [state[:3]], []
    for step in range(steps):
        share = step * size
        k1 = drift(share, state)
        k2 = drift(share + size / 2, _moved(state, k1, size / 2))
        k3 = drift(share + size / 2, _moved(state, k2, size / 2))
        k4 = drift(share + size, _moved(state, k3, size))
        total = tuple(a + 2 * b + 2 * c + d for a, b, c, d in zip(k1, k2, k3, k4, strict=True))
        state = _moved(state, total, size / 6)
        if (step + 1) % every == 0:
            kept.append(state[:3])
            pieces.append(state[3])
            state = (*state[:3], unit)
    onward, since = [unit], [unit]
    for piece in pieces:
        since.append(piece @ since[-1])
    for piece in pieces[::-1]:
        onward.append(onward[-1] @ piece)
    means, covariances, thirds = (np.stack(part) for part in zip(*kept, strict=True))
    thirds = np.einsum("giii->gi", thirds)
    return MomentPath(np.linspace(0, 1, KNOTS), means, covariances, thirds, np.stack(onward[::-1]), np.stack(since))


def covariance(states: np.ndarray) -> np.ndarray:
    """(d, d) covariance of states (N, d), with divisor N."""
    centred = states - states.mean(0)
    return centred.T @ centred / len(states)


def third_moments(states: np.ndarray) -> np.ndarray:
    """(d,) third central moments of states (N, d)."""
    return ((states - states.mean(0)) ** 3).mean(0)


def _positive(matrix: np.ndarray) -> np.ndarray:
    """The nearest symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def _moved(state: tuple[np.ndarray, ...], slope: tuple[np.ndarray, ...], size: float) -> tuple[np.ndarray, ...]:
    return tuple(part + size * own for part, own in zip(state, slope, strict=True))

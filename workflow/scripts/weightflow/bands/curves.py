"""Curves through an ensemble of anchors: the distribution of networks at any time.

At a snapshot, the spread of the members measures the uncertainty of the weights. Between snapshots, a natural cubic
spline through each member adds an interpolation error. Such a spline is the mean of an integrated Wiener process given
its knots (Wahba 1978); the variance of this process between knots is that of the error, up to a scale and directions in
weight space. Both come from the bends of the anchors' mean curve, minus the bends from resampling.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.fft import dct

from weightflow.dynamics.weight_spline import natural_basis

_REACH = 1.0  # length over which a bend's weight in the error decays by e, in mean intervals


@dataclass(frozen=True)
class EnsembleCurves:
    """Networks at any time, in coordinates that have the same meaning at all times.

    A network is the mean curve, plus a combination of the members' deviations from it (M − 1 coordinates of variance
    1), plus a combination of the bends at the interior snapshots (K − 2 coordinates, whose standard deviations are the
    spline's error at the time: 0 at the snapshots, and 1 at its largest). An error that is small in coordinates is
    small relative to the ensemble's spread in every direction of weight space, including the directions in which the
    density changes fast.

    Attributes:
        times: (K,) of the snapshots.
        anchors: (M, K, P) weights of the members.
        clock: exponent of the time since the first snapshot in the splines' variable: 1 is time itself; 1/2 suits
            distributions that start from a point, whose spread grows like √t.
    """

    times: np.ndarray
    anchors: np.ndarray
    clock: float

    @property
    def members(self) -> int:
        """Number M of members."""
        return len(self.anchors)

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.members - 1 + len(self.times) - 2

    def without(self, snapshot: int) -> "EnsembleCurves":
        """Curves through all snapshots but one, by its index; not the first, where the clock starts."""
        return replace(self, times=np.delete(self.times, snapshot), anchors=np.delete(self.anchors, snapshot, axis=1))

    def coordinates(self, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n, size) of random networks at times (n,): smoothed members, with random interpolation errors.

        M members in M − 1 dimensions are the corners of a simplex: their quantiles are too narrow, and a flow that
        memorises them keeps this error. So they are smoothed at constant variance (Silverman & Young 1987).
        """
        vertices = dct(np.eye(self.members), norm="ortho")[:, 1:] * self.members**0.5
        chosen = vertices[rng.integers(self.members, size=len(times))]
        noise, kernel = rng.standard_normal((len(times), self.size)), self.bandwidth
        inside, beside = np.split(noise, [self.members - 1], axis=1)
        chosen = (1 - kernel**2) ** 0.5 * chosen + kernel * inside
        return np.concatenate([chosen, self.relative_error(times) * beside], axis=1)

    @property
    def bandwidth(self) -> float:
        """Of the Gaussian kernel that smooths the members: Silverman's rule, in units of their spread."""
        dimensions = self.members - 1
        return (4 / ((dimensions + 2) * self.members)) ** (1 / (dimensions + 4))

    def weights(self, time: float, coordinates: np.ndarray) -> np.ndarray:
        """(n, P) weights of networks at a time, from their coordinates (n, size)."""
        basis = natural_basis(self._clock(self.times), self._clock(np.array([time])))[0]
        inside, beside = np.split(coordinates, [self.members - 1], axis=1)
        spread = np.tensordot(basis, self._spread, axes=(0, 1))
        return basis @ self.anchors.mean(0) + inside @ spread + beside @ (self._largest_error * self._bends)

    def error(self, times: np.ndarray) -> np.ndarray:
        """(n, K − 2) standard deviations of the spline's error along each bend at times (n,): 0 at snapshots."""
        u, knots = self._clock(times), self._clock(self.times)
        basis = natural_basis(knots, u)
        variance = u**3 / 3 - 2 * (basis * _covariance(u, knots)).sum(1)
        variance += (basis @ _covariance(knots, knots) * basis).sum(1)
        say = np.exp(-np.abs(knots[1:-1] - u[:, None]) / _REACH)
        return np.sqrt(variance.clip(0)[:, None] * say / say.sum(1, keepdims=True))

    def relative_error(self, times: np.ndarray) -> np.ndarray:
        """(n, K − 2) `error` in units of the largest error."""
        return self.error(times) / self._largest_error

    @cached_property
    def _largest_error(self) -> float:
        """The largest of `error` midway between snapshots, or 1 without bends."""
        return self.error((self.times[1:] + self.times[:-1]) / 2).max(initial=0.0) or 1.0

    @cached_property
    def _spread(self) -> np.ndarray:
        """(M − 1, K, P) change of the anchors per unit of each coordinate within the ensemble."""
        axes = dct(np.eye(self.members), norm="ortho")[:, 1:]
        return np.tensordot(axes, self._deviations, axes=(0, 0)) / (self.members - 1) ** 0.5

    @property
    def _deviations(self) -> np.ndarray:
        """(M, K, P) of the members from their mean."""
        return self.anchors - self.anchors.mean(0)

    @cached_property
    def _bends(self) -> np.ndarray:
        """(K − 2, P) at the interior snapshots, without the part that resampling explains."""
        knots = self._clock(self.times)
        found = bends(knots, self.anchors.mean(0))
        noise = np.square(np.stack([bends(knots, own) for own in self._deviations])).sum((0, 2)) / (self.members - 1)
        total = np.square(found).sum(1)
        kept = np.divide(total - noise, total, out=np.zeros_like(total), where=total > noise)
        return np.sqrt(kept)[:, None] * found

    def _clock(self, times: np.ndarray) -> np.ndarray:
        """Times by the clock, in mean intervals between snapshots, from the first on."""
        share = (times - self.times[0]) / (self.times[-1] - self.times[0])
        return (len(self.times) - 1) * share**self.clock


def bends(knots: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(K − 2, P) whitened changes of slope of curves (K, P) at their interior knots (K,).

    For an integrated Wiener process they are uncorrelated and have the variance of the process. The symmetric root
    keeps each bend close to one knot.
    """
    apart = np.diff(knots)
    slopes = np.diff(weights, axis=0) / apart[:, None]
    between = np.diag(apart[1:-1] / 6, 1)
    covariance = np.diag((apart[:-1] + apart[1:]) / 3) + between + between.T
    values, vectors = np.linalg.eigh(covariance)
    return (vectors / np.sqrt(values)) @ vectors.T @ np.diff(slopes, axis=0)


def _covariance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n, m) of an integrated Wiener process that starts at rest, at times (n,) and (m,) after that."""
    early, late = np.minimum.outer(one, other), np.maximum.outer(one, other)
    return early**2 * (3 * late - early) / 6

"""The members of the family of teachers: methods for states between two snapshots.

A member is a function of the coupled particles (`Interpolant`), the teacher, the index k of the interval, the elapsed
share of the interval (one number or one per variable), the particles (n, d) at this share of their paths, and a random
generator. It returns (n, d) real values.
"""

import numpy as np

from weightflow.data.state_space import Reals
from weightflow.teaching.teachers import Interpolant, Teacher
from weightflow.transport.count_noise import draw_counts


def displacement(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The particles on their paths, without noise."""
    return middle


def bridge(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A Brownian bridge about the path: covariance c · u (1 − u) · Cov(displacements of the interval).

    The full covariance preserves conservation laws between variables. From a point mass, c = 1 makes the spread grow
    like √t.
    """
    noise = rng.multivariate_normal(
        np.zeros(coupled.particles.shape[2]), coupled.covariances[k], len(coupled.particles[k]), method="eigh"
    )
    return middle + np.sqrt(teacher.noise * share * (1 - share)) * noise


def poisson(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A Poisson bridge: the jumps between coupled counts, and pairs of opposite jumps (∝ c), at random times.

    Given its ends, a Poisson process has uniform jump times, so the number of jumps up to share u is binomial.
    """
    change = coupled.particles[k + 1] - coupled.particles[k]
    pairs = rng.poisson(teacher.noise * np.diag(coupled.covariances[k]) / 2, size=change.shape)
    ups = rng.binomial(np.round(np.maximum(change, 0)).astype(int) + pairs, share)
    downs = rng.binomial(np.round(np.maximum(-change, 0)).astype(int) + pairs, share)
    return middle + ups - downs - share * change


def mixture(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """States of the two neighbouring snapshots, by nearness in time."""
    count = coupled.particles.shape[1]
    return np.where(rng.random((count, 1)) < share, coupled.particles[k + 1], coupled.particles[k])


def blend(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Some states from the mixture, the others from the bridge."""
    mixed = mixture(coupled, teacher, k, share, middle, rng)
    moved = bridge(coupled, teacher, k, share, middle, rng)
    return np.where(rng.random((len(mixed), 1)) < teacher.share, mixed, moved)


def kinetic(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Counts between coupled states, with the moments that the system's propensities in the snapshots' states give."""
    return draw_counts(coupled.bridge(k, float(share)), rng)


def relaxing(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Counts between coupled states, in groups that relax at different rates, drawn from those that are possible."""
    found = np.empty_like(middle, dtype=float)
    for rows, bridge in coupled.relaxing(k, float(share)):
        found[rows] = draw_counts(bridge, rng)
    return found


def growing(
    coupled: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """States on paths between cells of unbalanced couplings, with Brownian noise.

    The noise has variance c · D · L · u (1 − u) in every standardised variable that is not constant, with L the length
    of the interval and D the variance per unit of time of the steps between cells, so that a level chosen on a wide gap
    holds on a narrow one.

    Raises:
        ValueError: the states are counts.
    """
    if not isinstance(coupled.space, Reals):
        raise ValueError("counts do not grow")
    varies = np.array(coupled.space.high) > np.array(coupled.space.low)
    spread = np.where(varies, coupled.space.spread, 0.0)
    found = coupled.growing.states(k, float(np.mean(share)), teacher.growth, teacher.way, len(middle), rng)
    length = coupled.times[k + 1] - coupled.times[k]
    diffusion = (coupled.growing.diffusion[varies] / spread[varies] ** 2).mean() if varies.any() else 0.0
    size = np.sqrt(teacher.noise * share * (1 - share) * length * diffusion)
    return found + size * spread * rng.standard_normal(found.shape)

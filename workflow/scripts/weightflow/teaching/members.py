"""The members of the family of teachers: states between two snapshots, each in its own way.

A member is a function of the coupled particles (`Interpolant`), the teacher's settings, the interval k, the share of
the way, of all variables or of each, and the particles (n, d) at this share of their ways. It returns (n, d) real
values.
"""

import numpy as np

from weightflow.data.state_space import Reals
from weightflow.teaching.teachers import Interpolant, Teacher

# Half of what restores the spread that the mean of two independent cells has lost; set as `teachers.GROWTHS` are.
GROWING_NOISE = 0.5


def displacement(
    way: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Where the particles are halfway, as they are."""
    return middle


def bridge(
    way: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A Brownian bridge about the way: covariance c · u (1 − u) · Cov(displacements of the interval).

    The covariance, not the variances alone, keeps what the variables conserve together. From a point mass
    c = 1 makes the spread grow by √t.
    """
    noise = rng.multivariate_normal(
        np.zeros(way.particles.shape[2]), way.covariances[k], len(way.particles[k]), method="eigh"
    )
    return middle + np.sqrt(teacher.noise * share * (1 - share)) * noise


def poisson(
    way: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A Poisson bridge: the jumps between coupled counts, and c-proportional pairs back and forth, at random times.

    Given the ends, the times of a Poisson process's jumps are uniform, so the jumps made by u are binomial.
    """
    change = way.particles[k + 1] - way.particles[k]
    pairs = rng.poisson(teacher.noise * np.diag(way.covariances[k]) / 2, size=change.shape)
    ups = rng.binomial(np.round(np.maximum(change, 0)).astype(int) + pairs, share)
    downs = rng.binomial(np.round(np.maximum(-change, 0)).astype(int) + pairs, share)
    return middle + ups - downs - share * change


def mixture(
    way: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """States of the two neighbouring snapshots, by nearness in time."""
    count = way.particles.shape[1]
    return np.where(rng.random((count, 1)) < share, way.particles[k + 1], way.particles[k])


def blend(
    way: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Some states from the mixture, the others from the bridge."""
    mixed = mixture(way, teacher, k, share, middle, rng)
    moved = bridge(way, teacher, k, share, middle, rng)
    return np.where(rng.random((len(mixed), 1)) < teacher.share, mixed, moved)


def growing(
    way: Interpolant, teacher: Teacher, k: int, share: np.ndarray, middle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """States on straight ways between unbalanced couplings, equally many from each of `teachers.GROWTHS`.

    Two snapshots do not say how many cells divided or died between them, nor how the ways are bent; so all growths
    count alike, and each state is moved by its own random part of the bend that the means of all snapshots suggest.
    What the couplings still miss is alike in all directions, as noise of the same size in every standardised variable.

    Raises:
        ValueError: the states are counts.
    """
    if not isinstance(way.space, Reals):
        raise ValueError("counts do not grow")
    count, plans = way.particles.shape[1], way.growing(k)
    pairs = [plan.draw(share, -(-count // len(plans)), rng) for plan in plans]
    rows, columns = rng.permutation(np.stack(pairs, -1).reshape(2, -1), axis=1)[:, :count]
    start, end = way.snapshots[k][rows], way.snapshots[k + 1][columns]
    bent = start + share * (end - start) + rng.random((count, 1)) * way.bend(k, share)
    spread = np.array(way.space.spread)
    size = np.sqrt(GROWING_NOISE * share * (1 - share) * ((end - start).var(0) / spread**2).mean())
    return bent + size * spread * rng.standard_normal(bent.shape)

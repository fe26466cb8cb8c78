"""Linear diffusions: with a normal start their law stays normal, also where cells divide and die.

With drift A x + c, noise s and a growth rate (division minus death) g0 + g·x + xᵀ G x, the law of a random living cell
has the mean m and the covariance C with

    dm/dt = A m + c + C (g + 2 G m)        dC/dt = A C + C Aᵀ + diag(s²) + 2 C G C

where A, c, s and the growth rate may depend on time. The terms in g and G follow from ∂p/∂t = L p + (r − E[r]) p for
the growth rate r and moments of a normal law; without them the equations are those of Risken 1989 (The Fokker–Planck
Equation, section 6.5).
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from weightflow.laws.law import GaussianLaw
from weightflow.systems.diffusion import Diffusion
from weightflow.systems.expressions import affine, quadratic

_SOME_TIME = 0.6180339887  # share of the whole time, irrational so that terms do not cancel by chance


@dataclass(frozen=True)
class _Coefficients:
    """Of the equations above, at one time.

    Attributes:
        matrix: A (d, d).
        constant: c (d,).
        variances: s² (d,).
        growth: g (d,).
        curvature: G (d, d).
    """

    matrix: np.ndarray
    constant: np.ndarray
    variances: np.ndarray
    growth: np.ndarray
    curvature: np.ndarray


def solve_gaussian(diffusion: Diffusion) -> GaussianLaw | None:
    """The exact law of a linear diffusion, from its moment equations.

    A diffusion is linear here if its start is one normal distribution, its drift is linear, its noise does not depend
    on the state, and division and death are polynomials of degree 2 or less.

    Args:
        diffusion: linear or not.

    Returns:
        The law; None if the diffusion is not linear, or a moment becomes infinite.
    """
    times = np.arange(diffusion.points) * diffusion.step
    if len(diffusion.start.shares) > 1 or _coefficients(diffusion, _SOME_TIME * times[-1]) is None:
        return None
    own = (*diffusion.drift, *diffusion.noise, diffusion.division, diffusion.death)
    fixed = None if any(program.depends_on_time for program in own) else _coefficients(diffusion, 0.0)
    size = len(diffusion.species)

    def velocity(t: float, moments: np.ndarray) -> np.ndarray:
        now = fixed or _coefficients(diffusion, t)
        if now is None:
            raise ArithmeticError("a coefficient of the moment equations is undefined")
        mean, covariance = moments[:size], moments[size:].reshape(size, size)
        drifted = now.matrix @ covariance
        moved = now.matrix @ mean + now.constant + covariance @ (now.growth + 2 * now.curvature @ mean)
        spread = drifted + drifted.T + np.diag(now.variances) + 2 * covariance @ now.curvature @ covariance
        return np.concatenate([moved, spread.ravel()])

    start = np.concatenate([diffusion.start.means[0], np.diag(diffusion.start.deviations[0] ** 2).ravel()])
    accuracy = {"rtol": 1e-10, "atol": 1e-12, "max_step": diffusion.step}
    solution = solve_ivp(velocity, times[[0, -1]], start, method="DOP853", t_eval=times, **accuracy)
    if not solution.success or not np.isfinite(solution.y).all():
        return None  # the moments explode
    moments = solution.y.T
    covariances = moments[:, size:].reshape(-1, size, size)
    covariances = (covariances + covariances.swapaxes(1, 2)) / 2
    return GaussianLaw(np.arange(diffusion.points, dtype=float), moments[:, :size], covariances)


def _coefficients(diffusion: Diffusion, t: float) -> _Coefficients | None:
    """At a physical time; None if drift, noise, division or death has another form."""
    size = len(diffusion.species)
    drift, noise = ([affine(one, size, t) for one in programs] for programs in (diffusion.drift, diffusion.noise))
    rates = [quadratic(program, size, t) for program in (diffusion.division, diffusion.death)]
    if any(found is None for found in (*drift, *noise, *rates)):
        return None
    linear, spread = np.array(drift, dtype=float), np.array(noise, dtype=float)
    if spread[:, 1:].any():
        return None
    growth = np.array(rates[0], dtype=float) - np.array(rates[1], dtype=float)
    return _Coefficients(linear[:, 1:], linear[:, 0], spread[:, 0] ** 2, 2 * growth[0, 1:], growth[1:, 1:])

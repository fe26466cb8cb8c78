"""Propensities of a reaction network near observed states, as affine functions of the state.

Averaged over a snapshot's states, propensities give the exact rates of change of mean and covariance at its time. How
they change when one molecule is added gives the rates of change a moment later. Nothing else of the system is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weightflow.systems.expressions import evaluate
from weightflow.systems.reaction_network import ReactionNetwork

_AVERAGED = 500  # states of a snapshot in an average
_RANK = 1e-3  # of the largest singular value; along smaller ones states do not vary
_TIMES = 9  # times of an interval at which propensities that depend on time are evaluated


@dataclass(frozen=True)
class LocalRates:
    """Affine propensities a + slope · (x − centre) near the states of two snapshots.

    Attributes:
        changes: (R, d) change of the state by each of R reactions.
        shares: (G,) increasing shares 0 … 1 of the interval between the snapshots.
        centres: (2, d) means of the two snapshots' states.
        values: (2, G, R) mean propensities in these states, per length of the interval.
        slopes: (2, G, R, d) slopes of the propensities: regressed on the snapshots' states, so that the rate of change
            of the covariance is exact; where states do not vary, mean changes by one more molecule.
    """

    changes: np.ndarray
    shares: np.ndarray
    centres: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    def at(self, share: float, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Propensities (R,) at a mean state (d,), and their slopes (R, d).

        On the line between the two means each propensity is the cubic with the values and slopes at its ends (exact
        for mass action of two molecules); off the line it is affine, with a slope between those at the ends.
        """
        way = self.centres[1] - self.centres[0]
        length = way @ way
        place = float(np.clip((mean - self.centres[0]) @ way / length, 0, 1)) if length else share
        late = np.interp(share, self.shares, np.arange(len(self.shares)))
        low = min(int(late), len(self.shares) - 2)
        part = np.array([low + 1 - late, late - low])
        first, second = np.einsum("g,sgr->sr", part, self.values[:, low : low + 2])
        slopes = np.einsum("g,sgrv->srv", part, self.slopes[:, low : low + 2])
        rest = 1 - place
        line = rest**2 * (1 + 2 * place) * first + place**2 * (3 - 2 * place) * second
        line = line + rest**2 * place * (slopes[0] @ way) - place**2 * rest * (slopes[1] @ way)
        slope = rest * slopes[0] + place * slopes[1]
        off = mean - self.centres[0] - place * way
        return np.maximum(line + slope @ off, 0), slope


def local_rates(
    network: ReactionNetwork, snapshots: Sequence[np.ndarray], times: np.ndarray, rng: np.random.Generator
) -> LocalRates:
    """Affine propensities near two snapshots.

    Args:
        network: the system.
        snapshots: two arrays (N_k, d) of counts.
        times: (2,) of the snapshots, in grid steps.
        rng: chooses the states that are averaged, where there are more than 500.
    """
    shares = np.linspace(0, 1, _TIMES)
    if not any(reaction.propensity.depends_on_time for reaction in network.reactions):
        shares = np.array([0.0, 1.0])
    clock = (times[0] + shares * (times[1] - times[0])) * network.step
    length = (times[1] - times[0]) * network.step
    values, slopes = [], []
    for snapshot in snapshots:
        states = snapshot[rng.permutation(len(snapshot))[:_AVERAGED]]
        here = np.stack([_propensities(network, states, t) for t in clock])
        values.append(here.mean(1) * length)
        more = [
            (np.stack([_propensities(network, states + one, t) for t in clock]) - here).mean(1)
            for one in np.eye(states.shape[1], dtype=np.int64)
        ]
        slope = np.stack(more, -1)
        centred = states - states.mean(0)
        remainder = here - np.einsum("grv,nv->gnr", slope, centred)
        slope = slope + np.einsum("gnr,vn->grv", remainder, np.linalg.pinv(centred, rcond=_RANK))
        slopes.append(slope * length)
    changes = np.stack([reaction.change for reaction in network.reactions])
    centres = np.stack([snapshot.mean(0) for snapshot in snapshots])
    return LocalRates(changes, shares, centres, np.stack(values), np.stack(slopes))


def _propensities(network: ReactionNetwork, states: np.ndarray, time: float) -> np.ndarray:
    """(n, R) propensities; zero of a reaction that lacks reactants."""
    columns = []
    for reaction in network.reactions:
        enough = (states + reaction.change >= 0).all(1)
        columns.append(np.where(enough, evaluate(reaction.propensity, states, time), 0.0))
    return np.nan_to_num(np.stack(columns, 1), posinf=0.0, neginf=0.0)

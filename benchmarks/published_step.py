"""The paper's training step, written plainly: what ours is compared with (Li et al., arXiv 2508.00451, section 4).

Sixty-four starts are drawn with repeats, every one is solved for on its own by rk4 at the snapshots' spacing, with the
energy as a state beside the weights, and what is reached after the horizon is compared with the anchor there.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torchdiffeq import odeint

BATCH, LONGEST = 64, 10


def draw_starts(rng: np.random.Generator, count: int) -> tuple[Tensor, int]:
    """(64,) starting snapshots, with repeats, and the horizon that all of them go."""
    horizon = int(rng.integers(1, min(LONGEST, count - 1) + 1))
    return torch.as_tensor(rng.integers(0, count - horizon, size=BATCH)), horizon


def loss(
    field: nn.Module, anchors: Tensor, knots: Tensor, starts: Tensor, horizon: int, energy_weight: float
) -> Tensor:
    """Mean squared error of every snapshot on the way, and the energy's part.

    Args:
        field: rates (B, P) from normalised times (B,) and weights (B, P).
        anchors: (K, P).
        knots: (K,) normalised times.
        starts: (B,) from `draw_starts`.
        horizon: snapshots to go.
        energy_weight: λ of the paper.
    """
    state = anchors[starts], anchors.new_zeros(len(starts))
    errors = []
    for step in range(horizon):
        begin = knots[starts + step]
        length = knots[starts + step + 1] - begin

        def rates(u: Tensor, state: tuple[Tensor, Tensor], begin=begin, length=length) -> tuple[Tensor, Tensor]:
            velocity = field(begin + u * length, state[0])
            pace = length.to(velocity.dtype)
            return velocity * pace[:, None], 0.5 * velocity.square().sum(-1) * pace

        solution = odeint(rates, state, knots.new_tensor([0.0, 1.0]), method="rk4")
        state = tuple(part[-1] for part in solution)
        errors.append((state[0] - anchors[starts + step + 1]).square().mean(1))
    return torch.stack(errors).mean() + energy_weight * state[1].mean()

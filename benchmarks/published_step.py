"""The training step of the released code, written plainly: what ours is compared with (arXiv 2508.00451, section 4).

Sixty-four starts are drawn with repeats; every one is solved for on its own, on padded tokens, by one rk4 step for each
snapshot, with the energy as a state beside the tokens. The clock starts at 0 at every start.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torchcde
from torch import Tensor, nn
from torchdiffeq import odeint

BATCH, LONGEST = 64, 10
NAMES = ("ir_i", "iz_i", "in_i", "hr_h", "hz_h", "hn_h")


class PlainField(nn.Module):
    """Rates of tokens (B, N, C), padded to equal lengths, with parameters under their published names.

    Args:
        inputs: numbers that a gate reads, beside H = `hidden` of its own.
        hidden: H, units of the GRU.
        outputs: rows of the last map.
        path: (K, z) knots of the latent path, even over [0, 1].
        sizes: width of the tokens, hidden units of the maps, layers, heads and feed-forward units of attention.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, path: Tensor, sizes: Sequence[int]):
        super().__init__()
        width, within, layers, heads, forward = sizes
        self.rows = {f"gru_layers_0_{name}": hidden for name in NAMES} | {"output_layer": outputs}
        self.lengths = dict(zip(self.rows, [inputs + 1] * 3 + [hidden + 1] * 4, strict=True))
        knots = torch.linspace(0, 1, len(path))
        self.path = torchcde.CubicSpline(torchcde.natural_cubic_coeffs(path, knots), knots)
        self.input_mlps, self.output_mlps = nn.ModuleDict(), nn.ModuleDict()
        for name, length in self.lengths.items():
            self.input_mlps[name] = _perceptron(length, within, width)
            self.output_mlps[name] = _perceptron(width, within, length * path.shape[1])
        block = nn.TransformerEncoderLayer(width, heads, forward, dropout=0.0, batch_first=True)
        self.attention_layers = nn.TransformerEncoder(block, layers)

    def forward(self, time: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Rates of the tokens, and half their squares."""
        read, row = [], 0
        for name, rows in self.rows.items():
            read.append(self.input_mlps[name](state[0][:, row : row + rows, : self.lengths[name]]))
            row += rows
        mixed = self.attention_layers(torch.cat(read, dim=1))
        slopes, rates = self.path.derivative(time), []
        for (name, length), tokens in zip(self.lengths.items(), mixed.split(list(self.rows.values()), 1), strict=True):
            moved = self.output_mlps[name](tokens).unflatten(-1, (length, len(slopes))) @ slopes
            rates.append(nn.functional.pad(moved, (0, max(self.lengths.values()) - length)))
        velocity = torch.cat(rates, dim=1)
        return velocity, 0.5 * velocity.square().sum((1, 2))


def draw_starts(rng: np.random.Generator, count: int) -> tuple[Tensor, int]:
    """(64,) starting snapshots, with repeats, and the horizon that all of them go."""
    horizon = int(rng.integers(1, min(LONGEST, count - 1) + 1))
    return torch.as_tensor(rng.integers(0, count - horizon, size=BATCH)), horizon


def loss(field: PlainField, anchors: Tensor, times: Tensor, starts: Tensor, horizon: int, energy: float) -> Tensor:
    """Mean squared error over tokens, padding and horizons, and the mean energy over horizons.

    Args:
        field: the rates.
        anchors: (K, N, C) tokens.
        times: (K,) of the snapshots, divided by the number of the data's times.
        starts: (B,) from `draw_starts`.
        horizon: snapshots to go.
        energy: λ of the paper.
    """
    begin = anchors[starts], anchors.new_zeros(len(starts))
    tokens, spent = odeint(field, begin, times[: horizon + 1], method="rk4")
    goals = torch.stack([anchors[starts + step] for step in range(1, horizon + 1)])
    return (tokens[1:] - goals).square().mean() + energy * spent[1:].mean()


def _perceptron(inputs: int, within: int, outputs: int) -> nn.Sequential:
    """Two linear maps with a tanh between them, in the places that they have in published files."""
    return nn.Sequential(nn.Linear(inputs, within), nn.Identity(), nn.Tanh(), nn.Linear(within, outputs))

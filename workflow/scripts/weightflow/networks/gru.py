"""The GRU backbone: a recurrent network over the variables."""

from collections.abc import Sequence

import torch
from torch import Tensor

from weightflow.networks.autoregressive import AutoregressiveBackbone, Memory
from weightflow.networks.flat_weights import apply_linear, split_weights
from weightflow.networks.heads import Head
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.networks.settings import BackboneSettings


class GRUBackbone(AutoregressiveBackbone):
    """GRU over the variables, with a distribution at each.

    Gates follow `torch.nn.GRU`: reset, update, new. Without a position code only the hidden state encodes
    which variable comes next.
    """

    def __init__(
        self,
        variables: int,
        head: Head,
        hidden: int,
        depth: int = 1,
        position: bool = False,
        order: Sequence[int] | None = None,
        biased: bool = True,
    ):
        super().__init__(variables, head, position, order)
        self.hidden, self.depth, self.biased = hidden, depth, biased
        layers = []
        for level in range(depth):
            layers.append(LinearMap(f"input{level}", 3 * hidden, hidden if level else self.inputs, gates=3))
            layers.append(LinearMap(f"recurrent{level}", 3 * hidden, hidden, gates=3))
        self.layers = (*layers, LinearMap(self.readout, head.outputs, hidden))

    @classmethod
    def from_settings(cls, settings: BackboneSettings, order: Sequence[int], head: Head) -> "GRUBackbone":
        """From the config's `backbone` section: `hidden`, `layers`, `position` and `biases`."""
        biased = settings.biases == "uniform"
        return cls(len(order), head, settings.width, settings.layers, settings.position, order, biased)

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """The units of each level, in any order and with either sign.

        h_j is a convex combination of its previous value and a tanh. A sign change of h_j flips the new gate's rows
        in both maps (their outputs are added after the reset gate has scaled one) and the columns that read h_j. The
        rows of the other gates stay.
        """
        gates = ((0, False), (self.hidden, False), (2 * self.hidden, True))  # reset, update, new
        groups = []
        for level in range(self.depth):
            own = [
                Slots(f"{part}{level}", "rows", start, flips)
                for part in ("input", "recurrent")
                for start, flips in gates
            ]
            above = f"input{level + 1}" if level + 1 < self.depth else self.readout
            readers = [Slots(name, "columns", 0, True) for name in (f"recurrent{level}", above)]
            groups.append(HiddenUnits(self.hidden, (*own, *readers)))
        return tuple(groups)

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) uniform in ±1/√H, as `torch.nn.GRU` and `torch.nn.Linear` start; or biases of zero."""
        size = sum(layer.weights for layer in self.layers)
        uniform = torch.rand(stack, size, generator=generator, device=generator.device)
        fresh = (2 * uniform - 1) / self.hidden**0.5
        if not self.biased:
            for part in split_weights(self.layers, fresh).values():
                part[..., -1] = 0
        return fresh

    def _start(self, weights: Tensor, count: int) -> Memory:
        """The hidden states (S, N, H) by level."""
        return [weights.new_zeros(len(weights), count, self.hidden) for _ in range(self.depth)]

    def _run(self, maps: dict[str, Tensor], inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Level by level: the input map runs on all variables at once, the recurrent map on one after another."""
        read, after = inputs, []
        for level, hidden in enumerate(memory):
            mapped = apply_linear(maps[f"input{level}"], read.flatten(1, 2)).unflatten(1, read.shape[1:3])
            tops = []
            for own in mapped.unbind(1):
                hidden = _step(own, apply_linear(maps[f"recurrent{level}"], hidden), hidden)
                tops.append(hidden)
            read = torch.stack(tops, dim=1)
            after.append(hidden)
        return read, after


def _step(from_input: Tensor, from_hidden: Tensor, hidden: Tensor) -> Tensor:
    """(S, N, H) state after a variable, from the gates' maps (S, N, 3H) of its input and of the state before."""
    sizes = [2 * hidden.shape[-1], hidden.shape[-1]]
    (gates_i, new_i), (gates_h, new_h) = from_input.split(sizes, dim=-1), from_hidden.split(sizes, dim=-1)
    reset, update = torch.sigmoid(gates_i + gates_h).chunk(2, dim=-1)
    new = torch.tanh(torch.addcmul(new_i, reset, new_h))
    return torch.lerp(new, hidden, update)

"""Batches of states: several snapshots side by side, all of them mixed, or one in rounds."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Batches:
    """Random batches of K snapshots.

    If all snapshots have the same number of states, at most `size`, they are used whole, in their order;
    otherwise states are drawn at random, with repeats.

    Args:
        snapshots: K tensors of states (N_k, d) on one device.
        size: states in a batch.
    """

    def __init__(self, snapshots: Sequence[Tensor], size: int):
        counts = [len(snapshot) for snapshot in snapshots]
        self.size = size
        self.states = torch.cat(list(snapshots))
        self.counts = torch.tensor(counts, device=self.states.device)
        self.firsts = self.counts.cumsum(0) - self.counts
        self.whole = len(set(counts)) == 1 and counts[0] <= size

    def draw(self, chosen: Sequence[int], generators: Sequence[torch.Generator]) -> Tensor:
        """(S, n, d) states of the chosen snapshots, each from its own generator."""
        if self.whole:
            return self.states.unflatten(0, (len(self.counts), -1))[list(chosen)]
        places = [torch.rand(self.size, generator=g, device=g.device) for g in generators]
        return self._rows(self.counts.new_tensor(list(chosen))[:, None], torch.stack(places))

    def draw_pooled(self, generator: torch.Generator) -> Tensor:
        """(1, size, d) states of all snapshots, each snapshot as likely as any other."""
        which, places = torch.rand(2, 1, self.size, generator=generator, device=generator.device)
        return self._rows((which * len(self.counts)).long().clamp_max(len(self.counts) - 1), places)

    def _rows(self, snapshot: Tensor, places: Tensor) -> Tensor:
        """States at places in [0, 1) of snapshots, both (S, size) or to be broadcast to it."""
        counts = self.counts[snapshot]
        rows = (places * counts).long().minimum(counts - 1)  # rounding may reach the count itself
        return self.states[self.firsts[snapshot] + rows]


class Rounds:
    """Batches of one snapshot in rounds: every state once, in a new order each round; the last batch may be smaller.

    Args:
        snapshot: states (N, d).
        size: states in a batch.
        generators: one for each of S networks.
    """

    def __init__(self, snapshot: Tensor, size: int, generators: Sequence[torch.Generator]):
        self.states, self.size, self.generators = snapshot, size, generators
        self.left: list[Tensor] = []

    def draw(self) -> Tensor:
        """(S, n, d) states, n at most the size; each network has its own order."""
        if not self.left:
            orders = [torch.randperm(len(self.states), generator=g, device=g.device) for g in self.generators]
            self.left = list(torch.stack(orders).split(self.size, dim=1))
        return self.states[self.left.pop(0)]

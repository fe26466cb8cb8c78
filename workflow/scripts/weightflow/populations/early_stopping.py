"""Early stopping: each network keeps the weights of its best validation epoch, and stops by itself."""

import torch
from torch import Tensor


class BestEpochs:
    """The best weights of networks side by side, at the epochs that are judged.

    A network stops when its accuracy on the validation part has not risen for `patience` judged epochs in a row. What
    it does afterwards, while others learn on, does not count: it ends as it would alone.

    Args:
        weights: (N, P) before training.
        patience: judged epochs without a rise after which a network stops.

    Attributes:
        weights: (N, P) of each network's best epoch so far, the first of equal ones.
        stopped: (N,) whether a network has stopped.
    """

    def __init__(self, weights: Tensor, patience: int):
        self.weights, self.patience = weights.detach().clone(), patience
        self.stopped = torch.zeros(len(weights), dtype=torch.bool)
        self._best = torch.full((len(weights),), -torch.inf, dtype=torch.float64)
        self._since = torch.zeros(len(weights), dtype=torch.int64)

    def see(self, weights: Tensor, validation: Tensor) -> None:
        """Take note of a judged epoch.

        Args:
            weights: (N, P) at this epoch.
            validation: (N,) accuracies on the validation part, on the CPU.
        """
        better = (validation > self._best) & ~self.stopped
        self._best = torch.where(better, validation, self._best)
        self._since = torch.where(better, 0, self._since + 1)
        self.stopped |= self._since >= self.patience
        rows = better.nonzero()[:, 0].to(weights.device)
        self.weights[rows] = weights[rows]

    def instead_of(self, weights: Tensor) -> Tensor:
        """Weights (N, P), with those of their best epochs for networks that have stopped."""
        return torch.where(self.stopped[:, None].to(weights.device), self.weights, weights)

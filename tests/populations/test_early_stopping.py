"""Each network keeps the weights of its best epoch, and stops by itself."""

import torch

from weightflow.populations.early_stopping import BestEpochs


def test_each_network_keeps_its_first_best_epoch_and_stops_by_itself():
    """Three networks: one rises, one is best at first, one has a plateau; weights are the numbers of the epochs."""
    accuracies = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.5, 0.4, 0.4, 0.9], [0.2, 0.3, 0.3, 0.4]], dtype=torch.float64).T
    best = BestEpochs(torch.zeros(3, 2), patience=2)
    stopped = []
    for epoch, shares in enumerate(accuracies):
        best.see(torch.full((3, 2), float(epoch)), shares)
        stopped.append(best.stopped.tolist())
    assert best.weights[:, 0].tolist() == [3, 0, 3]
    assert best.instead_of(torch.full((3, 2), 9.0))[:, 0].tolist() == [9, 0, 9]
    assert stopped == [[False] * 3, [False] * 3, [False, True, False], [False, True, False]]


def test_weights_are_kept_apart_from_those_that_learn_on():
    learning = torch.zeros(1, 2)
    best = BestEpochs(learning, patience=1)
    best.see(learning, torch.tensor([0.5], dtype=torch.float64))
    learning += 1
    assert not best.weights.any()

"""Fisher information, against binomial sampling errors and gradients of single states."""

import numpy as np
import pytest
import torch

from weightflow.networks.count_heads import CountHead
from weightflow.networks.fisher import Fisher, score_rows, unexplained
from weightflow.networks.gru import GRUBackbone

LEVELS, DRAWS = 6, 8000


@pytest.fixture
def backbone() -> GRUBackbone:
    return GRUBackbone(1, CountHead(LEVELS), hidden=3)


@pytest.fixture
def weights(backbone) -> torch.Tensor:
    return backbone.initial(1, torch.Generator().manual_seed(0))


def drawn(backbone, weights, count, seed):
    return backbone.sample(weights, count, torch.Generator().manual_seed(seed))[0]


def test_rows_are_gradients_of_single_states(backbone, weights):
    states = drawn(backbone, weights, 5, 1)
    rows = score_rows(backbone, weights, states)
    for row, state in zip(rows, states, strict=True):
        own = weights.clone().requires_grad_(True)
        backbone.log_prob(own, state[None]).sum().backward()
        np.testing.assert_allclose(row, own.grad[0], atol=1e-6)


def test_probabilities_scatter_as_frequencies_do(backbone, weights):
    """A softmax over one count can take any frequencies, whose variance is binomial."""
    states, cells = drawn(backbone, weights, DRAWS, 2), 100_000
    fisher = Fisher.of(backbone, weights, states)
    rows, counts = fisher.spread(cells), states[-len(fisher.scores) :, 0].numpy()
    for level in range(LEVELS):
        own = counts == level
        variance = ((rows[own].mean(0)) ** 2).sum()  # of log p of the count
        share = own.mean()
        assert variance == pytest.approx((1 - share) / share / cells, rel=0.1)


def test_of_fewer_draws_than_weights_the_directions_that_they_span_count(backbone, weights):
    states = drawn(backbone, weights, 40, 2)
    fisher = Fisher.of(backbone, weights, states)
    rows = score_rows(backbone, weights, states)
    some, others = np.split((rows - rows.mean(0)).astype(float), 2)
    _, sizes, directions = np.linalg.svd(some, full_matrices=False)
    own = (others @ directions.T)[:, sizes > 1e-4 * sizes[0]]
    assert fisher.vectors.shape[0] > 20 >= fisher.vectors.shape[1]
    expected = (own / (100 * sizes[: own.shape[1]] ** 2 / 20 + 1)) @ own.T
    np.testing.assert_allclose(fisher.spread(100) @ fisher.spread(100).T, expected, rtol=1e-2, atol=1e-4)


def test_the_score_test_is_one_for_states_of_the_network(backbone, weights):
    """Also with many more states than draws, whose mean gradient is not zero."""
    fisher = Fisher.of(backbone, weights, drawn(backbone, weights, DRAWS, 3))
    for count, seeds in ((500, range(10, 60)), (40_000, range(60, 70))):
        found = [fisher.score_test(drawn(backbone, weights, count, seed)) for seed in seeds]
        ratio = np.sum([statistic.sum() for statistic, _ in found]) / np.sum([mean.sum() for _, mean in found])
        assert ratio == pytest.approx(1, abs=0.3 if count == 500 else 0.6)


def test_the_score_test_is_large_for_other_states(backbone, weights):
    fisher = Fisher.of(backbone, weights, drawn(backbone, weights, DRAWS, 3))
    statistic, mean = fisher.score_test(torch.zeros(500, 1, dtype=torch.int64))
    assert statistic.sum() > 20 * mean.sum()


def test_nothing_is_unexplained_at_the_true_network_and_much_at_another(backbone, weights):
    learnt, held = (
        [drawn(backbone, weights, count, seed).numpy() for seed in seeds]
        for count, seeds in ((400, (4, 5)), (400, (6, 7)))
    )
    generator = torch.Generator().manual_seed(0)
    ratio, error = unexplained(backbone, np.repeat(weights.numpy(), 2, 0), learnt, held, DRAWS, generator)
    assert abs(ratio) < 3 * error
    other = backbone.initial(2, torch.Generator().manual_seed(8)).numpy()
    assert unexplained(backbone, other, learnt, held, DRAWS, generator)[0] > 3

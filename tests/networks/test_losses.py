"""Terms of the losses against sums over all states and closed forms."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from weightflow.networks import losses
from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.gru import GRUBackbone

BACKBONE = GRUBackbone(variables=2, head=CountHead(6), hidden=2)


def networks(stack: int, seed: int, scale: float = 2.0) -> torch.Tensor:
    return scale * BACKBONE.initial(stack, torch.Generator().manual_seed(seed))


def all_states() -> torch.Tensor:
    """(36, 2)."""
    return torch.tensor(list(itertools.product(range(6), repeat=2)))


def with_head(head: torch.Tensor) -> torch.Tensor:
    """(1, P) weights of a network whose output layer is (6, 3)."""
    weights = networks(1, 0)
    split_weights(BACKBONE.layers, weights)["head"].copy_(head)
    return weights


def test_structural_is_the_mean_squared_difference():
    weights, goal = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    assert losses.structural(weights, goal).item() == pytest.approx((4 + 9) / 4)


def test_likelihood_is_that_of_each_network_on_its_own_states():
    weights, states = networks(3, 0), torch.randint(6, (3, 10, 2), generator=torch.Generator().manual_seed(1))
    each = [-BACKBONE.log_prob(weights[k : k + 1], states[k]).mean().item() for k in range(3)]
    found = losses.negative_log_likelihood(BACKBONE, weights, states).item()
    assert found == pytest.approx(sum(each) / 3, rel=1e-5)


@given(seed=st.integers(0, 10_000))
def test_divergence_over_the_anchors_law_is_that_of_the_joint_laws(seed):
    weights, anchors, states = networks(1, seed), networks(1, seed + 1), all_states()
    wanted, found = (BACKBONE.log_prob(w, states)[0].double() for w in (anchors, weights))
    expected = (wanted.exp() * (wanted - found)).sum().item()
    at = [losses.divergence(BACKBONE, weights, anchors, state[None, None]).item() for state in states]
    assert sum(p * each for p, each in zip(wanted.exp().tolist(), at, strict=True)) == pytest.approx(expected, abs=1e-5)
    assert min(at) >= -1e-6


def test_divergence_is_the_mean_over_states_and_networks():
    weights, anchors, states = networks(2, 0), networks(2, 5), all_states()
    whole = losses.divergence(BACKBONE, weights, anchors, states.expand(2, -1, -1)).item()
    each = [
        losses.divergence(BACKBONE, weights[k : k + 1], anchors[k : k + 1], state[None, None]).item()
        for k in range(2)
        for state in states
    ]
    assert whole == pytest.approx(sum(each) / len(each), rel=1e-4)


def test_divergence_vanishes_at_the_anchors_and_pulls_towards_them():
    anchors, states = networks(2, 3), all_states().expand(2, -1, -1)
    assert losses.divergence(BACKBONE, anchors, anchors, states).item() == pytest.approx(0, abs=1e-7)
    weights = (anchors + 0.1).requires_grad_()
    loss = losses.divergence(BACKBONE, weights, anchors.requires_grad_(), states)
    loss.backward()
    assert anchors.grad is None
    closer = (weights - 0.05 * weights.grad / weights.grad.norm()).detach()
    assert 0 < losses.divergence(BACKBONE, closer, anchors, states) < loss


def test_straight_lines_have_no_curvature():
    line = torch.arange(7.0)[:, None] * torch.tensor([1.0, -3.0, 0.5]) + 2
    assert losses.curvature(line).item() == pytest.approx(0, abs=1e-12)


def test_curvature_of_squares_is_four():
    assert losses.curvature(torch.arange(7.0)[:, None].square()).item() == pytest.approx(4)


def test_logits_quadratic_in_the_count_are_not_rough():
    counts = torch.arange(6.0)[:, None]
    a, b, c = (torch.tensor([x, -2 * x, x + 1]) for x in (0.3, -0.7, 0.1))
    assert losses.roughness(BACKBONE, with_head(a + b * counts + c * counts**2)).item() == pytest.approx(0, abs=1e-9)


def test_roughness_is_the_sum_of_squared_third_differences():
    head = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    third = [head[i + 3] - 3 * head[i + 2] + 3 * head[i + 1] - head[i] for i in range(3)]
    expected = sum(row.square().sum().item() for row in third)
    assert losses.roughness(BACKBONE, with_head(head)).item() == pytest.approx(expected, rel=1e-5)
    both = torch.cat([with_head(head), with_head(torch.zeros(6, 3))])
    assert losses.roughness(BACKBONE, both).item() == pytest.approx(expected / 2, rel=1e-5)


def test_too_few_counts_for_third_differences_are_not_rough():
    few = GRUBackbone(variables=1, head=CountHead(3), hidden=2)
    assert losses.roughness(few, few.initial(2, torch.Generator().manual_seed(0))).item() == 0


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 1000))
def test_the_contrastive_loss_is_that_of_its_formula(pairs, size, seed):
    one, other = torch.randn(2, pairs, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    both = [[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in [*one.tolist(), *other.tolist()]]
    total = 0.0
    for i, own in enumerate(both):
        near = [math.exp(sum(a * b for a, b in zip(own, row, strict=True)) / 0.1) for row in both]
        total -= math.log(near[(i + pairs) % (2 * pairs)] / sum(near[j] for j in range(2 * pairs) if j != i))
    assert losses.contrastive(one, other).item() == pytest.approx(total / (2 * pairs), rel=1e-9, abs=1e-9)


def test_views_that_are_alike_and_unlike_all_others_cost_nothing():
    views = torch.eye(4)
    assert losses.contrastive(views, views).item() < 0.001 < 5 < losses.contrastive(views, views.roll(1, 0)).item()


def test_errors_are_in_units_of_their_scales():
    one, other = torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 1.0]])
    assert losses.structural(one, other, torch.tensor([2.0, 4.0])).item() == 1
    assert losses.structural(one, other).item() == 10
    assert losses.behavioural(one, other, 5.0).item() == 2

"""Batches hold the right snapshots' states, and one snapshot's do not depend on the others'."""

import pytest
import torch

from weightflow.networks.batches import Batches, Rounds


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@pytest.fixture
def unequal() -> list[torch.Tensor]:
    """Snapshots of one variable, each with states of its own hundred."""
    return [torch.arange(n)[:, None] + 100 * k for k, n in enumerate((50, 1, 99))]


def test_whole_snapshots_are_used_where_they_fit_in_a_batch():
    data = [torch.arange(20).reshape(10, 2) + k for k in range(3)]
    batches = Batches(data, size=10)
    assert torch.equal(batches.draw(range(3), generators(0, 1, 2)), torch.stack(data))
    assert torch.equal(batches.draw([1], generators(0)), data[1][None])


def test_larger_snapshots_are_drawn_from():
    data = [torch.arange(1000)[:, None], torch.arange(1000)[:, None] + 1000]
    drawn = Batches(data, size=400).draw([0, 1], generators(0, 1))
    assert drawn.shape == (2, 400, 1)
    assert 900 < drawn[0].max() < 1000 <= drawn[1].min() < 1100


def test_states_come_from_the_snapshots_asked_for(unequal):
    drawn = Batches(unequal, size=64).draw([2, 0, 1], generators(0, 1, 2))
    assert (drawn // 100).squeeze(-1).unique(dim=1).flatten().tolist() == [2, 0, 1]
    assert len(drawn[0].unique()) > 30


def test_a_snapshots_batch_does_not_depend_on_the_others(unequal):
    batches = Batches(unequal, size=64)
    together = batches.draw([0, 1, 2], generators(5, 6, 7))
    assert torch.equal(together[2:], batches.draw([2], generators(7)))


def test_every_state_is_equally_likely(unequal):
    drawn = Batches(unequal, size=20_000).draw([0], generators(0)).flatten().bincount(minlength=50)
    assert len(drawn) == 50
    assert 300 < drawn.min() < drawn.max() < 500


def test_snapshots_are_equally_likely_in_a_pooled_batch(unequal):
    drawn = Batches(unequal, size=3000).draw_pooled(generators(0)[0])
    assert drawn.shape == (1, 3000, 1)
    assert ((drawn // 100).flatten().bincount() - 1000).abs().max() < 120


def test_rounding_never_reaches_the_next_snapshot():
    data = [torch.zeros(1_000_001, 1, dtype=torch.int64), torch.ones(1, 1, dtype=torch.int64)]
    nearly_one = torch.tensor([[1 - 2**-24]])
    assert Batches(data, size=1)._rows(torch.tensor([[0]]), nearly_one).item() == 0


def test_rounds_use_every_state_once_and_in_a_new_order():
    states = torch.arange(10)[:, None]
    rounds = Rounds(states, 4, [torch.Generator().manual_seed(seed) for seed in (0, 1)])
    batches = [rounds.draw() for _ in range(6)]
    assert [len(batch[0]) for batch in batches] == [4, 4, 2, 4, 4, 2]
    orders = [torch.cat(batches[i : i + 3], dim=1)[..., 0] for i in (0, 3)]
    for order in orders:
        assert (order.sort(dim=1).values == torch.arange(10)).all()
    assert not torch.equal(*orders)
    assert not torch.equal(*orders[0])

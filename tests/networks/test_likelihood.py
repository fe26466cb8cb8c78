"""Likelihoods of many states are the same in chunks and all at once."""

import pytest
import torch

from weightflow.networks import likelihood
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.heads import MixtureHead
from weightflow.networks.likelihood import log_probs, mean_nll

HEADS = {"counts": CountHead(6), "reals": MixtureHead(2, 0.1)}


@pytest.fixture(params=HEADS)
def backbone(request):
    return GRUBackbone(variables=3, head=HEADS[request.param], hidden=4)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(likelihood, "_AT_A_VARIABLE", 80)
    monkeypatch.setattr(likelihood, "_ON_CPU", 1)


def networks(backbone, count=2) -> torch.Tensor:
    return 2 * backbone.initial(count, torch.Generator().manual_seed(0))


def widest(backbone) -> int:
    """Numbers that the widest layer gives."""
    return max(layer.neurons for layer in backbone.layers)


def drawn(backbone, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    if isinstance(backbone.head, CountHead):
        return torch.randint(6, (*shape, 3), generator=generator, dtype=torch.int32)
    return torch.randn(*shape, 3, generator=generator)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("shape", [(2, 50), (50,), (2, 3)], ids=["own", "shared", "few"])
def test_parts_give_the_value_and_the_gradient_of_the_whole(backbone, shape):
    weights, states = networks(backbone).requires_grad_(), drawn(backbone, *shape)
    scale = torch.tensor([1.0, -3.0])
    (whole,) = torch.autograd.grad((-backbone.log_prob(weights, states).mean(1) * scale).sum(), weights)
    found = mean_nll(backbone, weights, states)
    torch.testing.assert_close(found, -backbone.log_prob(weights, states).mean(1))
    (parts,) = torch.autograd.grad((found * scale).sum(), weights)
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("small_parts")
def test_weights_without_gradients_have_none(backbone):
    assert not mean_nll(backbone, networks(backbone), drawn(backbone, 20)).requires_grad


@pytest.mark.usefixtures("small_parts")
def test_gradients_go_on_to_what_weights_are_made_of(backbone):
    share, ends = torch.tensor(0.3, requires_grad=True), networks(backbone)
    states = drawn(backbone, 20)
    mean_nll(backbone, torch.lerp(*ends, share)[None], states).sum().backward()
    found, share.grad = share.grad, None
    (-backbone.log_prob(torch.lerp(*ends, share)[None], states).mean()).backward()
    torch.testing.assert_close(found, share.grad)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("count", [0, 1, 50])
def test_scores_of_parts_are_those_of_the_whole(backbone, count):
    weights, states = networks(backbone, 1), drawn(backbone, count)
    torch.testing.assert_close(log_probs(backbone, weights, states), backbone.log_prob(weights, states)[0])
    first = log_probs(backbone, weights, states[:, :2], leading=True)
    torch.testing.assert_close(first, backbone.prefix_log_prob(weights, states[:, :2])[0])


@pytest.fixture
def sizes(backbone, monkeypatch) -> list[int]:
    """How many states each call of the backbone's likelihood is given."""
    seen, plain = [], type(backbone).log_prob

    def watched(self, weights, states):
        seen.append(states.shape[-2])
        return plain(self, weights, states)

    monkeypatch.setattr(type(backbone), "log_prob", watched)
    return seen


def test_parts_hold_no_more_than_they_may(backbone, sizes, monkeypatch):
    monkeypatch.setattr(likelihood, "_AT_A_VARIABLE", 1)
    monkeypatch.setattr(likelihood, "_ON_CPU", 2 * 3 * widest(backbone) * 40)
    mean_nll(backbone, networks(backbone), drawn(backbone, 2, 100))
    assert sum(sizes) == 100
    assert max(sizes) <= 40


def test_many_variables_leave_parts_worth_their_while(backbone, sizes, monkeypatch):
    monkeypatch.setattr(likelihood, "_AT_A_VARIABLE", 2 * widest(backbone) * 60)
    monkeypatch.setattr(likelihood, "_ON_CPU", 1)
    mean_nll(backbone, networks(backbone), drawn(backbone, 2, 100))
    assert sizes == [50, 50]

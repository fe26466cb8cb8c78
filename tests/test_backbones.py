"""The GRU density against all states enumerated, against torch.nn.GRU, and against its own samples."""

from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from weightflow.anchors import train_anchors
from weightflow.backbones import (
    POSITION_CHANNELS,
    GRUBackbone,
    extend_prefixes,
    make_backbone,
    position_code,
    split_weights,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def all_states(variables: int, states: int) -> torch.Tensor:
    return torch.tensor(list(product(range(states), repeat=variables)))


def sharp_weights(backbone: GRUBackbone, stack: int, seed: int = 0) -> torch.Tensor:
    """Weights several times larger than fresh ones, so that the density is far from uniform."""
    return 3 * backbone.initial(stack, generator(seed))


def reference_log_prob(backbone: GRUBackbone, weights: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """log p by torch.nn.GRU and torch.nn.Linear, one network and its states (N, d)."""
    maps = {name: value[0] for name, value in split_weights(backbone.layers, weights).items()}
    positions = backbone.positions
    gru = torch.nn.GRU(backbone.bits + positions.shape[1], backbone.hidden, backbone.depth, batch_first=True)
    head = torch.nn.Linear(backbone.hidden, backbone.states)
    with torch.no_grad():
        for level in range(backbone.depth):
            for ours, theirs in (("input", "ih"), ("recurrent", "hh")):
                getattr(gru, f"weight_{theirs}_l{level}").copy_(maps[f"{ours}{level}"][:, :-1])
                getattr(gru, f"bias_{theirs}_l{level}").copy_(maps[f"{ours}{level}"][:, -1])
        head.weight.copy_(maps["head"][:, :-1])
        head.bias.copy_(maps["head"][:, -1])
        # Least significant bit first; no input before the first variable.
        codes = [[[int(bit) for bit in f"{x:0{backbone.bits}b}"[::-1]] for x in row[:-1]] for row in states.tolist()]
        start = torch.zeros(len(states), 1, backbone.bits)
        inputs = torch.cat([start, torch.tensor(codes, dtype=torch.float32).reshape(len(states), -1, backbone.bits)], 1)
        inputs = torch.cat([inputs, positions.expand(len(states), -1, -1)], dim=2)
        log_softmax = head(gru(inputs)[0]).log_softmax(-1)
    return log_softmax.gather(-1, states.unsqueeze(-1)).squeeze(-1).sum(-1)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(("variables", "states"), [(1, 2), (1, 7), (2, 3), (3, 4), (4, 2), (2, 9)])
def test_probabilities_of_all_states_sum_to_one(variables, states, depth):
    backbone = GRUBackbone(variables, states, hidden=3, depth=depth)
    log_prob = backbone.log_prob(sharp_weights(backbone, 4), all_states(variables, states))
    torch.testing.assert_close(log_prob.exp().sum(1), torch.ones(4))


@pytest.mark.parametrize("position", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(("variables", "states"), [(1, 2), (3, 52), (5, 6)])
def test_likelihood_equals_torch_gru_and_linear(variables, states, depth, position):
    backbone = GRUBackbone(variables, states, hidden=5, depth=depth, position=position)
    weights = sharp_weights(backbone, 1, seed=depth)
    x = torch.randint(states, (40, variables), generator=generator(1))
    torch.testing.assert_close(backbone.log_prob(weights, x)[0], reference_log_prob(backbone, weights, x))


@pytest.mark.parametrize(("depth", "position"), [(1, False), (2, False), (1, True)])
def test_sampling_frequencies_follow_the_likelihood(depth, position):
    backbone = GRUBackbone(variables=2, states=3, hidden=4, depth=depth, position=position)
    weights = sharp_weights(backbone, 2, seed=3)
    drawn = backbone.sample(weights, 40_000, generator(4))
    expected = backbone.log_prob(weights, all_states(2, 3)).double().exp()
    for network, probabilities in enumerate(expected):
        cells = np.bincount((drawn[network] @ torch.tensor([3, 1])).numpy(), minlength=9)
        goal = (probabilities / probabilities.sum() * len(drawn[network])).numpy()
        assert goal.min() > 5
        assert chisquare(cells, goal).pvalue > 0.001


def test_chi_square_tells_another_network_apart():
    backbone = GRUBackbone(variables=2, states=3, hidden=4)
    weights = sharp_weights(backbone, 2, seed=3)
    drawn = backbone.sample(weights[:1], 40_000, generator(4))[0]
    other = backbone.log_prob(weights[1:], all_states(2, 3))[0].double().exp()
    cells = np.bincount((drawn @ torch.tensor([3, 1])).numpy(), minlength=9)
    assert chisquare(cells, (other / other.sum() * len(drawn)).numpy()).pvalue < 1e-6


def test_stacked_networks_score_shared_states_as_single_ones_do():
    backbone = GRUBackbone(variables=3, states=5, hidden=4, depth=2)
    weights, x = sharp_weights(backbone, 6), all_states(3, 5)
    single = torch.cat([backbone.log_prob(one[None], x) for one in weights])
    torch.testing.assert_close(backbone.log_prob(weights, x), single)


def test_stacked_networks_score_their_own_states():
    backbone = GRUBackbone(variables=2, states=4, hidden=3)
    weights = sharp_weights(backbone, 3)
    own = torch.randint(4, (3, 10, 2), generator=generator(5))
    single = torch.cat([backbone.log_prob(w[None], x) for w, x in zip(weights, own, strict=True)])
    torch.testing.assert_close(backbone.log_prob(weights, own), single)


def test_later_variables_do_not_change_the_likelihood_of_earlier_ones():
    first, both = GRUBackbone(1, 4, hidden=3), GRUBackbone(2, 4, hidden=3)
    weights = sharp_weights(both, 1)
    joint = both.log_prob(weights, all_states(2, 4))[0].exp().reshape(4, 4)
    torch.testing.assert_close(joint.sum(1), first.log_prob(weights, all_states(1, 4))[0].exp())


@pytest.mark.parametrize(("position", "size"), [(False, 852), (True, 852 + 24 * POSITION_CHANNELS)])
def test_number_of_weights_does_not_depend_on_the_number_of_variables(position, size):
    backbones = [GRUBackbone(d, 52, hidden=8, position=position) for d in (1, 3, 15, 1000)]
    assert {sum(layer.weights for layer in backbone.layers) for backbone in backbones} == {size}


@pytest.mark.parametrize("variables", [1, 2, 15, 1000])
def test_every_position_has_its_own_code(variables):
    code = position_code(variables)
    assert code.shape == (variables, POSITION_CHANNELS)
    assert code.abs().max() <= 1
    apart = torch.cdist(code, code) + 10 * torch.eye(variables)
    assert apart.min() > 0.5


def test_being_told_the_variable_helps_to_fit_many_of_them():
    """Fifteen independent Poisson counts, whose means have no order."""
    rng = np.random.default_rng(0)
    means = rng.uniform(1, 20, 15)
    training, fresh = rng.poisson(means, (400, 15)), torch.from_numpy(rng.poisson(means, (2000, 15)))
    settings = {"alignment": "sequential", "first_steps": 300, "batch": 128, "learning_rate": 0.01}
    nll = {}
    for position in (False, True):
        backbone = GRUBackbone(15, 48, hidden=8, position=position)
        found = train_anchors(backbone, [training], np.zeros(1), settings, 0, torch.device("cpu"))
        nll[position] = -backbone.log_prob(torch.from_numpy(found.weights), fresh).mean().item() / 15
    assert nll[True] < nll[False] - 0.02


def test_paper_epidemic_backbone_has_852_parameters():
    linear = sum(layer.weights for layer in GRUBackbone(3, 52, hidden=8).layers)
    torch_gru = sum(p.numel() for p in torch.nn.GRU(6, 8).parameters())
    torch_head = sum(p.numel() for p in torch.nn.Linear(8, 52).parameters())
    assert linear == torch_gru + torch_head == 852


def test_a_certain_state_is_always_drawn():
    backbone = GRUBackbone(variables=3, states=6, hidden=2)
    weights = torch.zeros(1, sum(layer.weights for layer in backbone.layers))
    split_weights(backbone.layers, weights)["head"][0, 4, -1] = 200.0
    assert (backbone.sample(weights, 500, generator()) == 4).all()


def test_samples_stay_within_the_states():
    backbone = GRUBackbone(variables=3, states=5, hidden=2)
    drawn = backbone.sample(backbone.initial(2, generator()), 1000, generator())
    assert drawn.shape == (2, 1000, 3)
    assert set(drawn.unique().tolist()) == set(range(5))


def test_same_generator_gives_the_same_samples():
    backbone = GRUBackbone(variables=2, states=5, hidden=2)
    weights = backbone.initial(2, generator())
    assert torch.equal(backbone.sample(weights, 50, generator(1)), backbone.sample(weights, 50, generator(1)))


@pytest.mark.parametrize("shape", [(4,), (4, 3), (1, 4, 3), (1, 1, 4, 2)])
def test_states_of_another_shape_are_refused(shape):
    backbone = GRUBackbone(variables=2, states=5, hidden=2)
    with pytest.raises(ValueError, match=r"expected states \(N, 2\)"):
        backbone.log_prob(backbone.initial(1, generator()), torch.zeros(shape, dtype=torch.int64))


def test_gradient_of_the_likelihood_equals_finite_differences():
    backbone = GRUBackbone(variables=2, states=3, hidden=2)
    torch.set_default_dtype(torch.float64)
    try:
        weights = sharp_weights(backbone, 1).requires_grad_()
        assert torch.autograd.gradcheck(lambda w: backbone.log_prob(w, all_states(2, 3)), weights)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize(("variables", "states"), [(1, 5), (2, 4), (3, 3)])
def test_marginals_equal_sums_over_all_states(variables, states, depth):
    backbone = GRUBackbone(variables, states, hidden=3, depth=depth)
    weights = sharp_weights(backbone, 2)
    joint = backbone.log_prob(weights, all_states(variables, states)).double().exp()
    found = backbone.marginals(weights, 100, generator())
    for i in range(variables):
        others = [j + 1 for j in range(variables) if j != i]
        table = joint.reshape(2, *[states] * variables)
        torch.testing.assert_close(found[:, i], table.sum(others) if others else table, rtol=1e-4, atol=1e-6)


def test_marginals_over_drawn_prefixes_are_near_the_exact_ones():
    backbone = GRUBackbone(variables=4, states=6, hidden=4)
    weights = sharp_weights(backbone, 2)
    exact, drawn = (backbone.marginals(weights, count, generator()) for count in (10_000, 150))
    torch.testing.assert_close(drawn[:, :2], exact[:, :2])
    torch.testing.assert_close(drawn.sum(-1), torch.ones(2, 4, dtype=torch.float64))
    assert 1e-6 < (drawn - exact).abs().max() < 0.02


def test_drawn_prefixes_are_unbiased():
    joint = torch.rand(1, 5, 3, generator=generator(), dtype=torch.float64)
    joint /= joint.sum()
    total = torch.zeros(15, dtype=torch.float64)
    for seed in range(4000):
        prefix, state, mass = extend_prefixes(joint, 4, generator(seed))
        total.index_add_(0, (3 * prefix + state)[0], mass[0])
    torch.testing.assert_close(total / 4000, joint.flatten(), rtol=0, atol=0.015)


def test_settings_choose_size_and_depth(model_settings):
    settings = model_settings["backbone"] | {"hidden": 5, "layers": 2}
    backbone = make_backbone(settings, variables=3, states=9)
    assert [layer.name for layer in backbone.layers] == ["input0", "recurrent0", "input1", "recurrent1", "head"]
    assert backbone.layers[0].inputs == 4 + POSITION_CHANNELS
    assert backbone.layers[-1].neurons == 9
    assert backbone.layers[-1].inputs == 5

"""Every backbone against all states enumerated, and against its own samples."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from weightflow.anchors.settings import AnchorSettings
from weightflow.anchors.training import train_anchors
from weightflow.data.state_space import Counts
from weightflow.errors import InputError
from weightflow.networks.autoregressive import POSITION_CHANNELS
from weightflow.networks.backbones import make_backbone
from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.gru import GRUBackbone
from weightflow.seeding import Computation

ORDERS = [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def all_states(variables: int, states: int) -> torch.Tensor:
    return torch.tensor(list(product(range(states), repeat=variables)))


def sharp_weights(backbone, stack: int, seed: int = 0) -> torch.Tensor:
    """Weights several times larger than fresh ones, so that the density is far from uniform."""
    return 3 * backbone.initial(stack, generator(seed))


def conditionals(backbone, weights: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """(S, N, d, L) log-probabilities."""
    return backbone.outputs(weights, states).log_softmax(-1)


@pytest.fixture
def _double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(("variables", "states"), [(1, 2), (1, 7), (2, 3), (3, 4), (4, 2), (2, 9)])
def test_probabilities_of_all_states_sum_to_one(build, variables, states):
    backbone = build(variables, CountHead(states))
    log_prob = backbone.log_prob(sharp_weights(backbone, 4), all_states(variables, states))
    assert log_prob.std() > 0.1
    torch.testing.assert_close(log_prob.exp().sum(1), torch.ones(4))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_sampling_frequencies_follow_the_likelihood(build, order):
    backbone = build(2, CountHead(3), order=order)
    weights = sharp_weights(backbone, 2, seed=4)
    drawn = backbone.sample(weights, 40_000, generator(4))
    expected = backbone.log_prob(weights, all_states(2, 3)).double().exp()
    for network, probabilities in enumerate(expected):
        cells = np.bincount((drawn[network] @ torch.tensor([3, 1])).numpy(), minlength=9)
        goal = (probabilities / probabilities.sum() * len(drawn[network])).numpy()
        assert goal.min() > 5
        assert chisquare(cells, goal).pvalue > 0.001


def test_chi_square_tells_another_network_apart(build):
    backbone = build(2, CountHead(3))
    weights = sharp_weights(backbone, 2, seed=3)
    drawn = backbone.sample(weights[:1], 40_000, generator(4))[0]
    other = backbone.log_prob(weights[1:], all_states(2, 3))[0].double().exp()
    cells = np.bincount((drawn @ torch.tensor([3, 1])).numpy(), minlength=9)
    assert chisquare(cells, (other / other.sum() * len(drawn)).numpy()).pvalue < 1e-6


def test_stacked_networks_score_shared_states_as_single_ones_do(build):
    backbone = build(3, CountHead(5))
    weights, x = sharp_weights(backbone, 6), all_states(3, 5)
    single = torch.cat([backbone.log_prob(one[None], x) for one in weights])
    torch.testing.assert_close(backbone.log_prob(weights, x), single)


def test_stacked_networks_score_their_own_states(build):
    backbone = build(2, CountHead(4))
    weights = sharp_weights(backbone, 3)
    own = torch.randint(4, (3, 10, 2), generator=generator(5))
    single = torch.cat([backbone.log_prob(w[None], x) for w, x in zip(weights, own, strict=True)])
    torch.testing.assert_close(backbone.log_prob(weights, own), single)


@pytest.mark.parametrize("order", ORDERS)
def test_later_variables_do_not_change_the_conditionals_of_earlier_ones(build, order):
    backbone = build(3, CountHead(4), order=order)
    weights, x = sharp_weights(backbone, 2), all_states(3, 4)
    before = conditionals(backbone, weights, x)
    for place, variable in enumerate(order):
        changed = x.clone()
        changed[:, variable] = (changed[:, variable] + 1) % 4
        moved = (conditionals(backbone, weights, changed) - before).abs().amax((0, 1, 3))
        for other_place, other in enumerate(order):
            assert (moved[other] > 1e-4) == (other_place > place), (place, other_place)


@pytest.mark.parametrize("order", ORDERS)
def test_conditionals_are_ratios_of_sums_over_all_states(build, order):
    backbone = build(3, CountHead(3), order=order)
    weights, x = sharp_weights(backbone, 2), all_states(3, 3)
    joint = backbone.log_prob(weights, x).exp().reshape(2, 3, 3, 3)
    found = conditionals(backbone, weights, x).exp()
    for place, variable in enumerate(order):
        later = [1 + other for other in order[place + 1 :]]
        known = joint.sum(later, keepdim=True) if later else joint
        ratio = (known / known.sum(1 + variable, keepdim=True)).expand(2, 3, 3, 3).movedim(1 + variable, -1)
        # The variable itself is what the last axis is about: at each state its prefix alone counts.
        expected = ratio.unsqueeze(1 + variable).expand(2, 3, 3, 3, 3).reshape(2, 27, 3)
        torch.testing.assert_close(found[:, :, variable], expected)


def test_number_of_weights_does_not_depend_on_the_number_of_variables(build):
    assert len({sum(layer.weights for layer in build(d, CountHead(52)).layers) for d in (1, 3, 15, 1000)}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_being_told_the_variable_helps_to_fit_many_of_them(model_settings, kind):
    """Fifteen independent Poisson counts, whose means have no order."""
    rng = np.random.default_rng(0)
    means = rng.uniform(1, 20, 15)
    training, fresh = rng.poisson(means, (400, 15)), torch.from_numpy(rng.poisson(means, (2000, 15)))
    settings = AnchorSettings(alignment="sequential", first_steps=300, batch=128)
    names = [f"x{i}" for i in range(15)]
    nll = {}
    for position in (False, True):
        backbone = make_backbone(model_settings.backbone.but(kind=kind, position=position), names, Counts(48))
        found = train_anchors(backbone, [training], np.zeros(1), settings, Computation(0, torch.device("cpu")))
        nll[position] = -backbone.log_prob(torch.from_numpy(found.weights), fresh).mean().item() / 15
    assert nll[True] < nll[False] - 0.02


def test_a_certain_state_is_always_drawn(build):
    backbone = build(3, CountHead(6))
    weights = torch.zeros(1, sum(layer.weights for layer in backbone.layers))
    split_weights(backbone.layers, weights)[backbone.readout][0, 4, -1] = 200.0
    assert (backbone.sample(weights, 500, generator()) == 4).all()


def test_samples_stay_within_the_states(build):
    backbone = build(3, CountHead(5))
    drawn = backbone.sample(backbone.initial(2, generator()), 1000, generator())
    assert drawn.shape == (2, 1000, 3)
    assert set(drawn.unique().tolist()) == set(range(5))


def test_same_generator_gives_the_same_samples(build):
    backbone = build(2, CountHead(5))
    weights = backbone.initial(2, generator())
    assert torch.equal(backbone.sample(weights, 50, generator(1)), backbone.sample(weights, 50, generator(1)))


@pytest.mark.parametrize("shape", [(4,), (4, 3), (1, 4, 3), (1, 1, 4, 2)])
def test_states_of_another_shape_are_refused(build, shape):
    backbone = build(2, CountHead(5))
    with pytest.raises(ValueError, match=r"expected states \(N, 2\)"):
        backbone.log_prob(backbone.initial(1, generator()), torch.zeros(shape, dtype=torch.int64))


@pytest.mark.slow
@pytest.mark.usefixtures("_double")
def test_gradient_of_the_likelihood_equals_finite_differences(build):
    backbone = build(2, CountHead(3))
    weights = sharp_weights(backbone, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: backbone.log_prob(w, all_states(2, 3)), weights)


def test_every_weight_moves_the_likelihood(build):
    backbone = build(3, CountHead(4))
    weights = sharp_weights(backbone, 1).requires_grad_()
    backbone.log_prob(weights, torch.tensor([[1, 3, 2], [3, 2, 0]])).sum().backward()
    for name, gradient in split_weights(backbone.layers, weights.grad[0]).items():
        assert (gradient[:, -1].abs() > 1e-7).any(), f"the biases of {name}"
        assert (gradient[:, :-1].abs() > 1e-7).any(), name


@pytest.mark.parametrize(("variables", "states"), [(1, 5), (2, 4), (3, 3)])
def test_marginals_equal_sums_over_all_states(build, variables, states):
    backbone = build(variables, CountHead(states), order=range(variables)[::-1])
    weights = sharp_weights(backbone, 2)
    joint = backbone.log_prob(weights, all_states(variables, states)).double().exp()
    found = backbone.marginals(weights, 100, generator())
    for i in range(variables):
        others = [j + 1 for j in range(variables) if j != i]
        table = joint.reshape(2, *[states] * variables)
        torch.testing.assert_close(found[:, i], table.sum(others) if others else table, rtol=1e-4, atol=1e-6)


def test_marginals_over_drawn_prefixes_are_near_the_exact_ones(build):
    backbone = build(4, CountHead(6))
    weights = sharp_weights(backbone, 2)
    exact, drawn = (backbone.marginals(weights, count, generator()) for count in (10_000, 150))
    torch.testing.assert_close(drawn[:, :2], exact[:, :2])
    torch.testing.assert_close(drawn.sum(-1), torch.ones(2, 4, dtype=torch.float64))
    assert 1e-6 < (drawn - exact).abs().max() < 0.02


@given(order=st.permutations(range(4)))
def test_another_order_is_the_same_network_on_reordered_variables(build, order):
    plain, ordered = build(4, CountHead(3)), build(4, CountHead(3), order=order)
    assert ordered.layers == plain.layers
    weights, x = sharp_weights(plain, 2), all_states(4, 3)
    assert torch.equal(ordered.log_prob(weights, x), plain.log_prob(weights, x[:, order]))
    assert torch.equal(conditionals(ordered, weights, x)[:, :, order], conditionals(plain, weights, x[:, order]))
    own = x[torch.randperm(81, generator=generator())].reshape(1, 81, 4).repeat(2, 1, 1)
    assert torch.equal(ordered.log_prob(weights, own), plain.log_prob(weights, own[..., order]))
    for result in ("sample", "marginals"):
        one, two = (getattr(backbone, result)(weights, 20, generator(1)) for backbone in (ordered, plain))
        assert torch.equal(one[:, :, order] if result == "sample" else one[:, order], two)


@pytest.mark.parametrize("order", [(0, 0, 1), (0, 1), (1, 2, 3)])
def test_an_order_holds_every_variable_once(build, order):
    with pytest.raises(ValueError, match="expected an order of 3 variables"):
        build(3, CountHead(4), order=order)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 0, 2, 3), (2, 1, 0, 3), (3, 2, 1, 0)])
def test_the_law_of_the_first_variables_is_a_sum_over_the_others(build, order):
    backbone = build(4, CountHead(3), order=order)
    weights = sharp_weights(backbone, 2)
    joint = backbone.log_prob(weights, all_states(4, 3)).exp().reshape(2, 3, 3, 3, 3)
    available = [k for k in range(6) if backbone.begins_with(k)]
    assert available == [k for k in (1, 2, 3, 4) if sorted(order[:k]) == list(range(k))]
    for k in available:
        found = backbone.prefix_log_prob(weights, all_states(k, 3)).exp()
        torch.testing.assert_close(found, joint.flatten(1 + k).sum(-1).flatten(1) if k < 4 else joint.flatten(1))
    own = torch.randint(3, (2, 7, 4), generator=generator())
    assert torch.equal(backbone.prefix_log_prob(weights, own), backbone.log_prob(weights, own))


@pytest.mark.parametrize("shape", [(5, 1), (5, 0), (5, 4), (2,)])
def test_the_law_of_variables_that_do_not_come_first_is_refused(build, shape):
    backbone = build(3, CountHead(4), order=(1, 0, 2))
    with pytest.raises(ValueError, match=r"of the first k variables in the order \(1, 0, 2\), got"):
        backbone.prefix_log_prob(sharp_weights(backbone, 1), torch.zeros(shape, dtype=torch.int64))


def test_settings_choose_size_and_depth_of_a_gru(model_settings):
    settings = model_settings.backbone.but(hidden=5, layers=2, order=["c", "a", "b"])
    backbone = make_backbone(settings, ["a", "b", "c"], Counts(9))
    assert isinstance(backbone, GRUBackbone)
    assert [layer.name for layer in backbone.layers] == ["input0", "recurrent0", "input1", "recurrent1", "head"]
    assert backbone.layers[0].inputs == 4 + POSITION_CHANNELS
    assert backbone.layers[-1].neurons == 9
    assert backbone.layers[-1].inputs == 5
    assert backbone.order == (2, 0, 1)


def test_settings_choose_size_and_depth_of_a_transformer(model_settings):
    own = {"kind": "transformer", "hidden": 6, "layers": 2, "heads": 3, "feedforward": 4, "order": "random"}
    backbone = make_backbone(model_settings.backbone.but(**own), ["a", "b", "c"], Counts(9))
    parts = [f"{part}{block}" for block in "01" for part in ("query", "key", "value", "out", "up", "down")]
    assert [layer.name for layer in backbone.layers] == ["embed", *parts, "head"]
    assert backbone.layers[0].inputs == 4 + POSITION_CHANNELS
    sizes = {layer.name: (layer.neurons, layer.inputs) for layer in backbone.layers}
    assert (sizes["up1"], sizes["down0"], sizes["head"]) == ((24, 6), (6, 24), (9, 6))
    assert backbone.heads == 3
    assert sorted(backbone.order) == [0, 1, 2]


@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_settings_with_an_order_of_other_variables_are_refused(model_settings, kind):
    settings = model_settings.backbone.but(kind=kind, order=["a", "c"])
    with pytest.raises(InputError, match="a, c is not an order of the variables a, b; name each of them once"):
        make_backbone(settings, ["a", "b"], Counts(9))

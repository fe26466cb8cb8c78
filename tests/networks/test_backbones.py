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
from weightflow.data.relations import Relation
from weightflow.data.state_space import Counts, Range
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


E_C, S_C_P = Relation((1, 0, 1, 0), 4, 0), Relation((0, 1, 1, 1), 7, 3)

SPACES = {
    "a total": Counts.of([Range(12)] * 3, [Relation((1, 1, 1), 12, 1)]),
    "a total with tails": Counts.of([Range(3, 0.3), Range(3, 0.2), Range(12)], [Relation((1, 1, 1), 12, 2)]),
    "a total and another count": Counts.of([Range(6), Range(4), Range(6)], [Relation((1, 0, 1), 6, 2)]),
    "a difference": Counts.of([Range(5), Range(4), Range(9)], [Relation((-1, 1, 1), 2, 2)]),
    "a difference, bounded": Counts.of([Range(5), Range(6), Range(4)], [Relation((1, -1, 1), 2, 2)]),
    "dimers": Counts.of([Range(10), Range(5), Range(2)], [Relation((1, 2, 0), 10, 0)]),
    "two totals": Counts.of([Range(4), Range(7), Range(4), Range(7)], [E_C, S_C_P]),
    "a bounded total": Counts.of([Range(3), Range(12), Range(6)], [Relation((1, 1, 1), 12, 1)]),
}


def all_related(space: Counts) -> torch.Tensor:
    """All states of a space whose tails end at the total 12."""
    tops = [12 if own.ratio else own.top for own in space.ranges]
    states = np.array(list(product(*(range(top + 1) for top in tops))))
    return torch.tensor(states[space.contains(states)])


def with_relations(build, space: Counts, order=None):
    backbone = build(len(space.ranges), CountHead(space), order=order)
    return backbone, sharp_weights(backbone, 2)


def some_orders(variables: int) -> list[tuple[int, ...]]:
    return [tuple(range(variables)), tuple(range(variables))[::-1], (1, 0, *range(2, variables))]


@pytest.fixture(params=SPACES.values(), ids=SPACES)
def related(request) -> Counts:
    return request.param


@pytest.mark.parametrize("place", range(3))
def test_probabilities_of_all_states_on_relations_sum_to_one(build, related, place):
    backbone, weights = with_relations(build, related, some_orders(len(related.ranges))[place])
    found = backbone.log_prob(weights, all_related(related))
    assert found.isfinite().all()
    torch.testing.assert_close(found.double().exp().sum(1), torch.ones(2).double(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("place", range(3))
def test_samples_are_on_relations_and_follow_the_likelihood(build, related, place):
    backbone, weights = with_relations(build, related, some_orders(len(related.ranges))[place])
    states, count = all_related(related), 20_000
    drawn = backbone.sample(weights[:1], count, generator())[0]
    assert related.contains(drawn.numpy()).all()
    codes = 100 ** np.arange(states.shape[1])
    found = np.array([np.sum(drawn.numpy() @ codes == code) for code in states.numpy() @ codes])
    assert found.sum() == count
    expected = count * backbone.log_prob(weights[:1], states)[0].double().exp().numpy()
    often = expected > 5
    found, expected = (np.append(part[often], part[~often].sum()) for part in (found, expected))
    found, expected = found[expected > 0], expected[expected > 0]
    assert chisquare(found, expected * count / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("levels", [None, 4, 13, 20])
def test_marginals_by_enumeration_are_those_of_the_table(build, related, place, levels):
    backbone, weights = with_relations(build, related, some_orders(len(related.ranges))[place])
    states = all_related(related)
    probabilities = backbone.log_prob(weights, states).double().exp()
    found = backbone.marginals(weights, 10**6, generator(), levels)
    number = levels or related.levels
    expected = torch.zeros(2, states.shape[1], number, dtype=torch.float64)
    for v, column in enumerate(states.T):
        expected[:, v].scatter_add_(1, column.clamp_max(number - 1).expand(2, -1), probabilities)
    torch.testing.assert_close(found, expected, atol=2e-4 if any(r.ratio for r in related.ranges) else 1e-6, rtol=0)


def test_sampled_prefixes_give_marginals_of_relations_too(build):
    backbone, weights = with_relations(build, SPACES["two totals"])
    exact = backbone.marginals(weights, 10**6, generator())
    assert (backbone.marginals(weights, 30, generator()) - exact).abs().max() < 0.15
    torch.testing.assert_close(backbone.marginals(weights, 30, generator()).sum(-1), torch.ones(2, 4).double())


@pytest.mark.parametrize("place", range(3))
def test_outputs_and_masses_are_in_the_order_of_the_data(build, related, place):
    backbone, weights = with_relations(build, related, some_orders(len(related.ranges))[place])
    states = all_related(related)
    outputs, edges = backbone.outputs(weights, states), torch.arange(14) - 0.5
    total = torch.zeros(2, len(states), dtype=torch.float64)
    for v in range(states.shape[1]):
        masses = backbone.masses(outputs, states, v, edges)
        torch.testing.assert_close(masses.sum(-1), torch.ones(2, len(states)))
        total += masses.gather(-1, states[:, v].expand(2, -1).unsqueeze(-1))[..., 0].double().log()
    torch.testing.assert_close(total, backbone.log_prob(weights, states).double(), atol=1e-4, rtol=1e-4)


def test_the_divergence_of_related_counts_is_the_sum_over_states(build, related):
    backbone, weights = with_relations(build, related)
    states = all_related(related)
    one, two = (backbone.log_prob(w, states)[0].double() for w in weights.split(1))
    expected = (one.exp() * (one - two)).sum()
    conditional = backbone.divergence(weights[1:], weights[:1], states)[0].double()
    torch.testing.assert_close((one.exp() * conditional).sum(), expected, atol=1e-4, rtol=1e-4)


def test_gradients_on_relations_are_finite(build, related):
    backbone, weights = with_relations(build, related)
    weights = (5 * weights).requires_grad_()
    states = all_related(related)
    (
        backbone.log_prob(weights, states).sum() + backbone.divergence(weights, weights.detach() * 0.5, states).sum()
    ).backward()
    assert weights.grad.isfinite().all()


@pytest.mark.parametrize("known", [{1: 3}, {2: 5}, {0: 2, 1: 4}, {1: 4, 2: 5}])
def test_known_values_have_their_probability(build, known):
    """Also of the computed variable, 1."""
    space = SPACES["a total"]
    backbone, weights = with_relations(build, space)
    states = all_related(space)
    held = {v: torch.tensor(value) for v, value in known.items()}
    drawn, log_weights = backbone.sample_given(held, weights, 50_000, generator())
    agree = torch.stack([states[:, v] == value for v, value in known.items()]).all(0)
    expected = backbone.log_prob(weights, states)[:, agree].exp().sum(1)
    shares = log_weights.exp()
    error = shares.std(1) / 50_000**0.5
    assert ((shares.mean(1) - expected).abs() < 5 * error + 1e-6).all()
    kept = drawn[log_weights.isfinite()]
    assert space.contains(kept.numpy()).all()
    assert all((kept[:, v] == value).all() for v, value in known.items())


@pytest.mark.parametrize(
    ("name", "order", "variables"), [("a total", None, 3), ("two totals", (1, 0, 2, 3), 2), ("dimers", None, 2)]
)
def test_first_variables_have_the_sums_over_later_ones(build, name, order, variables):
    space = SPACES[name]
    backbone, weights = with_relations(build, space, order)
    states = all_related(space)
    probabilities = backbone.log_prob(weights, states).exp()
    for first in range(1, variables + 1):
        if not backbone.begins_with(first):
            continue
        prefixes = states[:, :first].unique(dim=0)
        expected = torch.stack(
            [probabilities[:, (states[:, :first] == prefix).all(1)].sum(1) for prefix in prefixes], dim=1
        )
        torch.testing.assert_close(backbone.prefix_log_prob(weights, prefixes).exp(), expected, atol=1e-5, rtol=1e-4)


def test_a_hundred_susceptible_infected_and_recovered(build):
    space = Counts.of([Range(100)] * 3, [Relation((1, 1, 1), 100, 0)])
    backbone, weights = with_relations(build, space)
    states = np.array([(100 - i - r, i, r) for i in range(101) for r in range(101 - i)])
    found = backbone.log_prob(weights, torch.tensor(states, dtype=torch.int32))
    torch.testing.assert_close(found.double().exp().sum(1), torch.ones(2).double(), atol=1e-5, rtol=0)
    drawn = backbone.sample(weights, 1000, generator())
    assert (drawn.sum(-1) == 100).all()
    assert (drawn >= 0).all()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_large_totals_are_kept_by_mixtures(build, order):
    space = Counts.of(
        [Range(10**6, 0, 3e5), Range(10**6, 0, 10.0), Range(10**6, 0, 5e5)], [Relation((1, 1, 1), 10**6, 2)]
    )
    backbone = build(3, CountHead(space, 256), order=order)
    weights = sharp_weights(backbone, 2)
    drawn = backbone.sample(weights, 2000, generator())
    assert (drawn.sum(-1) == 10**6).all()
    assert (drawn >= 0).all()
    assert backbone.log_prob(weights, drawn.int()).isfinite().all()
    bins = torch.linspace(-0.5, 10**6 + 0.5, 101)
    masses = torch.stack(
        [backbone.masses(backbone.outputs(weights, drawn), drawn, v, bins).mean(1) for v in range(3)], 1
    )
    torch.testing.assert_close(masses.sum(-1), torch.ones(2, 3), atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="softmax"):
        backbone.marginals(weights, 100, generator())


def test_a_small_total_bounds_a_mixture():
    """P(x₁) over 0 … 400 and x₂ = 400 − x₁ sum to one."""
    space = Counts.of([Range(400, 0, 30.0), Range(400)], [Relation((1, 1), 400, 1)])
    backbone = GRUBackbone(2, CountHead(space, 256), hidden=3)
    states = torch.tensor([(x, 400 - x) for x in range(401)])
    found = backbone.log_prob(sharp_weights(backbone, 2), states)
    torch.testing.assert_close(found.double().exp().sum(1), torch.ones(2).double(), atol=1e-5, rtol=0)


def test_a_computed_variable_comes_right_after_the_others(build):
    backbone = build(4, CountHead(SPACES["two totals"]), order=(3, 2, 0, 1))
    assert backbone.learned == (2, 1)
    assert backbone.order == (2, 0, 1, 3)
